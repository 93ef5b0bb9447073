"""Copies of the checkout in which real make runs, with true stages or with stubs."""

import ast
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from pipeline.core import stages

ROOT = Path(__file__).parents[1]
STAGES, _ = stages.read()
# The stages of the flow, each with those that read what it writes; what makes raw files is apart.
FLOW = [name for name, stage in STAGES.items() if not stage.makes]
READERS = {name: [one for one in FLOW if name in STAGES[one].inputs] for name in FLOW}
# Stages of all borders together.
JOINT = {name for name in FLOW if STAGES[name].per == "source"}
BORDERS = ["mx-gt", "us-mx"]
RUN = [*STAGES, "show", "verify", "whatif", "place", "situation", "brief", "osmtasks", "release"]
# The command line without its checks and its help: a make starts it some forty times.
COMMAND = '''"""Calls a stub."""
import importlib
import sys

name, *words = sys.argv[1:]
module = {modules}[name]
getattr(importlib.import_module(module), module.rpartition(".")[2])(*words)
'''

STUB = '''"""Stands for a stage or tool: notes that it ran, and writes what make waits for."""
import os
import sys
import time
from pathlib import Path

if not sys:
    {imports}
STAGE = "{stage}"


def {function}(*words: str) -> None:
    out = Path([word for word in words if not word.startswith("--")][{output}])
    ran = Path("ran")
    with ran.open("a") as log:
        log.write(" ".join([STAGE, *words]) + "\\n")
    Path("threads-" + os.environ.get("NUMBA_NUM_THREADS", "any")).touch()
    patience = time.monotonic() + 20
    while Path("together").exists() and ran.read_text().count("network") < 2:
        if time.monotonic() > patience:
            sys.exit("error: waited in vain for the other border")
    while Path("hold-" + STAGE).exists():
        time.sleep(0.01)
    if Path("break-" + STAGE).exists():
        sys.exit("error: broken on purpose")
    if "{writes}" == "files":
        for name in {files}:
            (out / name).write_text(STAGE)
    elif "{writes}" == "file":
        out.parent.mkdir(parents=True, exist_ok=True)
        edition = Path("edition")
        out.write_text(STAGE + (edition.read_text() if edition.exists() else ""))
        for name in {beside}:
            (out.parent / name.replace("<border>", out.stem)).write_text(STAGE)
    elif "{writes}" == "folder":
        out.mkdir(parents=True, exist_ok=True)
        (out / "stamp").touch()
    elif "{writes}" == "network and crossings":
        for folder in (out / "network", out / "crossings"):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "stamp").touch()
    elif STAGE == "show":
        print("THE TABLE")
'''


