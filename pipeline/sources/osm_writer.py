"""Write OpenStreetMap files with osmium: a full disk gives an error and not an abort."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import osmium


@contextmanager
def written(target: Any, **options: Any) -> Iterator[osmium.SimpleWriter]:
    """Yield a writer of osmium that is closed at the end.

    A writer that cannot be closed is kept until the process ends. If it were deleted, it would try
    to write once more, and an exception in a C++ destructor ends the process at once without a
    message. Any other writer is deleted together with its threads.

    Parameters
    ----------
    target
        A path, or a file of osmium that states its format.
    **options
        Options of `osmium.SimpleWriter`.

    Yields
    ------
    SimpleWriter
        The open writer.

    Raises
    ------
    RuntimeError
        If osmium cannot write.
    """
    writer = osmium.SimpleWriter(target, **options)
    try:
        yield writer
    finally:
        try:
            writer.close()
        except BaseException:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))
            raise
