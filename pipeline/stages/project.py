"""Stage 9, project: borders.qgz, a QGIS project over the GeoPackages, written without QGIS."""

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pandas as pd
from pyproj import CRS, Transformer

from pipeline.core import files, parameters
from pipeline.core.errors import InputError
from pipeline.publish import layers, layout, sites, styles

# From top to bottom: points over routes over the line over links.
DRAWN = ("crossings", "chokepoints", "posts", "passes", "stations", "places", "bypasses",
         "witness_paths", "unguarded_paths", "post_bypasses", "border_km", "border", "barriers",
         "links", "waters", "nodes")  # fmt: skip
# What each theme shows; the first is what the project opens with.
ALWAYS = ("crossings", "places", "links")
THEMES = {
    "Chokepoints": (*ALWAYS, "chokepoints", "border"),
    "Bypasses": (*ALWAYS, "bypasses", "border"),
    "Routes": (*ALWAYS, "stations", "witness_paths", "unguarded_paths", "posts", "border"),
    "Terrain and posture": (
        *ALWAYS, "posts", "passes", "post_bypasses", "border_km", "barriers", "waters",
    ),
}  # fmt: skip
DEPTH_KM = parameters.number("headline_depth_km")
# Rows that QGIS shows at first: the cut of one depth, not all at once.
SHOWN = {
    "chokepoints": '"mode" = \'road\' AND ("kind" = \'cut_edge\' OR "chokepoint_id" IN ({sites}))',
    "witness_paths": '"mode" = \'road\' AND "directed" = 1 AND "depth_km" = {depth_km}',
    "unguarded_paths": '"mode" = \'road\' AND "depth_km" = {depth_km}',
    "bypasses": "\"mode\" = 'road'",
    "crossings": '"counted" = 1',
}
# Join tables and what they join, for the relations of the project.
RELATIONS = (
    ("chokepoint_links", "chokepoint_id", "chokepoints"),
    ("chokepoint_links", "link_id", "links"),
    ("crossing_links", "crossing_id", "crossings"),
    ("crossing_links", "link_id", "links"),
    ("cut_links", "link_id", "links"),
    ("witness_links", "link_id", "links"),
    ("bypasses", "chokepoint_id", "chokepoints"),
    ("posts", "node_id", "nodes"),
)
GEOMETRIES = {"Point": "Point", "LineString": "Line", "Polygon": "Polygon"}
# A zip knows no date before, and equal input must give equal bytes.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def project(*paths: str) -> None:
    """Write borders.qgz beside the GeoPackages, which it names by relative path.

    A group a border with every layer styled as in the GeoPackage, map themes, relations, and a
    layout for a page of A4 with legend, scale and credit. Raises InputError where a GeoPackage
    is missing or not beside the project.
    """
    *packages, out = paths
    for path in packages:
        if Path(path).resolve().parent != Path(out).resolve().parent:
            raise InputError(f"{path}: not in the folder of {out}, expected it beside the project")
    # The longer border first, as the question does.
    known = sorted((_known(path) for path in packages), key=lambda b: -float(b["length_km"]))
    _write(Path(out), _document(known, _plane(known)))


def _known(path: str) -> dict[str, str]:
    """Name, provenance and extent of a border; what a project needs to know of its layers."""
    border = layers.read(path, "border")
    rows = layers.read(path, "provenance")
    bounds = layers.read(path, "links").total_bounds
    if np.isnan(bounds).any():
        bounds = border.total_bounds
    return {
        **dict(zip(rows["key"], rows["value"], strict=True)),
        "border": str(border["border"].iloc[0]),
        "name": str(border["name"].iloc[0]),
        "length_km": repr(float(border["length_km"].iloc[0])),
        "file": Path(path).name,
        "bounds": " ".join(f"{degrees:.6f}" for degrees in bounds),
        **_cut(path),
    }


def _cut(path: str) -> dict[str, str]:
    """The depth of the cut that is shown, and its sites, as SQL."""
    depth_km = _depth_km(layers.read(path, "cordons"))
    names = ("chokepoints", "chokepoint_links", "cut_links")
    found = sites.of_cuts(*(layers.read(path, name) for name in names))
    here = found[(found["mode"] == "road") & (found["depth_km"] == depth_km)]
    quoted = ["'{}'".format(one.replace("'", "''")) for one in sorted(set(here["chokepoint_id"]))]
    return {"depth_km": f"{depth_km:g}", "sites": ", ".join(quoted)}


def _depth_km(cordons: pd.DataFrame) -> float:
    """The depth nearest to the claims' own at which the headline F of roads is stated."""
    stated = cordons[
        (cordons["mode"] == "road")
        & cordons["directed"]
        & ~cordons["third_open"]
        & cordons["min_cut_links"].notna()
    ]["depth_km"]
    return min(stated, key=lambda depth_km: (abs(depth_km - DEPTH_KM), depth_km), default=DEPTH_KM)


