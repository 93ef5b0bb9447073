"""Vector tiles: they hold what may be handed on, and their page takes only files that it knows."""

import os
import re
import time
from pathlib import Path

import pyogrio
import pytest

from pipeline.core.errors import InputError
from pipeline.ops import tiles
from pipeline.publish import layers
from tests import browser, planted, tools
from tests.file_server import FileServer

# Where npm has put the packages of the page; they do not come with this project.
PACKAGES = os.environ.get("TILES_PACKAGES", "")
DRAWN_S = 60.0


@pytest.fixture(scope="module")
def made(planted_package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders `public` and `local` with the tiles of the planted border."""
    at = tmp_path_factory.mktemp("tiles")
    for profile in ("public", "local"):
        tiles.tiles(str(planted_package), str(at / profile), profile=profile)
    return at


def unpacked(folder: Path) -> str:
    """All that the tiles of a folder hold, unpacked, and its page."""
    read = [pyogrio.read_dataframe(path).to_csv() for path in sorted(folder.rglob("*.pmtiles"))]
    return "".join(read) + (folder / "map.html").read_text(encoding="utf-8")


def test_public_tiles_hold_nothing_that_is_withheld(made: Path) -> None:
    public, local = unpacked(made / "public"), unpacked(made / "local")
    assert planted.MARK not in public
    assert str(planted.NUMBER) not in public
    assert planted.MARK in local
    scratch = {path.suffix for path in (made / "public").rglob("*") if path.is_file()}
    assert scratch == {".pmtiles", ".html"}  # the database that tiles are built in is gone
    assert planted.MARK.encode() not in planted.content(made / "public")


def test_every_link_of_the_public_profile_is_in_the_tiles(
    made: Path, planted_package: Path
) -> None:
    links = layers.read(planted_package, "links")
    shown = pyogrio.read_dataframe(made / "public" / "drawn" / "links.pmtiles")
    # GDAL reads back no line that runs along the edge of two tiles, here the meridian of 0 degrees.
    inside = links[links["mode"].ne("foot_only") & links.bounds["maxx"].gt(0)]
    assert set(shown["link_id"]) == set(inside["link_id"])
    assert len(inside) > 20
    crossings = pyogrio.read_dataframe(made / "public" / "drawn" / "crossings.pmtiles")
    assert "walkable" not in crossings.columns


def test_the_page_loads_its_own_files_alone(made: Path) -> None:
    text = (made / "public" / "map.html").read_text(encoding="utf-8")
    assert "connect-src 'self'" in text
    assert re.findall(r'(?:src|href)="([^"]+)"', text) == [
        "data:,", "vendor/maplibre-gl.css", "vendor/maplibre-gl.js", "vendor/pmtiles.js",
    ]  # fmt: skip
    assert "maplibre-gl@4.7.1" in text


def test_files_of_others_are_checked_by_their_hash(planted_package: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such file, expected it from maplibre-gl@4\.7\.1"):
        tiles.tiles(str(planted_package), str(tmp_path / "out"), packages=str(tmp_path))
    for name in tiles.VENDORED:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("another version")
    with pytest.raises(InputError, match=r"maplibre-gl\.js: sha256 \w+, expected be9633c4d870e26f"):
        tiles.tiles(str(planted_package), str(tmp_path / "out"), packages=str(tmp_path))
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not PACKAGES, reason="TILES_PACKAGES names no folder with maplibre-gl")
def test_a_browser_draws_the_tiles(planted_package: Path, tmp_path: Path) -> None:
    """By a server of files alone: links are seen, and nothing complains.

    Line and crossings lie on the equator, along the edge of two tiles, where GDAL leaves them out.
    """
    tools.need_chromium()
    tiles.tiles(str(planted_package), str(tmp_path / "out"), packages=PACKAGES)
    with FileServer(tmp_path / "out") as server, browser.page(tmp_path / "profile") as view:
        view.send("Page.navigate", url=f"{server.url}/map.html")
        drawn: list[str] = []
        until = time.monotonic() + DRAWN_S
        while not drawn and time.monotonic() < until:
            time.sleep(0.2)
            drawn = (view.run("document.body?.dataset.drawn") or "").split()
        assert "links" in drawn
        # A browser without a graphics card says that it draws slowly.
        assert [complaint for complaint in view.complaints if "WebGL" not in complaint] == []
        assert all(url.startswith(("data:", "blob:", server.url)) for url in view.requests)
