"""Text from map data on a terminal: its characters may move the cursor or reverse lines."""

import unicodedata

# Categories of characters that control a terminal or that it cannot show: controls, surrogates,
# separators of lines and paragraphs.
OBEYED = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Characters that change the order in which a line is shown: embeddings, overrides and isolates.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    r"""The text on one line, without characters that would control the terminal.

    Parameters
    ----------
    text
        Any text; names, tags and messages of libraries may be part of it.

    Returns
    -------
    str
        Such characters are written as Python escapes (`\x1b`); marks that the letters of some
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
