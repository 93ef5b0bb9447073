"""The claim that counts crossings, as data: what the page needs to judge it when some close."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from pipeline.core import geo
from pipeline.core.modes import MODES
from pipeline.measures import claims, crossing_figures, crossing_merge
from pipeline.measures.choices import SITES
from pipeline.measures.claims import SIDE, SIDES
from pipeline.report.borders import Border

MEASURE = "crossings"
# The modes that each choice of mode counts.
COUNTED_MODES = {mode: (mode,) for mode in MODES} | {"road and rail": ("road", "rail")}
COLUMNS = {MEASURE: None, "links": "n_links", "lanes": "lanes", SITES: None}
CENTIMETRES = 2  # decimals of the metres between two crossings

Answer = dict[str, Any]


def draw(answers: Sequence[Answer], borders: Sequence[Border]) -> dict[str, Any] | None:
    """The claim whose headline counts crossings, with all that decides it; None where none does.

    `specifications` are those of its measures that the layer of crossings decides, in the order of
    claims.json: each with its choices, the modes that they count and, by border, the number of
    crossings that the profile withholds. `left_out` is the number of measures that depend on more
    than crossings. `crossings` holds a list by border: id, mode, the choices of status that count
    it, links and lanes; `near` the pairs of one mode that may be one site, as numbers in that list
    and metres. `missing` is, by border, the number of crossings that an inventory counts and the
    data lack.
    """
    shown = {border.key: border for border in borders}
    for answer in answers:
        counted = [one for one in answer["measures"] if one["role"] in ("primary", "variant")]
        known = [one for one in counted if _is_decided(one)]
        if not counted or counted[0] not in known or not set(_pair(counted[0])) <= set(shown):
            continue
        pair = _pair(counted[0])
        crossings = {key: gpd.GeoDataFrame(shown[key].layer("crossings")) for key in pair}
        crossings = {key: rows[rows["counted"]] for key, rows in crossings.items()}
        statuses = list(dict.fromkeys(one["status"] for one in known))
        rules = claims.read().rules
        return {
            "claim": answer["claim"],
            "verdict": answer["verdict"],
            "above": answer[SIDE] == SIDES[0],
            "supported_share": rules.supported_share,
            "contradicted_share": rules.contradicted_share,
            "borders": pair,
            "choices": [name for name in ("mode", "status", "count") if name in counted[0]],
            "specifications": [_specification(one, crossings) for one in known],
            "left_out": len(counted) - len(known),
            "crossings": {key: _rows(rows, statuses) for key, rows in crossings.items()},
            "near": {key: _near(rows) for key, rows in crossings.items()},
            "missing": {one["border"]: one["missing"] for one in answer.get("omissions", ())},
        }
    return None


def _pair(measure: Answer) -> list[str]:
    """The two borders whose values a measure holds: those between unit and ratio."""
    names = list(measure)
    return names[names.index("unit") + 1 : names.index("ratio")]


def _is_decided(measure: Answer) -> bool:
    """Whether the layer of crossings alone decides it."""
    per = measure.get("per", "border")
    return measure["measure"] == MEASURE and measure["count"] in COLUMNS and per == "border"


def _specification(measure: Answer, crossings: dict[str, gpd.GeoDataFrame]) -> dict[str, Any]:
    choices = {name: measure[name] for name in ("mode", "status", "count")}
    modes = COUNTED_MODES[measure["mode"]]
    withheld = []
    for key, rows in crossings.items():
        chosen = rows[crossing_figures.by_status(rows)[measure["status"]]]
        count = sum(
            crossing_figures.totals(chosen[chosen["mode"] == mode])[measure["count"]]
            for mode in modes
        )
        withheld.append(None if measure[key] is None else float(measure[key] - count))
    return choices | {"modes": modes, "withheld": withheld}


def _rows(crossings: gpd.GeoDataFrame, statuses: list[str]) -> list[list[Any]]:
    masks = crossing_figures.by_status(crossings)
    counted_by = zip(*(masks[status].tolist() for status in statuses), strict=True)
    columns = (crossings[name].tolist() for name in ("crossing_id", "mode", "n_links", "lanes"))
    return [
        [crossing, mode, [one for one, on in zip(statuses, by, strict=True) if on], links, lanes]
        for (crossing, mode, links, lanes), by in zip(
            zip(*columns, strict=True), counted_by, strict=True
        )
    ]


def _near(crossings: gpd.GeoDataFrame) -> list[list[float]]:
    """Pairs of crossings of one mode within the width of a site."""
    lon, lat = shapely.get_coordinates(crossings.geometry.to_numpy()).T
    mode = crossings["mode"].to_numpy()
    row, column = np.triu_indices(len(lon), 1)
    alike = mode[row] == mode[column]
    row, column = row[alike], column[alike]
    metres = geo.distance_m(lon[row], lat[row], lon[column], lat[column])
    close = metres <= 1000 * crossing_merge.SITE_KM
    pairs = zip(row[close], column[close], metres[close].round(CENTIMETRES), strict=True)
    return [[int(one), int(other), float(apart)] for one, other, apart in pairs]
