"""Make fetches what is not there, once, and no change of code fetches it again."""

from pathlib import Path

import pytest

from tests.checkouts import STAGES, copy_with_stubs, good, module, ran, touch

pytestmark = pytest.mark.make
FETCHING = {name for name, stage in STAGES.items() if stage.fetches}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return copy_with_stubs(tmp_path / "checkout")


def fetched(copy: Path) -> list[str]:
    """The command lines of what fetched since the last call, in no order of borders."""
    log = copy / "ran"
    lines = log.read_text().splitlines() if log.exists() else []
    lines = [line for line in lines if line.split()[0] in FETCHING]
    return sorted(lines, key=lambda line: ("us-mx" in line, lines.index(line)))


def flow(copy: Path) -> set[str]:
    """What else ran since the last call."""
    return {one for one in ran(copy) if one.split()[0] not in FETCHING}


@pytest.mark.parametrize("source", ["overpass", "overpass-2017-01-20", "geofabrik"])
def test_fetched_once_whatever_code_changes(checkout: Path, source: str) -> None:
    good(checkout, f"SOURCE={source}")
    raw, expected = f"data/raw/{source}", []
    day = " 2017-01-20" if source.endswith("20") else ""
    for border in ("mx-gt", "us-mx"):
        toml, out = f"pipeline/borders/{border}.toml", f"{raw}/{border}.osm.pbf"
        if source == "geofabrik":
            expected.append(f"geofabrik {toml} {raw}/extracts")
            expected.append(f"clip {toml} {raw}/extracts {out}")
        else:
            expected.append(f"overpass {toml} {out}{day}")
        expected.append(f"elevation {out} {toml} {raw}/{border}.dem.tif GLO-90")
    assert fetched(checkout) == expected
    assert "network us-mx" in flow(checkout)
    good(checkout, f"SOURCE={source}")
    assert (fetched(checkout), flow(checkout)) == ([], set())
    for name in (*map(module, FETCHING), "pipeline/sources/wanted.py", "pipeline/core/errors.py"):
        touch(checkout / name)
    touch(checkout / "requirements.lock")
    good(checkout, f"SOURCE={source}")
    assert fetched(checkout) == []
    assert "network us-mx" in flow(checkout)


def test_a_raw_file_that_is_removed_is_fetched_again(checkout: Path) -> None:
    good(checkout, "SOURCE=overpass", "ELEVATION=")
    assert [line.split()[0] for line in fetched(checkout)] == ["overpass"] * 2
    ran(checkout)
    (checkout / "data/raw/overpass/us-mx.osm.pbf").unlink()
    good(checkout, "SOURCE=overpass", "ELEVATION=")
    assert len(fetched(checkout)) == 1
    assert flow(checkout) == set(), "the same map was fetched"
    (checkout / "data/raw/overpass/us-mx.osm.pbf").unlink()
    (checkout / "edition").write_text("another map")
    good(checkout, "SOURCE=overpass", "ELEVATION=")
    assert {"network us-mx", "network mx-gt"} & flow(checkout) == {"network us-mx"}


def test_what_a_refresh_changed_is_published_by_every_make(checkout: Path) -> None:
    words = ("SOURCE=overpass", "BORDERS=us-mx", "ELEVATION=")
    good(checkout, *words)
    log = (checkout / "ran").read_text()
    assert "/changes" not in log
    (checkout / "ran").unlink()
    stamp = checkout / "data/processed/overpass/us-mx/changes/stamp"
    stamp.parent.mkdir()
    stamp.touch()
    good(checkout, *words)
    published = [line for line in (checkout / "ran").read_text().splitlines() if "publish" in line]
    assert len(published) == 1
    assert "data/processed/overpass/us-mx/changes pipeline/borders/us-mx.toml" in published[0]


def test_a_border_of_ones_own_is_fetched(checkout: Path) -> None:
    good(checkout, "SOURCE=overpass", "BORDERS=ch-li", "ELEVATION=")
    raw = "data/raw/overpass/ch-li.osm.pbf"
    assert fetched(checkout) == [f"overpass pipeline/borders/ch-li.toml {raw}"]
