"""Bad input ends in one line that names file and element; the last good output stays."""

import bz2
import gzip
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import osmium
import pytest

from pipeline import cli
from pipeline.core import errors
from pipeline.core.errors import InputError
from pipeline.network import read
from pipeline.stages.crossings import crossings
from pipeline.stages.network import network
from tests.world import border_toml, draw

CHECKOUT = Path(__file__).parents[1]
TIJUANA = CHECKOUT.parent / "shared" / "data" / "osm-tijuana-2018.osm"
GOOD_WAYS = ("0,-5 0,5 primary", "1,-5 1,5 rail")
HTML = "<!DOCTYPE html><html><body>Too many requests</body></html>\n"


def good(folder: Path) -> str:
    return draw(folder, *GOOD_WAYS).read_text(encoding="utf-8")


def pbf(folder: Path) -> bytes:
    out = folder / "good.osm.pbf"
    with osmium.SimpleWriter(str(out), overwrite=True) as writer:
        for element in osmium.FileProcessor(str(draw(folder, *GOOD_WAYS))):
            writer.add(element)
    content = out.read_bytes()
    out.unlink()
    return content


def element(text: str, kind: str, number: int) -> str:
    found = re.search(rf'<{kind} id="{number}".*?</{kind}>\n', text, re.DOTALL)
    assert found is not None
    return found[0]


def placed(text: str, **where: str) -> str:
    """The file with node 2 put elsewhere."""
    node = element(text, "node", 2)
    moved = node
    for axis, value in where.items():
        moved = re.sub(rf'{axis}="[^"]*"', f'{axis}="{value}"', moved)
    return text.replace(node, moved)


def twice(text: str, kind: str, number: int) -> str:
    found = element(text, kind, number)
    return text.replace(found, found + found)


def without(text: str, kind: str, *numbers: int) -> str:
    for number in numbers:
        text = text.replace(element(text, kind, number), "")
    return text


NOT_OSM = "not readable as OpenStreetMap data"
# Name of the file, what it holds made from a good one (as XML; PBF if it is asked for), and what
# the message must contain.
RAW: dict[str, tuple[str, Callable[[Path], str | bytes | None], str]] = {
    "missing": ("raw.osm.pbf", lambda _: None, "no such file, expected OpenStreetMap data"),
    "empty": ("raw.osm.pbf", lambda _: b"", "the file is empty, expected OpenStreetMap data"),
    "one byte": ("raw.osm.pbf", lambda _: b"x", NOT_OSM),
    "truncated in the header": ("raw.osm.pbf", lambda f: pbf(f)[:30], NOT_OSM),
    "truncated": ("raw.osm.pbf", lambda f: pbf(f)[:-20], NOT_OSM),
    "truncated XML": ("raw.osm", lambda f: good(f)[:-300], NOT_OSM),
    "HTML as PBF": ("raw.osm.pbf", lambda _: HTML * 9, "holds a web page, expected a map"),
    "HTML as XML": ("raw.osm", lambda _: HTML, "holds a web page, expected a map"),
    "PBF as XML": ("raw.osm", pbf, NOT_OSM),
    "a suffix that says nothing": ("raw.dat", good, NOT_OSM),
    "packed and cut off": ("raw.osm.gz", lambda f: gzip.compress(good(f).encode())[:-40], NOT_OSM),
    "wrongly packed": ("raw.osm.bz2", good, NOT_OSM),
    "no elements": ("raw.osm", lambda _: '<osm version="0.6"></osm>', "holds no nodes"),
    "no roads": ("raw.osm", lambda f: without(good(f), "way", 1, 2), "holds no road, path or rail"),
    "only roads to come": (
        "raw.osm", lambda f: without(good(f), "way", 2).replace('"primary"', '"proposed"'),
        "holds no road, path or railway, expected some"),
    "no countries": (
        "raw.osm", lambda f: without(good(f), "relation", 1, 2),
        "holds no way of the border: no relation of country AA .* countries found: none"),
    "one country": (
        "raw.osm", lambda f: without(good(f), "relation", 2),
        "no relation of country BB .*ISO3166-1=BB.*; countries found: AA"),
    "no shared way": (
        "raw.osm", lambda f: without(good(f), "way", 3),
        "holds no way of the border, expected ways that are members of both the AA and the BB"),
    "all maritime": (
        "raw.osm", lambda f: good(f).replace('"boundary" v="administrative"/>\n<tag k="admin_level"'
        ' v="2"/>\n</way>', '"boundary" v="administrative"/>\n<tag k="maritime" v="yes"/>\n</way>'),
        "holds no way of the border"),
    "a border node missing": (
        "raw.osm", lambda f: without(good(f), "node", 5),
        "holds no way of the border.*both name ways 3, which it lacks or whose nodes"),
    "two places of a node": (
        "raw.osm", lambda f: twice(good(f), "node", 2).replace('id="2" version="1" lon="0',
        'id="2" version="1" lon="1', 1), "node 2 occurs twice with different content"),
    "NaN": ("raw.osm", lambda f: placed(good(f), lat="nan"), NOT_OSM),
    "infinite": ("raw.osm", lambda f: placed(good(f), lon="inf"), NOT_OSM),
    "no number": ("raw.osm", lambda f: placed(good(f), lat="north"), NOT_OSM),
    "no coordinate": ("raw.osm", lambda f: placed(good(f), lat=""), NOT_OSM),
    "an id too long": (
        "raw.osm", lambda f: good(f).replace('node id="2"', f'node id="{"9" * 20}"'), NOT_OSM),
}  # fmt: skip


