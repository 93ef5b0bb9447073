"""Tags of a way written in words, read as the network stage reads them."""

from pipeline.network import tags


def kinds(text: str) -> list[tags.Kind]:
    pairs = [part.partition("=") for part in text.split(" & ")]
    return tags.kinds({key: value for key, _, value in pairs})


def one(text: str) -> tags.Kind:
    found = kinds(text)
    assert len(found) == 1, found
    return found[0]
