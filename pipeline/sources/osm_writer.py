"""OpenStreetMap files written by osmium: a full disk ends in an error and not in an abort."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import osmium


@contextmanager
def written(target: Any, **options: Any) -> Iterator[osmium.SimpleWriter]:
    """A writer of osmium that is closed in the end.

    One that cannot be closed is kept as long as the process lasts: when it is deleted it would try
    to write once more, and an exception in a C++ destructor ends the process at once, without a
    message. Any other is deleted, and its threads with it.

    Parameters
    ----------
    target
        A path, or a file of osmium that says its form.
    **options
        Of `osmium.SimpleWriter`.

    Yields
    ------
    SimpleWriter
        The open writer.

    Raises
    ------
    RuntimeError
        Where osmium cannot write.
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
