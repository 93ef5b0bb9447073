"""The notebook runs from its first cell to its last, and says what is known of the drawn border."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]


def test_the_notebook_runs_and_its_answers_are_right() -> None:
    path = ROOT / "docs" / "walkthrough.ipynb"
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    assert not [cell for cell in notebook.cells if cell.get("outputs")], "kept without outputs"
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    )
    client.execute()
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    printed = "".join(out.get("text", "") for out in outputs)
    assert "2 links to close; 2 paths that share none" in printed
    assert "before: 2 after: 1" in printed
    assert "50% stopped" in printed
    assert not [out for out in outputs if out.get("name") == "stderr"]
    assert [out for out in outputs if "image/png" in out.get("data", {})], "a map is drawn"
