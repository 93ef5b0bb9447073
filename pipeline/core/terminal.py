"""Text of strangers on a terminal: names of a map may hold what moves the cursor or turns lines."""

import unicodedata

# Categories of characters that a terminal obeys or cannot show: controls, halves of characters,
# separators of lines and paragraphs.
OBEYED = frozenset({"Cc", "Cs", "Zl", "Zp"})
# They make a line read as another one: embeddings, overrides and isolates of direction.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    r"""The text on one line, without what would act on a terminal instead of being shown.

    Parameters
    ----------
    text
        Any text; names, tags and messages of libraries may be part of it.

    Returns
    -------
    str
        Such characters written as Python writes them (`\x1b`); marks that letters of some
        scripts need stay as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        letter.encode("unicode_escape").decode("ascii")
        if letter in TURNING or unicodedata.category(letter) in OBEYED
        else letter
        for letter in text
    )
