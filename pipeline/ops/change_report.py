"""What changed since the last snapshot, for readers: the most serious first."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from pipeline.core import files

# In this order: what decides whether people can cross, then what is counted, then the rest.
RANKS = (
    ("crossing", "status"),
    ("crossing", "counted"),
    ("crossing", "went"),
    ("crossing", "came"),
    ("crossing", "vehicles"),
    ("crossing", "class"),
    ("crossing", "n_links"),
    ("figure", "value"),
    ("chokepoint", "went"),
    ("chokepoint", "came"),
    ("measure", "value"),
)
# There are many links: only their number and km are given here; changes.csv has each of them.
COUNTED = "link"


def write(found: dict[str, gpd.GeoDataFrame], worst: list[str], folder: Path) -> None:
    """Write changes.csv, and changes.md for readers: counts, then each change, most serious first.

    Parameters
    ----------
    found
        Table `changes` by border.
    worst
        What exceeds the limits of a refresh, if anything.
    folder
        Where to write.
    """
    table = pd.concat(
        [
            pd.DataFrame(one.drop(columns="geometry")).assign(
                border=border, lon=one.geometry.x.round(7), lat=one.geometry.y.round(7)
            )
            for border, one in sorted(found.items())
        ],
        ignore_index=True,
    )
    table = table[["border", *(name for name in table.columns if name != "border")]]
    table = ranked(table)
    lines = ["# What changed since the last snapshot", ""]
    lines += [f"**Too much changed:** {one}." for one in worst] + [""] * bool(worst)
    lines += ["| border | what | change | mode | number |", "|---|---|---|---|---|"]
    counts = table.fillna({"mode": ""}).groupby(["border", "what", "change", "mode"]).size()
    lines += [
        f"| {' | '.join(key)} | {number} |"
        for key, number in zip(counts.index, counts, strict=True)
    ]
    lines += ["", *(_line(row) for row in table.itertuples() if row.what != COUNTED), ""]
    files.write_text(folder / "changes.md", "\n".join(lines))
    # A leading sign that a spreadsheet would read as a formula is escaped.
    text = table.select_dtypes("object")
    risky = text.apply(lambda column: column.astype(str).str.match(r"[=+\-@\t\r]") & column.notna())
    table[text.columns] = text.where(~risky, "'" + text.astype(str))
    files.write_text(folder / "changes.csv", table.to_csv(index=False, lineterminator="\n"))


def ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Border by border, the most serious change first."""
    rank = {key: number for number, key in enumerate(RANKS)}
    keys = zip(table["what"], table["change"], strict=True)
    order = [rank.get(key, len(RANKS)) for key in keys]
    found = table.assign(rank=order).sort_values(["border", "rank", "change_id"], kind="stable")
    return found.drop(columns="rank").reset_index(drop=True)


def _line(row: object) -> str:
    name = " ".join(str(getattr(row, "name", "") or "unnamed").split())
    safe = "".join(f"\\{letter}" if letter in r"\`*_[]<>|#" else letter for letter in name)
    before, after = (getattr(row, side) or "none" for side in ("before", "after"))
    border, what, change = (getattr(row, key) for key in ("border", "what", "change"))
    turned = f"{before} → {after}"
    if change not in ("status", "value"):
        turned = f"{change} {turned}"
    how = {"went": f"went ({before})", "came": f"came ({after})"}.get(change, turned)
    mode = getattr(row, "mode", None)
    return f"- {border}: {f'{mode} ' if mode else ''}{what} {safe}: {how}"