def one_line(capsys: pytest.CaptureFixture[str], stage: Callable[..., None], *paths: Path) -> str:
    """The message of a stage that ends on bad input, as the command line shows it."""
    with pytest.raises(SystemExit) as caught:
        errors.run(stage, *map(str, paths))
    assert isinstance(caught.value.code, str)  # printed to stderr, exit status 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == ""
    assert caught.value.code.startswith("error: ")
    assert "\n" not in caught.value.code
    return caught.value.code


@pytest.mark.parametrize("case", RAW)
def test_a_bad_raw_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    name, make, expected = RAW[case]
    content = make(tmp_path)
    raw, out = tmp_path / "raw" / name, tmp_path / "out"
    raw.parent.mkdir()
    if content is not None:
        raw.write_bytes(content.encode() if isinstance(content, str) else content)
    line = one_line(capsys, network, raw, border_toml(tmp_path), out)
    assert str(raw) in line
    assert re.search(expected, line), line
    assert not list(tmp_path.glob("*out*"))
    assert list(raw.parent.iterdir()) == ([] if content is None else [raw])


def test_the_last_good_output_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw, border, out = draw(tmp_path, *GOOD_WAYS), border_toml(tmp_path), tmp_path / "out"
    network(str(raw), str(border), str(out))
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.iterdir()}
    assert out / "stamp" in before
    raw.write_text(without(good(tmp_path), "relation", 1), encoding="utf-8")
    one_line(capsys, network, raw, border, out)
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.iterdir()}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aa-bb.toml", "drawn.osm", "out"]


