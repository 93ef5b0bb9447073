"""Stage 9, report: one page that holds claims, maps, pictures and tables, and needs no network."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd

from pipeline.core import files
from pipeline.core.errors import InputError
from pipeline.measures import claims
from pipeline.publish import layers
from pipeline.report import claim_cards, figures, leaflet, side_by_side, web_map
from pipeline.report.tables import csv_of, name, table, text

HERE = Path(__file__)
SCHEMATIC = (
    "This source is schematic: towns and numbered highways, drawn from public tables. It shows how "
    "the measures work, and how the two borders differ in their main roads; it cannot show how "
    "many tracks and footpaths lead across."
)
Layer = Callable[[str], pd.DataFrame]


def report(*paths: str) -> None:
    """Write report.html and, beside it in `pictures`, every picture of it as SVG and PNG.

    `paths` are the GeoPackages, then comparison.csv, claims.json and the page. The page holds all
    it shows, forbids itself to load anything, and escapes every text that came from data. Raises
    InputError where a file is missing or not as an earlier stage writes it.
    """
    *packages, comparison_csv, claims_json, out = paths
    borders = _borders(packages)
    comparison = _comparison(comparison_csv)
    answers = _answers(claims_json)
    pictures = Path(out).parent / "pictures"
    credit = _credit(borders)
    page = {
        "title": " · ".join(text(_known(layer)["name"]) for layer in borders.values()),
        "statement": _statement(borders),
        "overview": claim_cards.overview(answers, pictures, credit),
        "claims": claim_cards.cards(answers, pictures, credit),
        "maps": "".join(_map(border, layer) for border, layer in borders.items()),
        "pictures": "".join(figures.pictures_of(borders, comparison, pictures, credit)),
        "tables": "".join(side_by_side.tables(borders, comparison)),
        "limits": _limits(borders),
        "provenance": "".join(_provenance(border, layer) for border, layer in borders.items()),
        "credit": text(credit),
        "data": "".join(_data(border, layer) for border, layer in borders.items()),
    }
    files.write_text(Path(out), _page(page))


def _borders(packages: list[str]) -> dict[str, Layer]:
    """How to read the layers of each border; those that the claims compare come first."""
    found: dict[str, Layer] = {}
    for path in packages:
        border = layers.read(path, "border")
        found[str(border["border"].iloc[0])] = _reader(path)
    first = [border for border in claims.read().borders if border in found]
    return {border: found[border] for border in [*first, *sorted(found.keys() - set(first))]}


def _reader(path: str) -> Layer:
    kept: dict[str, pd.DataFrame] = {}

    def layer(which: str) -> pd.DataFrame:
        if which not in layers.LAYERS:
            return pd.DataFrame()
        if which not in kept:
            kept[which] = layers.read(path, which)
        return kept[which].copy()

    return layer


def _comparison(path: str) -> pd.DataFrame:
    try:
        frame = pd.read_csv(
            path, keep_default_na=False, na_values={"value": "", "low": "", "high": ""}
        )
    except (FileNotFoundError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path}: no table ({error}), expected what compare writes") from error
    needed = {"border", "mode", "measure", "value", "low", "high", "unit"}
    if not needed <= set(frame.columns):
        raise InputError(f"{path}: got columns {sorted(frame.columns)}, expected {sorted(needed)}")
    return frame


def _answers(path: str) -> list[dict[str, Any]]:
    try:
        answers: list[dict[str, Any]] = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file, expected what compare writes") from error
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error})") from error
    return answers


def _known(layer: Layer) -> dict[str, str]:
    rows = layer("provenance")
    return dict(zip(rows["key"], rows["value"], strict=True))


def _schematic(known: dict[str, str]) -> bool:
    """Whether the raw file says of itself that it is no street map."""
    return "schematic" in known.get("source", "")


def _statement(borders: dict[str, Layer]) -> str:
    """What the figures were made from, in a box that cannot be overlooked."""
    said: dict[str, list[str]] = {}
    for border, layer in borders.items():
        known = _known(layer)
        source = known.get("source", "not stated")
        if "mean_age_days" in known:
            source = f"{source}, {known['mean_age_days']}"
        said.setdefault(source, []).append(border)
    schematic = any(_schematic(_known(layer)) for layer in borders.values())
    lines = "".join(
        f"<p><b>{text(', '.join(names))}:</b> {text(source)}.</p>" for source, names in said.items()
    )
    warning = (
        "<p>A schematic network holds towns and numbered highways only. Its counts of roads are "
        "floors, and <b>no finding about streets, tracks or footpaths</b> can rest on it; run the "
        "same page on OpenStreetMap before quoting a figure.</p>"
        if schematic
        else ""
    )
    kind = "Schematic data, not a street map" if schematic else "Source"
    return (
        f'<aside class="source" aria-label="Source of the data"><h2>{kind}</h2>'
        f"{lines}{warning}</aside>"
    )


def _credit(borders: dict[str, Layer]) -> str:
    said = dict.fromkeys(_known(layer).get("attribution", "") for layer in borders.values())
    return "; ".join(filter(None, said)) or "source not stated"


def _map(border: str, layer: Layer) -> str:
    """The place of a map, filled by the page's script, with what it needs beside it."""
    known = _known(layer)
    which = text(border)
    return (
        f'<section class="map" data-map="{which}" aria-labelledby="map-{which}">'
        f'<h3 id="map-{which}">{text(known["name"])}</h3>'
        f'<div class="controls" role="group" aria-label="What the map of {which} shows"></div>'
        f'<div class="stage"><div class="canvas"></div>'
        f'<div class="detail" role="status" aria-live="polite"></div></div>'
        f'<p class="legend"></p><p class="drawn"></p>'
        f'<p class="attribution">{text(known.get("attribution", ""))}</p>'
        f"</section>"
    )


