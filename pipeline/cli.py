"""The command line: `python -m pipeline COMMAND`, or `pipeline COMMAND` where it is installed.

Commands are the stages and tools of the table; the module of one is imported when it is run or
asked for help, so that the list of all comes at once.
"""

import io
import sys
from collections.abc import Sequence

import cyclopts

from pipeline.core import errors
from pipeline.core import stages as table
from pipeline.core.errors import InputError

HELP = """How hard is a border to close, and how many ways lead round it?

`make` runs the flow on a source; a command runs one stage or tool on the files that it is named.
`pipeline COMMAND --help` says what a command reads and writes.
"""
GROUPS = {
    "raw": "Raw files of a border",
    "border": "Stages, for a border",
    "source": "Stages, for all borders of a source",
    "tool": "Tools",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; bad input or wrong arguments end in one line and status 1."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may know fewer letters than names do
    given = list(sys.argv[1:] if arguments is None else arguments)
    errors.run(lambda: _dispatch(given))


def _dispatch(given: list[str]) -> None:
    stages, tools = table.read()
    app = cyclopts.App(
        name="pipeline",
        help=HELP,
        print_error=False,
        exit_on_error=False,
        result_action="return_value",
        default_parameter=cyclopts.Parameter(negative=()),
    )
    groups = {key: cyclopts.Group.create_ordered(name) for key, name in GROUPS.items()}
    for number, stage in enumerate(stages.values()):
        app.command(
            f"pipeline.{stage.module}:{_function(stage.module)}",
            name=stage.name,
            help=_said(stage.about),
            group=groups["raw" if stage.makes else stage.per],
            sort_key=number,
            usage=f"Usage: pipeline {stage.name} {' '.join(table.usage(stage, stages))}",
        )
    for tool in tools.values():
        app.command(
            f"pipeline.{tool.module}:{_function(tool.module)}",
            name=tool.name,
            help=_said(tool.about),
            group=groups["tool"],
        )
    wanted = given[0] if given else ""
    if wanted in stages and not any(word.startswith("-") for word in given[1:]):
        _expect(given[1:], wanted, table.usage(stages[wanted], stages))
    try:
        app(given)
    except cyclopts.CycloptsError as error:
        raise InputError(" ".join(str(error).split())) from error


def _function(module: str) -> str:
    """A stage's or tool's public function bears the name of its module."""
    return module.rpartition(".")[2]


def _said(about: str) -> str:
    return f"{about[0].upper()}{about[1:]}."


def _expect(words: list[str], name: str, usage: list[str]) -> None:
    """InputError where a stage is given fewer paths than it needs, or more than it can take."""
    needed = sum(not word.startswith("[") for word in usage)
    many = any(word.endswith("...") for word in usage)
    if len(words) < needed or (len(words) > len(usage) and not many):
        raise InputError(f"{name}: got {len(words)} arguments, expected: {' '.join(usage)}")
