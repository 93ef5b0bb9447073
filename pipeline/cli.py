"""The command line: `python -m pipeline COMMAND`, or `pipeline COMMAND` where it is installed.

Commands are the stages and tools of the table. A stage takes paths alone: make starts dozens of
them, so that nothing is imported but the stage itself. Tools and options go through cyclopts
(pipeline/cli_options.py).
"""

import importlib
import io
import sys
from collections.abc import Sequence

from pipeline.core import errors
from pipeline.core import stages as table

ASKS_FOR_HELP = (["--help"], ["-h"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; bad input or wrong arguments end in one line and status 1."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(
            errors="replace"
        )  # the encoding of a terminal may lack letters of names
    given = list(sys.argv[1:] if arguments is None else arguments)
    errors.run(lambda: _dispatch(given))


def _dispatch(given: list[str]) -> None:
    stages, tools = table.read()
    name, words = (given[0], given[1:]) if given else ("", [])
    stage = stages.get(name)
    has_options = any(word.startswith("-") for word in words) and words not in ASKS_FOR_HELP
    if stage is None or has_options:
        options = importlib.import_module("pipeline.cli_options")
        options.run(given, stages, tools)
    elif words in ASKS_FOR_HELP:
        sys.stdout.write(table.manual(stage, stages))
    else:
        table.expect(name, words, table.usage(stage, stages))
        module = importlib.import_module(f"pipeline.{stage.module}")
        getattr(module, table.function(stage.module))(*words)
