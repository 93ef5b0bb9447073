"""Make's rules for the stages, made from the table of stages and from what each module imports.

A stage runs again when one of its inputs changed, its own file, a module that it imports, or a data
table that one of these reads. Downloads do not depend on code. Run by make before .venv exists:
standard library only. Lines are joined by a sign, since `$(shell)` removes line feeds.
"""

import sys
from collections.abc import Iterator

from pipeline.core import stages as table
from pipeline.core.stages import MADE, Stage
from pipeline.ops import imports

LINE = "~~"
# What a given input is on a command line: functions and variables of the Makefile.
WORDS = {
    "raw": "$(call raw,$*)",
    "dem": "$(call dem,$*)",
    "own": "$(call own,$*)",
    "border": "pipeline/borders/$*.toml",
    "name": "$*",
    "facts": "$(FACTS)",
    "extracts": "$(EXTRACTS)",
    "day": "$(DAY)",
    "model": "$(ELEVATION)",
    "changes": "$(wildcard $(OUT)/$*/changes)",
    "against": "$(AGAINST_OPTION)",
}
# What a stage waits for because of such an input.
NEEDS = {
    "raw": "$$(call from-raw,$$*)",
    "dem": "$(OUT)/%/dem.seen",
    "own": "$(OUT)/%/own.seen",
    "border": "pipeline/borders/%.toml",
    "changes": "$$(wildcard $(OUT)/$$*/changes/stamp)",
    "against": "$(OTHERS)",
}


def rules(*left_out: str, package: str = "pipeline") -> str:
    """The text that make evaluates: code of each command, downloaded sources, all rules.

    Stages that are `left_out` have no rule: their output exists already.
    """
    stages, tools = table.read()
    code = imports.closure(package)
    modules = {name: one.module for name, one in stages.items()}
    modules |= {name: one.module for name, one in tools.items()}
    lines = [f"CODE.{name} := {' '.join(code.get(of, ()))}" for name, of in modules.items()]
    fetched = {source: "" for one in stages.values() if one.fetches for source in one.sources}
    lines.append(f"FETCHING := {' '.join(fetched)}")
    for stage in stages.values():
        if stage.name in left_out:
            continue
        if stage.per == "source":
            lines += of_source(stage, stages)
        elif not stage.makes:
            lines += of_border(stage, stages)
    for source in {source: "" for one in stages.values() for source in one.sources}:
        lines += of_raw(source, stages)
    return LINE.join(lines)


def of_border(stage: Stage, stages: dict[str, Stage]) -> Iterator[str]:
    """The rule of a stage that runs for each border."""
    target = _target(stage)
    needs = [_target(stages[one]) if one in stages else NEEDS.get(one, "") for one in _asked(stage)]
    yield (
        f"$(BORDERS:%={target}): {target}: {' '.join(filter(None, needs))} "
        f"{_facts(stage)} {_lost(stage)} $(CODE.{stage.name}) requirements.lock | $(READY) writable"
    )
    yield _recipe(stage, stages, "$(@D)" if stage.writes_folder else "$@")


def of_source(stage: Stage, stages: dict[str, Stage]) -> Iterator[str]:
    """The rule of a stage that runs once for all borders, and when a border comes or goes."""
    targets = " ".join(f"$(OUT)/{name}" for name in stage.outputs)
    needs = [
        word
        for one in _asked(stage)
        for word in (_of_all(stages[one]) if one in stages else [NEEDS[one]])
    ]
    yield (
        f"{targets} &: $(OUT)/borders {' '.join(needs)} {_lost(stage)} "
        f"$(CODE.{stage.name}) requirements.lock | $(READY) writable"
    )
    yield _recipe(stage, stages, "$(OUT)" if len(stage.outputs) > 1 else "$@")


def of_raw(source: str, stages: dict[str, Stage]) -> Iterator[str]:
    """The rules of a source's raw files, used for that source only.

    Several stages may be needed for one file: they run one after the other.
    """
    here = [stage for stage in stages.values() if source in stage.sources]
    yield f"ifeq ($(KIND),{source})"
    for made in ("raw", "dem"):
        last = [stage for stage in here if stage.makes == made]
        if not last:
            continue
        steps = [*(s for s in here if s.makes == "extracts" and made == "raw"), *last]
        given = "$(RAW)/%.osm.pbf" if "raw" in last[-1].inputs else ""
        if last[-1].fetches:
            needs = f"| {given} $(READY) writable"
        else:
            code = f"$(CODE.{last[-1].name}) requirements.lock"
            needs = f"{given} {_facts(last[-1])} {code} | $(READY) writable"
        yield f"$(RAW)/{MADE[made].replace('<border>', '%')}: {needs}"
        for step in steps:
            yield _recipe(step, stages, "$(EXTRACTS)" if step.makes == "extracts" else "$@")
    yield "endif"


def _asked(stage: Stage) -> tuple[str, ...]:
    return (*stage.inputs, *stage.optional)


def _target(stage: Stage) -> str:
    """The file that make watches, with `%` for the border."""
    if stage.writes_folder:
        return f"$(OUT)/%/{stage.name}/stamp"
    return f"$(OUT)/{stage.outputs[0].replace('<border>', '%')}"


def _of_all(stage: Stage) -> list[str]:
    """A stage's output for all borders."""
    if stage.per == "source":
        return [f"$(OUT)/{name}" for name in stage.outputs]
    return [f"$(BORDERS:%={_target(stage)})"]


def _lost(stage: Stage) -> str:
    """The condition to run a stage again if a file that it writes next to its output is gone."""
    files = [f"$(OUT)/{name.replace('<border>', '%')}" for name in stage.beside]
    return " ".join(f"$$(if $$(wildcard {_secondly(file)}),,FORCE)" for file in files)


def _secondly(path: str) -> str:
    """A path in the form for make's second expansion of prerequisites."""
    return path.replace("$", "$$").replace("%", "$$*")


def _facts(stage: Stage) -> str:
    tables = "$(filter-out %.status.csv,$(wildcard $(FACTS)/*.csv))"
    return " ".join(tables if name == "*" else f"$(FACTS)/{name}" for name in stage.facts)


def _recipe(stage: Stage, stages: dict[str, Stage], out: str) -> str:
    def word(name: str) -> list[str]:
        if name == "output":
            return [out]
        if name in WORDS:
            return [WORDS[name]]
        if stage.per == "source":
            return _of_all(stages[name])
        return [_target(stages[name]).replace("%", "$*").removesuffix("/stamp")]

    whom = "$(BORDERS)" if stage.per == "source" else "$*"
    words = " ".join(table.arguments(stage, stages, word))
    return f"\t$(call run,{stage.name},{whom}) {words}"


if __name__ == "__main__":
    sys.stdout.write(rules(*sys.argv[1:]))
