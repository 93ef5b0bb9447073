"""Copies of the checkout in which real make runs, with true stages or with stubs."""

import ast
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The stages of a border, each with those that read what it writes.
READERS = {
    "network": ["redundancy", "obstacles", "crossings"],
    "redundancy": ["publish"],
    "obstacles": ["terrain"],
    "terrain": ["posture", "onfoot", "fronts"],
    "crossings": ["chokepoints", "closures", "routes", "traffic"],
    "traffic": ["publish"],
    "routes": ["publish"],
    "closures": ["cost", "onfoot", "intermodal"],
    "chokepoints": ["bypass", "fronts", "intermodal"],
    "bypass": ["posture"],
    "posture": ["cost"],
    "cost": ["publish"],
    "onfoot": ["publish"],
    "fronts": ["publish"],
    "intermodal": ["publish"],
    "publish": ["compare"],
    "compare": ["report", "project"],
}
FLOW = [*READERS, "report", "project"]
# Stages of all borders together.
JOINT = {"compare", "report", "project"}
BORDERS = ["mx-gt", "us-mx"]
# Which argument of a stage is the folder or the file that it writes.
OUTPUT = {"gazetteer": 3, "network": 3, "crossings": 3, "chokepoints": 4, "bypass": 5}
OUTPUT |= {"redundancy": 2, "obstacles": 3, "terrain": 3, "posture": 7, "spotheights": 3}
OUTPUT |= {"cost": 6, "closures": 4, "onfoot": 6, "fronts": 6, "publish": -1, "compare": -1}
OUTPUT |= {"report": -1, "project": -1}
OUTPUT |= {"routes": 4, "traffic": 5, "show": 0, "verify": 0, "whatif": 0}
OUTPUT |= {"intermodal": 6}

STUB = '''"""A stage that notes that it ran, and writes what make waits for."""
import os
import sys
import time
from pathlib import Path

if not sys:
    {imports}
stage = Path(sys.argv[0]).stem
out = Path(sys.argv[{output}])
ran = Path("ran")
with ran.open("a") as log:
    log.write(" ".join([stage, *sys.argv[1:]]) + "\\n")
Path("threads-" + os.environ.get("NUMBA_NUM_THREADS", "any")).touch()
patience = time.monotonic() + 20
while Path("together").exists() and ran.read_text().count("network") < 2:
    if time.monotonic() > patience:
        sys.exit("error: waited in vain for the other border")
while Path("hold-" + stage).exists():
    time.sleep(0.01)
if Path("break-" + stage).exists():
    sys.exit("error: broken on purpose")
if stage in ("gazetteer", "spotheights", "publish", "report", "project"):
    out.write_text(stage)
elif stage == "compare":
    (out / "comparison.csv").write_text(stage)
    (out / "claims.json").write_text(stage)
elif stage == "show":
    print("THE TABLE")
elif stage not in ("verify", "whatif"):
    out.mkdir(parents=True, exist_ok=True)
    (out / "stamp").touch()
'''


def copy_checkout(target: Path) -> Path:
    """What git tracks or would track, without results."""
    git = ["git", "-c", "safe.directory=*", "ls-files", "-coz", "--exclude-standard"]
    listed = subprocess.run(git, cwd=ROOT, capture_output=True, check=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def copy_with_stubs(target: Path) -> Path:
    """A copy whose stages are stubs that import what the true ones do."""
    copy = copy_checkout(target)
    for stage, output in OUTPUT.items():
        path = copy / "pipeline" / f"{stage}.py"
        tree = ast.parse(path.read_bytes() if path.exists() else b"")
        found = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        lines = [line for line in map(ast.unparse, found) if " pipeline" in line]
        path.write_text(STUB.format(imports="\n    ".join([*lines, "pass"]), output=output))
    return copy


def start(copy: Path, *words: str) -> "subprocess.Popen[str]":
    """A running make, first of its own process group, that knows of no make above it."""
    above = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "MAKE_TERMOUT", "MAKE_TERMERR")
    return subprocess.Popen(
        ["make", f"VENV={sys.prefix}", *words],
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
    out, err = process.communicate(timeout=600)
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def good(copy: Path, *words: str) -> str:
    """Output of a make that ends well and complains of nothing."""
    done = make(copy, *words)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def bad(copy: Path, *words: str) -> str:
    """The one line that tells what is wrong, of a make that must fail."""
    done = make(copy, *words)
    assert done.returncode != 0, done.stdout
    # Beside it stand make's own, which say which recipes failed.
    own = r"make(\[\d\])?: \*\*\* (\[Makefile:\d+: .*\] Error \d+|Waiting for unfinished jobs\.+)$"
    told = [line for line in done.stderr.splitlines() if not re.match(own, line)]
    assert len(told) == 1, done.stderr
    return told[0]


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