def _plane(borders: list[dict[str, str]]) -> str:
    """An equal-area projection over all borders, so that none is drawn askew."""
    boxes = np.array([[float(degrees) for degrees in b["bounds"].split()] for b in borders])
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    return (
        f"+proj=laea +lon_0={(west + east) / 2:.2f} +lat_0={(south + north) / 2:.2f} "
        "+datum=WGS84 +units=m +no_defs"
    )


def _document(borders: list[dict[str, str]], plane: str) -> str:
    extent = _extent(borders, plane)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis version="{styles.QGIS_VERSION}" projectname="Borders">\n'
        '<homePath path=""/>\n<title>Borders</title>\n'
        f"<projectCrs>{_crs(plane)}</projectCrs>\n"
        f"{_tree(borders)}"
        f"<relations>{''.join(_relations(border) for border in borders)}</relations>\n"
        f'<mapcanvas name="theMapCanvas" annotationsVisible="1"><units>meters</units>'
        f"{_extent_xml('extent', extent)}<rotation>0</rotation>"
        f"<destinationsrs>{_crs(plane)}</destinationsrs></mapcanvas>\n"
        f"<projectlayers>{''.join(_layer(b, name) for b in borders for name in _names())}"
        "</projectlayers>\n"
        f"<layerorder>{''.join(_order(b) for b in borders)}</layerorder>\n"
        '<properties><Paths><Absolute type="bool">false</Absolute></Paths><SpatialRefSys>'
        '<ProjectionsEnabled type="int">1</ProjectionsEnabled></SpatialRefSys>'
        '<Gui><CanvasColorRedPart type="int">255</CanvasColorRedPart></Gui></properties>\n'
        f"<visibility-presets>{''.join(_theme(borders, name) for name in THEMES)}"
        "</visibility-presets>\n"
        f"<Layouts>{''.join(_layout(border, plane) for border in borders)}</Layouts>\n"
        f"{_view(extent, plane)}{_metadata(borders)}</qgis>\n"
    )


def _names() -> list[str]:
    """Every layer, those drawn first and from top to bottom, then the tables."""
    drawn = [name for name in DRAWN if name in layers.LAYERS]
    shapes = [n for n, t in layers.LAYERS.items() if t.geometry and n not in drawn]
    tables = [name for name, table in layers.LAYERS.items() if not table.geometry]
    return [*drawn, *shapes, *tables]


def _id(border: dict[str, str], name: str) -> str:
    return f"{border['border']}_{name}".replace("-", "_")


def _crs(definition: str) -> str:
    """A reference system as QGIS stores it: a code alone leaves a layer without one."""
    crs = CRS(definition)
    code = crs.to_epsg() if definition.startswith("EPSG:") else None
    return (
        f"<spatialrefsys><wkt>{escape(crs.to_wkt('WKT2_2015'))}</wkt>"
        f"<proj4>{'+proj=longlat +datum=WGS84 +no_defs' if code else definition}</proj4>"
        f"<srid>{code or 0}</srid><authid>{definition if code else ''}</authid>"
        f"<projectionacronym>{'longlat' if code else 'laea'}</projectionacronym>"
        "<ellipsoidacronym>EPSG:7030</ellipsoidacronym>"
        f"<geographicflag>{str(crs.is_geographic).lower()}</geographicflag></spatialrefsys>"
    )


def _source(border: dict[str, str], name: str) -> str:
    shown = f"|subset={SHOWN[name].format(**border)}" if name in SHOWN else ""
    return f"./{layers.file_of(border['file'], name).name}|layername={name}{shown}"


def _tree(borders: list[dict[str, str]]) -> str:
    """A group a border, its tables in a group of their own."""
    groups = []
    for border in borders:
        drawn = [_leaf(border, name) for name in _names() if layers.LAYERS[name].geometry]
        tables = [_leaf(border, name) for name in _names() if not layers.LAYERS[name].geometry]
        groups.append(
            f'<layer-tree-group name={quoteattr(border["name"])} checked="Qt::Checked" '
            f'expanded="1">{"".join(drawn)}<layer-tree-group name="Tables" '
            f'checked="Qt::Checked" expanded="0">{"".join(tables)}</layer-tree-group>'
            "</layer-tree-group>\n"
        )
    return f"<layer-tree-group>\n{''.join(groups)}</layer-tree-group>\n"


def _leaf(border: dict[str, str], name: str) -> str:
    first = next(iter(THEMES.values()))
    checked = "Qt::Checked" if name in first else "Qt::Unchecked"
    return (
        f'<layer-tree-layer id="{_id(border, name)}" name="{name.replace("_", " ")}" '
        f'checked="{checked}" expanded="{int(name in ("crossings", "links", "border_km"))}" '
        f'providerKey="ogr" source={quoteattr(_source(border, name))}/>'
    )


