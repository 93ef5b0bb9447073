"""The command line of tools, of options, and the list of all commands, by cyclopts.

The module of a command is imported when it is run or asked for help, so that the list of all comes
at once.
"""

from collections.abc import Mapping, Sequence

import cyclopts

from pipeline.core import stages as table
from pipeline.core.errors import InputError
from pipeline.core.stages import Stage, Tool

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


def run(given: list[str], stages: Mapping[str, Stage], tools: Mapping[str, Tool]) -> None:
    """Run the command that `given` words name; InputError where they are wrong."""
    app = cyclopts.App(
        name="pipeline",
        help=HELP,
        print_error=False,
        exit_on_error=False,
        result_action="return_value",
        default_parameter=cyclopts.Parameter(negative=()),
    )
    wanted: dict[str, Sequence[str]] = {
        name: table.usage(stage, stages) for name, stage in stages.items()
    }
    wanted |= {tool.name: tool.words for tool in tools.values() if tool.words}
    groups = {key: cyclopts.Group.create_ordered(name) for key, name in GROUPS.items()}
    for number, stage in enumerate(stages.values()):
        app.command(
            f"pipeline.{stage.module}:{table.function(stage.module)}",
            name=stage.name,
            help=_sentence(stage.about),
            group=groups["raw" if stage.makes else stage.per],
            sort_key=number,
            usage=_usage(stage.name, wanted[stage.name]),
        )
    for tool in tools.values():
        app.command(
            f"pipeline.{tool.module}:{table.function(tool.module)}",
            name=tool.name,
            help=_sentence(tool.about),
            group=groups["tool"],
            usage=_usage(tool.name, tool.words) if tool.words else None,
        )
    try:
        command, bound, _ = app.parse_args(given)
        name = given[0] if given else ""
        if name in wanted and "paths" in bound.signature.parameters:
            table.expect(name, bound.args, wanted[name])
        command(*bound.args, **bound.kwargs)
    except cyclopts.CycloptsError as error:
        raise InputError(" ".join(str(error).split())) from error


def _usage(name: str, words: Sequence[str]) -> str:
    return f"Usage: pipeline {name} {' '.join(words)}"


def _sentence(about: str) -> str:
    return f"{about[0].upper()}{about[1:]}."