def copy_checkout(target: Path) -> Path:
    """What git tracks or would track, without results."""
    git = ["git", "-c", "safe.directory=*", "ls-files", "-coz", "--exclude-standard"]
    listed = subprocess.run(git, cwd=ROOT, capture_output=True, check=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    # What numba has compiled here need not be compiled there: it goes by the date of the source.
    # A package that was removed may have left its folder of compiled code behind.
    for path in (ROOT / "pipeline").rglob("__pycache__/*"):
        compiled = (target / path.relative_to(ROOT)).parent
        if compiled.parent.is_dir() and path.suffix in (".nbi", ".nbc", ".stamp"):
            compiled.mkdir(exist_ok=True)
            shutil.copy2(path, compiled / path.name)
    return target


def keep_kernels(copy: Path) -> None:
    """What numba has compiled in a copy, for the checkout and the copies made of it from now on."""
    for index in sorted((copy / "pipeline").rglob("__pycache__/*.nbi")):
        kept = ROOT / index.relative_to(copy).parent
        if (kept / index.name).exists():
            continue
        kept.mkdir(exist_ok=True)
        # The index comes last: what it names is there.
        for path in [*index.parent.glob(f"{index.stem}.*.nbc"), index]:
            shutil.copy2(path, kept / f"{path.name}.aside")
            (kept / f"{path.name}.aside").replace(kept / path.name)


def module(stage: str) -> str:
    """The file of a stage, below the checkout."""
    found = STAGES[stage].module if stage in STAGES else f"ops.{stage}"
    return f"pipeline/{found.replace('.', '/')}.py"


def copy_with_stubs(target: Path) -> Path:
    """A copy whose stages and tools are stubs that import what the true ones do."""
    copy = copy_checkout(target)
    for name in RUN:
        path = copy / module(name)
        tree = ast.parse(path.read_bytes())
        found = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        lines = [line for line in map(ast.unparse, found) if " pipeline" in line]
        path.write_text(stub(name, [*lines, "pass"]))
    modules = {name: module(name).removesuffix(".py").replace("/", ".") for name in RUN}
    (copy / "pipeline/__main__.py").write_text(COMMAND.format(modules=modules))
    return copy


def stub(name: str, imports: list[str]) -> str:
    """The text of a module that replaces a stage or tool."""
    stage, output, writes = STAGES.get(name), 0, "nothing"
    files: tuple[str, ...] = ()
    if name == "situation":
        output, writes = 3, "network and crossings"
    if stage:
        output = len(stage.inputs) if "changes" not in stage.inputs else -1
        writes = "folder" if stage.writes_folder or stage.makes == "extracts" else "file"
        if stage.per == "source":
            output, writes = -1, "files" if len(stage.outputs) > 1 else "file"
            files = stage.outputs
    function = Path(module(name)).stem
    return STUB.format(
        imports="\n    ".join(imports), stage=name, function=function, output=output,
        writes=writes, files=files, beside=stage.beside if stage else (),
    )  # fmt: skip


def start(copy: Path, *words: str) -> "subprocess.Popen[str]":
    """A running make in its own process group, without the settings of a make above it. It uses the
    Python that runs the tests, since the one that a shell finds may be a slow wrapper.
    """
    above = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "MAKE_TERMOUT", "MAKE_TERMERR")
    return subprocess.Popen(
        ["make", f"VENV={sys.prefix}", f"PYTHON={sys.executable}", *words],
        cwd=copy,
        env={key: value for key, value in os.environ.items() if key not in above},
        text=True,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def make(copy: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """A make that has ended."""
    process = start(copy, *words)
    out, err = process.communicate(timeout=3600)
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def good(copy: Path, *words: str) -> str:
    """The output of a make that succeeds without a warning."""
    done = make(copy, *words)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def bad(copy: Path, *words: str) -> str:
    """The one error line of a make that must fail."""
    done = make(copy, *words)
    assert done.returncode != 0, done.stdout
    # Make's own lines, which say which recipes failed, are left out.
    own = r"make(\[\d\])?: \*\*\* (\[Makefile:\d+: .*\] Error \d+|Waiting for unfinished jobs\.+)$"
    lines = [line for line in done.stderr.splitlines() if not re.match(own, line)]
    assert len(lines) == 1, done.stderr
    return lines[0]


def ran(copy: Path) -> set[str]:
    """The stages that ran since the last call, each with its border; none may run twice."""
    log = copy / "ran"
    found = []
    for line in log.read_text().splitlines() if log.exists() else []:
        stage = line.split()[0]
        border = next((b for b in BORDERS if stage not in JOINT and b in line), "")
        found.append(f"{stage} {border}".strip())
    log.unlink(missing_ok=True)
    assert len(found) == len(set(found)), found
    return set(found) - {"show"}


def from_stage(stage: str, *borders: str) -> set[str]:
    """What must run when `stage` does: itself and all that follow, for these borders or all."""
    after, waiting = set(), [stage]
    while waiting:
        after.add(one := waiting.pop())
        waiting += READERS.get(one, [])
    each = {f"{one} {border}" for one in after - JOINT for border in borders or BORDERS}
    return each | after & JOINT


def touch(path: Path) -> None:
    """Make an existing file newer than all that has been made from it."""
    assert path.exists(), path
    time.sleep(0.02)  # longer than the ticks of a file system's clock
    path.touch()


def times(folder: Path) -> dict[str, int]:
    """When each file below `folder` was last written."""
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
