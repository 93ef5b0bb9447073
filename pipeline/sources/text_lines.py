"""Lines of text one after the other in one array: so that a million of them are no objects."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.core.types import Ints

Bytes = npt.NDArray[np.uint8]
END = ord("\n")


@dataclass(frozen=True)
class TextLines:
    """Line k, with its end of line, is `text[start[k]:start[k + 1]]`, in UTF-8."""

    text: Bytes
    start: Ints


def read(path: Path) -> TextLines:
    """The lines of a file, each of which ends with a line feed."""
    text = np.fromfile(path, np.uint8)
    return TextLines(text, np.append(0, np.flatnonzero(text == END) + 1))


def from_texts(texts: Iterable[str]) -> TextLines:
    """Texts without an end of line as lines."""
    lines = [f"{text}\n".encode() for text in texts]
    length = np.fromiter(map(len, lines), np.int64, len(lines))
    return TextLines(np.frombuffer(b"".join(lines), np.uint8), np.append(0, np.cumsum(length)))


def taken(lines: TextLines, rows: Ints) -> TextLines:
    """The lines at these rows, in that order; all of them in their own order are not copied."""
    pieces = list(parts(lines, rows))
    is_whole = len(pieces) == 1 and len(pieces[0]) == len(lines.text)
    text = lines.text if is_whole else np.concatenate([lines.text[:0], *pieces])
    length = lines.start[rows + 1] - lines.start[rows]
    return TextLines(text, np.append(0, np.cumsum(length)))


def parts(lines: TextLines, rows: Ints) -> Iterator[Bytes]:
    """The text of the lines at these rows; rows that follow each other are one part."""
    begin, end = lines.start[rows], lines.start[rows + 1]
    apart = np.flatnonzero(begin[1:] != end[:-1]) + 1
    first, last = np.append(0, apart)[: len(rows)], np.append(apart, len(rows))[: len(rows)] - 1
    for low, high in zip(begin[first].tolist(), end[last].tolist(), strict=True):
        yield lines.text[low:high]


def joined(several: Sequence[TextLines]) -> TextLines:
    """The lines of all, one after the other."""
    if len(several) == 1:
        return several[0]
    length = np.concatenate([np.empty(0, np.int64), *(np.diff(one.start) for one in several)])
    text = np.concatenate([np.empty(0, np.uint8), *(one.text for one in several)])
    return TextLines(text, np.append(0, np.cumsum(length)))


def text_of(lines: TextLines, row: int) -> str:
    """The line at a row, without its end of line."""
    begin, end = lines.start[row : row + 2].tolist()
    return lines.text[begin : end - 1].tobytes().decode("utf-8")
