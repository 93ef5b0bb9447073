"""A citable data set: crossings and borders by source and date, with codebook and checksums."""

import json
from pathlib import Path

import pandas as pd

from pipeline.core import files, parameters
from pipeline.core.errors import InputError
from pipeline.core.folders import whole_folder
from pipeline.core.version import VERSION
from pipeline.publish import country_codes, workbook
from pipeline.publish import release as contents
from pipeline.publish.release import Tables

TITLE = "Land border crossings and minimum cuts from OpenStreetMap"
LICENCE = "https://opendatacommons.org/licenses/odbl/1-0/"
SUMS = "SHA256SUMS"


def release(*paths: str) -> None:
    """Write a release of the folders of results named first to the folder named last.

    Everything is in the public profile. Raises InputError if no folder contains a border, or a file
    is missing or not as publish writes it; an older release then stays.
    """
    *folders, out = paths
    for folder in folders:
        if not Path(folder).is_dir():
            raise InputError(f"{folder}: no such folder, expected results of a source")
    given = contents.editions([Path(folder) for folder in folders])
    made = contents.tables(given)
    with whole_folder(Path(out)) as aside:
        for name in ("crossings", "borders", "codebook", "credits"):
            _write_csv(aside / f"{name}.csv", getattr(made, name))
        (aside / "README.md").write_text(_readme(made), encoding="utf-8")
        (aside / "LICENSE.md").write_text(_licence(made), encoding="utf-8")
        metadata = json.dumps(_zenodo(made), ensure_ascii=False, indent=2)
        (aside / ".zenodo.json").write_text(metadata + "\n", encoding="utf-8")
        sums = [f"{files.sha256(path)}  {path.name}\n" for path in sorted(aside.iterdir())]
        (aside / SUMS).write_text("".join(sums), encoding="utf-8")


def _write_csv(path: Path, frame: pd.DataFrame) -> None:
    """A table as CSV, numbers short, texts escaped so that no spreadsheet runs them as formulas."""
    shown = frame.copy()
    for column in shown.select_dtypes(object):
        shown[column] = [
            workbook.escaped(one) if isinstance(one, str) else one for one in shown[column]
        ]
    for name in [name for name in shown if str(name).endswith("_cow")]:
        shown[name] = shown[name].astype("Int64")
    shown.to_csv(path, index=False, lineterminator="\n", float_format="%.10g")


def _readme(made: Tables) -> str:
    counts = made.borders.groupby("border").size()
    grades = parameters.numbers("grade_reach_km")
    issues = parameters.number("grade_issues_per_100_km")
    a, b, c = (f"{km:g}" for km in grades)
    return f"""# {TITLE}

{len(counts)} borders, {len(made.borders)} rows of borders by date, {len(made.crossings)} rows
of crossings by date. Made by version {VERSION} of the tool.

| file | what a row is |
|---|---|
| `crossings.csv` | a crossing on one border, by source and date |
| `borders.csv` | a border by source and date, with its figures |
| `codebook.csv` | a column of these two files: type, unit, meaning |
| `credits.csv` | for each border, source and date: what its rows were made from, and the credit |
| `{SUMS}` | SHA-256 of every other file: `sha256sum --check {SUMS}` |

Join the first two by `border`, `source` and `date`. CSV in UTF-8, empty where there is no value; an
empty figure is not zero. Text that a spreadsheet would read as a formula begins with an apostrophe.
Country codes are those of ISO 3166-1 and of the {country_codes.SOURCE}.

**Completeness grade.** A where roads are mapped to {a} km on both sides, B to {b} km, C to {c} km,
D less deep or drawn from tables; one lower where there are more than {issues:g} grave doubts about
the map per 100 km of border. It says how far the map reaches, not how many roads it lacks.

**What is left out.** The public profile: informal crossings are counted by border and have no
row. There are no rows for paths without control, routes round posts, or ways on foot.

**Check it.** `pipeline recall crossings.csv LIST.csv` says how many crossings of a list of official
ones (columns border, mode, status, lon, lat) are near a row.
"""


def _licence(made: Tables) -> str:
    credits_ = [one for one in made.credits["credit"].drop_duplicates() if one]
    lines = "\n".join(f"- {workbook.escaped(' '.join(one.split()))}" for one in credits_)
    return f"""# Licence

This data set is made available under the Open Database License (ODbL) 1.0, {LICENCE}. Rights in
individual contents are licensed under the Database Contents License 1.0,
https://opendatacommons.org/licenses/dbcl/1-0/.

Where rows come from OpenStreetMap, credit "© OpenStreetMap contributors". `credits.csv` states
what each border, source and date was made from:

{lines}
"""


def _zenodo(made: Tables) -> dict[str, object]:
    """The metadata that Zenodo needs for a deposit; the depositor adds names."""
    dates = sorted(date for date in made.borders["date"] if date)
    metadata: dict[str, object] = {
        "title": TITLE,
        "upload_type": "dataset",
        "description": "<p>Road and rail crossings of land borders, and how many links a closure "
        "needs, made from OpenStreetMap and other open sources. See README.md and "
        "codebook.csv.</p>",
        "creators": [{"name": "The contributors to this project"}],
        "access_right": "open",
        "license": "ODbL-1.0",
        "version": VERSION,
        "language": "eng",
        "keywords": ["borders", "border crossings", "OpenStreetMap", "minimum cut"],
        "notes": "Contains information from OpenStreetMap, © OpenStreetMap contributors, ODbL 1.0.",
    }
    if dates:
        metadata["dates"] = [{"type": "Collected", "start": dates[0], "end": dates[-1]}]
    return metadata