def _data(border: str, layer: Layer) -> str:
    """The map's layers as JSON that no text in it can end early."""
    drawn = json.dumps(
        web_map.draw(layer), ensure_ascii=True, allow_nan=False, separators=(",", ":")
    )
    safe = drawn.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return f'<script type="application/json" id="data-{text(border)}">{safe}</script>\n'


def _limits(borders: dict[str, Layer]) -> str:
    """What only some sources have to say: list items."""
    said = [SCHEMATIC] if any(_schematic(_known(layer)) for layer in borders.values()) else []
    for border, layer in borders.items():
        known = _known(layer)
        if "line" in known:
            said.append(f"{border}: {known['line']}.")
        if "reach_km" in known:
            said.append(f"{border}: data reach this deep, km: {known['reach_km']}.")
    return "".join(f"<li>{text(line)}</li>" for line in said)


def _provenance(border: str, layer: Layer) -> str:
    frame = layer("provenance")
    rows = [
        [f"<code>{text(k)}</code>", name(v)]
        for k, v in zip(frame["key"], frame["value"], strict=True)
    ]
    return table(f"What {text(border)} was made from", ["Key", "Value"], rows) + csv_of(
        frame, f"provenance-{border}.csv"
    )


def _page(parts: dict[str, str]) -> str:
    """The template filled; what it may run and how it may look is known by its hashes alone."""
    drawing = Path(web_map.__file__).with_suffix(".js").read_text("utf-8")
    scripts = [leaflet.script(), drawing, HERE.with_suffix(".js").read_text("utf-8")]
    styles = [leaflet.style(), HERE.with_suffix(".css").read_text("utf-8")]
    return Template(HERE.with_suffix(".html").read_text("utf-8")).substitute(
        parts,
        styles="\n".join(f"<style>{style}</style>" for style in styles),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
        style_hashes=_hashes(styles),
        script_hashes=_hashes(scripts),
        licence=text(leaflet.licence()),
    )


def _hashes(contents: list[str]) -> str:
    """What a Content-Security-Policy knows inline scripts or styles by."""
    digests = [hashlib.sha256(content.encode("utf-8")).digest() for content in contents]
    return " ".join(f"'sha256-{base64.b64encode(d).decode('ascii')}'" for d in digests)