# What stands in the border file, and what the message must say of it.
BORDER: dict[str, tuple[str, str, str]] = {
    "an unknown key": ("name =", "depth_km = 3\nname =", "unknown key depth_km, expected one of"),
    "a key missing": ("corridor_km = 100\n", "", "key corridor_km is missing"),
    "a wrong type": (
        "origin_km = 10",
        'origin_km = "10"',
        "key origin_km: got '10', expected kilo",
    ),
    "a boolean": ("origin_km = 10", "origin_km = true", "key origin_km: got True, expected kilo"),
    "NaN": ("corridor_km = 100", "corridor_km = nan", "key corridor_km: got nan, expected kilo"),
    "nothing": ("origin_km = 10", "origin_km = 0", "key origin_km: got 0, expected kilometres, ab"),
    "metres": ("origin_km = 10", "origin_km = 10000", "key origin_km: got 10000, expected .* 5000"),
    "falling depths": ("[10, 25]", "[25, 10]", r"key depths_km: got \[25, 10\], expected kilo"),
    "no depths": ("[10, 25]", "[]", r"key depths_km: got \[\], expected a list"),
    "the same country": (
        'to = "BB"',
        'to = "AA"',
        "key from: got 'AA', expected a country other than `to`",
    ),
    "an extract twice": (
        "origin_km = 10",
        'origin_km = 10\nextracts = ["europe/andorra", "europe/andorra"]',
        "key extracts: got 'europe/andorra', expected names such as",
    ),
    "a relation twice": (
        "origin_km = 10",
        "origin_km = 10\nrelations = { AA = 5, BB = 5 }",
        "key relations: got 5, expected the id of a relation, each once",
    ),
    "no code": ('to = "BB"', 'to = "Bland"', "key to: got 'Bland', expected an ISO 3166-1 code"),
    "no anchor": ("BB = [[", "DD = [[", "key anchors: no point for BB, expected one or more"),
    "an anchor off the globe": ("BB = [[0.0", "BB = [[200.0", r"key anchors.BB: got \[200.0.*degr"),
    "an anchor on the wrong side": ("BB = [[0.0, 0", "BB = [[0.0, -0", "same side of the border"),
    "no TOML": ("name =", "name", "not TOML"),
}


@pytest.mark.parametrize("stage", [network, crossings])
@pytest.mark.parametrize("case", BORDER)
def test_a_bad_border_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], stage: Callable[..., None], case: str
) -> None:
    if stage is crossings and case == "an anchor on the wrong side":
        return
    found, put, expected = BORDER[case]
    border, raw = border_toml(tmp_path), draw(tmp_path, *GOOD_WAYS)
    text = border.read_text(encoding="utf-8")
    assert found in text
    border.write_text(text.replace(found, put), encoding="utf-8")
    line = one_line(capsys, stage, raw, border, tmp_path / "out")
    assert re.search(expected, line), line
    assert str(border if "same side" not in expected else raw) in line
    assert not list(tmp_path.glob("*out*"))


def test_a_missing_border_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = one_line(capsys, network, draw(tmp_path, *GOOD_WAYS), tmp_path / "no.toml", tmp_path)
    assert line == f"error: {tmp_path / 'no.toml'}: no such file, expected a border file"


def test_the_data_may_not_set_what_belongs_to_the_border(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data.toml"
    paths = draw(tmp_path, *GOOD_WAYS), border_toml(tmp_path), tmp_path / "out", data
    for text, expected in (
        ("corridor_km = 3", "unknown key corridor_km, expected one of .*'through_km'"),
        ("through_km = -1", "key through_km: got -1, expected kilometres"),
        ("reach_km = 9", "key reach_km: got 9, expected kilometres by country code"),
    ):
        data.write_text(text, encoding="utf-8")
        line = one_line(capsys, network, *paths)
        assert str(data) in line
        assert re.search(expected, line), line


def test_a_record_that_is_no_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "aa-bb.record.json").write_text("{", encoding="utf-8")
    paths = draw(tmp_path, *GOOD_WAYS), border_toml(tmp_path), tmp_path / "out"
    assert "aa-bb.record.json: not JSON" in one_line(capsys, network, *paths)


def test_crossings_without_a_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    border, made = border_toml(tmp_path), tmp_path / "network"
    line = one_line(capsys, crossings, made, border, tmp_path / "out")
    assert line == f"error: {made / 'reach.parquet'}: no such file, expected the table reach"
    network(str(draw(tmp_path, *GOOD_WAYS)), str(border), str(made))
    for content in (b"", (made / "links.parquet").read_bytes()[:-9]):
        (made / "links.parquet").write_bytes(content)
        line = one_line(capsys, crossings, made, border, tmp_path / "out")
        assert f"{made / 'links.parquet'}: not a readable table" in line
    assert not (tmp_path / "out").exists()


