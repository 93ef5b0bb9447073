"""Valhalla's side of the row `trucks`: a question as JSON on stdin, minutes as JSON on stdout.

Run by the Python that has Valhalla; it knows nothing of this project.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import valhalla

# What Valhalla adds to the time of a way to make some less liked: none, as minutes are compared.
NO_PENALTIES = (
    *("maneuver_penalty", "gate_cost", "gate_penalty", "country_crossing_cost", "service_penalty"),
    *("country_crossing_penalty", "private_access_penalty", "destination_only_penalty"),
    *("low_class_penalty", "alley_penalty", "toll_booth_cost", "toll_booth_penalty"),
)


def main() -> None:
    """Build tiles of the extract, then route between each two points in turn."""
    asked = json.load(sys.stdin)
    truck = asked["truck"]
    options = {
        "height": truck["height_m"], "width": truck["width_m"], "length": truck["length_m"],
        "weight": truck["weight_t"], "axle_load": truck["axle_t"], "use_living_streets": 1,
        "use_tracks": 1,
    } | dict.fromkeys(NO_PENALTIES, 0)  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="bench.") as scratch:
        tiles = Path(scratch) / "tiles"
        tiles.mkdir()
        config = Path(scratch) / "valhalla.json"
        config.write_text(json.dumps(valhalla.get_config(tile_extract="", tile_dir=str(tiles))))
        build = Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles"
        subprocess.run(  # noqa: S603
            [str(build), "-c", str(config), asked["pbf"]], check=True, capture_output=True
        )
        engine = valhalla.Actor(str(config))
        begun = time.perf_counter()
        points = asked["points"]
        minutes = [
            _minutes(engine, start, end, options)
            for start, end in zip(points[::2], points[1::2], strict=True)
        ]
        seconds = time.perf_counter() - begun
    json.dump({"minutes": minutes, "seconds": seconds}, sys.stdout)


def _minutes(
    engine: Any, start: list[float], end: list[float], options: dict[str, float]
) -> float | None:
    """Minutes of the truck's fastest way; none where there is none."""
    question = {
        "locations": [{"lon": lon, "lat": lat} for lon, lat in (start, end)],
        "costing": "truck",
        "costing_options": {"truck": options},
        "directions_type": "none",
    }
    try:
        answer = engine.route(question)
    except RuntimeError:
        return None
    return float(answer["trip"]["summary"]["time"]) / 60


if __name__ == "__main__":
    main()