def _layer(border: dict[str, str], name: str) -> str:
    """A layer of the project: source, reference system, and the style that its file holds too."""
    table = layers.LAYERS[name]
    kind = (table.geometry or "").removeprefix("Multi")
    geometry = GEOMETRIES.get(kind, "No geometry")
    labels = int(bool(styles.STYLES.get(name, styles.PLAIN).label)) if table.geometry else 0
    return (
        f'<maplayer type="vector" geometry="{geometry}" wkbType="{table.geometry or "NoGeometry"}" '
        f'labelsEnabled="{labels}" readOnly="0" autoRefreshEnabled="0">'
        f"<id>{_id(border, name)}</id><datasource>{escape(_source(border, name))}</datasource>"
        f"<layername>{name.replace('_', ' ')}</layername>"
        f"<abstract>{escape(table.row)}. {escape(border.get('attribution', ''))}</abstract>"
        f"<srs>{_crs('EPSG:4326')}</srs>"
        '<provider encoding="UTF-8">ogr</provider>'
        '<map-layer-style-manager current="default"><map-layer-style name="default"/>'
        f"</map-layer-style-manager>{styles.elements(name)}</maplayer>\n"
    )


def _order(border: dict[str, str]) -> str:
    return "".join(f'<layer id="{_id(border, name)}"/>' for name in _names())


def _relations(border: dict[str, str]) -> str:
    return "".join(
        f'<relation id="{_id(border, join)}_{column}" strength="Association" '
        f'name="{border["border"]} {join.replace("_", " ")} – {other.replace("_", " ")}" '
        f'referencingLayer="{_id(border, join)}" referencedLayer="{_id(border, other)}">'
        f'<fieldRef referencingField="{column}" referencedField="{column}"/></relation>'
        for join, column, other in RELATIONS
        if {join, other} <= layers.LAYERS.keys()
    )


def _theme(borders: list[dict[str, str]], theme: str) -> str:
    shown = "".join(
        f'<layer id="{_id(border, name)}" visible="1" style="default" expanded="0"/>'
        for border in borders
        for name in THEMES[theme]
        if name in layers.LAYERS
    )
    return (
        f'<visibility-preset name={quoteattr(theme)} has-expanded-info="0" '
        f'has-checked-group-info="0">{shown}</visibility-preset>'
    )


def _extent(borders: list[dict[str, str]], plane: str) -> tuple[float, float, float, float]:
    """West, south, east and north of borders in the plane, with room around."""
    transformer = Transformer.from_crs(CRS("EPSG:4326"), CRS(plane), always_xy=True)
    boxes = np.array(
        [
            transformer.transform_bounds(west, south, east, north)
            for west, south, east, north in (
                [float(degrees) for degrees in border["bounds"].split()] for border in borders
            )
        ]
    )
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    room = 0.03 * max(east - west, north - south)
    return float(west - room), float(south - room), float(east + room), float(north + room)


def _extent_xml(tag: str, box: tuple[float, float, float, float]) -> str:
    names = ("xmin", "ymin", "xmax", "ymax")
    return (
        f"<{tag}>"
        + "".join(f"<{n}>{value:.0f}</{n}>" for n, value in zip(names, box, strict=True))
        + f"</{tag}>"
    )


def _view(box: tuple[float, float, float, float], plane: str) -> str:
    """What the project opens on, and what full zoom shows."""
    names = ("xmin", "ymin", "xmax", "ymax")
    corners = " ".join(f'{name}="{value:.0f}"' for name, value in zip(names, box, strict=True))
    return (
        f'<ProjectViewSettings UseProjectScales="0" rotation="0"><DefaultViewExtent {corners}>'
        f"{_crs(plane)}</DefaultViewExtent></ProjectViewSettings>\n"
    )


def _layout(border: dict[str, str], plane: str) -> str:
    """The page of a border: the layers of the first theme, of this border alone."""
    shown = [name for name in _names() if name in next(iter(THEMES.values()))]
    drawn = "".join(f"<Layer>{_id(border, name)}</Layer>" for name in shown)
    legend = "".join(
        f'<layer-tree-layer id="{_id(border, name)}" name="{name.replace("_", " ")}" '
        f'checked="Qt::Checked" expanded="1" providerKey="ogr" '
        f"source={quoteattr(_source(border, name))}/>"
        for name in shown
    )
    return layout.page(border, _extent([border], plane), drawn, legend)


def _metadata(borders: list[dict[str, str]]) -> str:
    said = dict.fromkeys(
        f"{b['name']}: {b.get('source', 'source not stated')}; {b.get('attribution', '')}"
        for b in borders
    )
    return (
        "<projectMetadata><identifier>borders</identifier><type>project</type>"
        f"<title>Borders</title><abstract>{escape('. '.join(said))}</abstract>"
        "<license>Open Database License (ODbL) 1.0</license></projectMetadata>"
    )


def _write(path: Path, document: str) -> None:
    with files.whole(path) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as file:
        inside = zipfile.ZipInfo(f"{path.stem}.qgs", date_time=ZIP_TIME)
        inside.compress_type = zipfile.ZIP_DEFLATED
        inside.external_attr = 0o644 << 16
        file.writestr(inside, document)