def test_too_few_arguments(tmp_path: Path) -> None:
    expected = "error: network: got 1 arguments, expected: RAW BORDER_TOML OUT_DIR [DATA_TOML]"
    with pytest.raises(SystemExit, match=f"^{re.escape(expected)}$"):
        cli.main(["network", str(tmp_path)])


@pytest.mark.parametrize("stage", ["network", "crossings"])
def test_the_command_line_says_one_line_and_fails(tmp_path: Path, stage: str) -> None:
    raw, border, out = tmp_path / "raw.osm.pbf", border_toml(tmp_path), tmp_path / "out"
    raw.write_text(HTML, encoding="utf-8")
    command = [sys.executable, "-m", "pipeline", stage, str(raw), str(border), str(out)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"error: {raw}")
    assert not out.exists()


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_packed_files_and_any_order_of_elements_are_read(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    text = good(tmp_path)
    way = element(text, "way", 1)
    text = text.replace(way, "").replace('<node id="1"', way + '<node id="1"', 1)
    raw = tmp_path / {gzip.compress: "a.osm.gz", bz2.compress: "a.osm.bz2"}[pack]
    raw.write_bytes(pack(text.encode()))
    found = read.read(raw)
    assert found.ways.osm_id.tolist() == [1, 2]
    assert sorted(found.countries) == ["AA", "BB"]


STRANGE = 'a=b,c %20 d@e "quo\'te" <b>&amp;</b> é 🚧 \t ;n1,n2 x\u200f'


def test_text_written_by_strangers_comes_through_whole(tmp_path: Path) -> None:
    raw = draw(tmp_path, *GOOD_WAYS, points={"0,1": "place=town"})
    text = raw.read_text(encoding="utf-8")
    name = STRANGE.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    tag = f'<tag k="na=me, %" v="{name}"/>'.replace("\t", "&#9;")
    for end in ('v="primary"/>\n', 'v="town"/>\n'):
        text = text.replace(end, end + tag)
    raw.write_text(text, encoding="utf-8")
    found = read.read(raw)
    assert found.ways.tags[0]["na=me, %"] == STRANGE
    assert found.points[0].tags["na=me, %"] == STRANGE


@pytest.mark.parametrize(
    ("bb", "message"),
    [
        (
            [40.0, 10.0],
            r"aa-bb\.toml: anchors\.BB: 40\.0000, 10\.0000 lies 1,1\d\d km from ",
        ),
        ([0.4, 40.0], r"aa-bb\.toml: anchors\.BB: 0\.4000, 40\.0000 lies [\d,]+ km .*exchanged"),
    ],
)
def test_an_anchor_far_from_the_line_is_refused(
    tmp_path: Path, bb: list[float], message: str
) -> None:
    raw = draw(tmp_path, "0,-5 0,5 primary")
    # Moved 40 degrees east: about the point 0, 0 an exchange of the two changes little.
    east = re.sub(r'lon="([^"]+)"', lambda m: f'lon="{float(m[1]) + 40}"', raw.read_text("utf-8"))
    raw.write_text(east, encoding="utf-8")
    written = border_toml(tmp_path, target=[40.0, 0.4])
    head = written.read_text(encoding="utf-8").partition("[anchors]")[0]

    def run(at: list[float]) -> None:
        written.write_text(f"{head}[anchors]\nAA = [[40.0, -0.4]]\nBB = [{at}]\n", encoding="utf-8")
        network(str(raw), str(written), str(tmp_path / "network"))

    with pytest.raises(InputError, match=message):
        run(bb)
    assert not (tmp_path / "network").exists()
    run([40.0, 0.4])
    assert (tmp_path / "network").exists()
