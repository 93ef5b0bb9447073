"""Project: borders.qgz, a QGIS project over the GeoPackages, written without QGIS."""

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd
import pyogrio
from pyproj import CRS, Transformer

from pipeline.core import files, parameters
from pipeline.core.errors import InputError
from pipeline.publish import basemap, layers, layout, qgis, qml, sites
from pipeline.publish.qgis import Drawn

DEPTH_KM = parameters.number("headline_depth_km")
UTM_WIDTH_DEGREES = 6
# The earliest date of a zip file: equal input must give equal bytes.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
Box = tuple[float, float, float, float]


def project(*paths: str) -> None:
    """Write borders.qgz next to the GeoPackages, which it names by relative path.

    One group for each border, with every layer styled as in the GeoPackage, over land and countries
    (in `<project>-base.fgb` in the same folder); map themes, relations, and an A4 layout for each
    border. It opens on the shortest border. Raises InputError where a GeoPackage is missing or in
    another folder.
    """
    *packages, out = paths
    for path in packages:
        if Path(path).resolve().parent != Path(out).resolve().parent:
            raise InputError(
                f"{path}: not in the folder of {out}, expected it in the folder of the project"
            )
    # The longer border first, as in the question.
    borders = sorted((_known(path) for path in packages), key=lambda b: -b.length_km)
    base = Path(out).with_name(f"{Path(out).stem}-base.fgb")
    _write_base(base, borders)
    _write(Path(out), _document(borders, base.name))


def _known(path: str) -> Drawn:
    """What the project needs from a border and its layers."""
    border = layers.read(path, "border")
    rows = layers.read(path, "provenance")
    known = dict(zip(rows["key"], rows["value"], strict=True))
    bounds = layers.read(path, "links").total_bounds
    if np.isnan(bounds).any():
        bounds = border.total_bounds
    depth_km, cut_sites, cut = _cut(path)
    return Drawn(
        border=str(border["border"].iloc[0]),
        name=str(border["name"].iloc[0]),
        file=Path(path).name,
        source=known.get("source", "source not stated"),
        attribution=known.get("attribution", ""),
        length_km=float(border["length_km"].iloc[0]),
        bounds=(float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3])),
        depth_km=f"{depth_km:g}",
        sites=_quoted(cut_sites),
        cut=_quoted(cut),
    )


def _cut(path: str) -> tuple[float, pd.Series, pd.Series]:
    """The depth of the cut that is shown, and the ids of its sites and links."""
    depth_km = _depth_km(layers.read(path, "cordons"))
    links = layers.read(path, "cut_links")
    found = sites.of_cuts(
        layers.read(path, "chokepoints"), layers.read(path, "chokepoint_links"), links
    )
    here = found[(found["mode"] == "road") & (found["depth_km"] == depth_km)]
    cut = links[
        (links["mode"] == "road")
        & links["directed"]
        & (links["depth_km"] == depth_km)
        & (links["end"] == "to")
    ]
    return depth_km, here["chokepoint_id"], cut["link_id"]


def _quoted(ids: pd.Series) -> str:
    return ", ".join("'{}'".format(one.replace("'", "''")) for one in sorted(set(ids)))


def _depth_km(cordons: pd.DataFrame) -> float:
    """The depth nearest to that of the claims at which the headline F of roads is stated."""
    stated = cordons[
        (cordons["mode"] == "road")
        & cordons["directed"]
        & ~cordons["third_open"]
        & cordons["min_cut_links"].notna()
    ]["depth_km"]
    return min(stated, key=lambda depth_km: (abs(depth_km - DEPTH_KM), depth_km), default=DEPTH_KM)


def _write_base(path: Path, borders: list[Drawn]) -> None:
    """Land and countries around all borders."""
    boxes = np.array([border.bounds for border in borders])
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    land = basemap.countries((float(west), float(south), float(east), float(north)))
    with files.whole(path) as aside:
        pyogrio.write_dataframe(
            land, aside, layer=qgis.BASE, driver="FlatGeobuf", geometry_type="MultiPolygon"
        )


def _utm(border: Drawn) -> str:
    """The UTM zone of a border's middle: a coordinate system that every GIS supports."""
    west, south, east, north = border.bounds
    zone = int(((west + east) / 2 + 180) // UTM_WIDTH_DEGREES) % 60 + 1
    return f"EPSG:{(32600 if south + north >= 0 else 32700) + zone}"


def _document(borders: list[Drawn], base_file: str) -> str:
    opened = borders[-1]
    plane = _utm(opened)
    extent = _extent(opened, plane)
    drawn = "".join(qgis.layer(border, name) for border in borders for name in qgis.names())
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis version="{qml.QGIS_VERSION}" projectname="Borders">\n'
        '<homePath path=""/>\n<title>Borders</title>\n'
        f"<projectCrs>{qgis.crs(plane)}</projectCrs>\n"
        f"{qgis.tree(borders, opened, base_file)}"
        f"<relations>{''.join(qgis.relations(border) for border in borders)}</relations>\n"
        f'<mapcanvas name="theMapCanvas" annotationsVisible="1"><units>meters</units>'
        f"{_extent_xml(extent)}<rotation>0</rotation>"
        f"<destinationsrs>{qgis.crs(plane)}</destinationsrs></mapcanvas>\n"
        f"<projectlayers>{drawn}{qgis.base_layer(base_file, basemap.CREDIT)}</projectlayers>\n"
        f"<layerorder>{qgis.order(borders)}</layerorder>\n"
        '<properties><Paths><Absolute type="bool">false</Absolute></Paths><SpatialRefSys>'
        '<ProjectionsEnabled type="int">1</ProjectionsEnabled></SpatialRefSys>'
        '<Gui><CanvasColorRedPart type="int">219</CanvasColorRedPart>'
        '<CanvasColorGreenPart type="int">231</CanvasColorGreenPart>'
        '<CanvasColorBluePart type="int">238</CanvasColorBluePart></Gui></properties>\n'
        f"<visibility-presets>{''.join(qgis.theme(borders, name) for name in qgis.THEMES)}"
        "</visibility-presets>\n"
        f"<Layouts>{''.join(_layout(border) for border in borders)}</Layouts>\n"
        f"{_view(extent, plane)}{_metadata(borders)}</qgis>\n"
    )


def _extent(border: Drawn, plane: str, room_share: float = 0.03) -> Box:
    """West, south, east and north of a border in the plane, with room around."""
    transformer = Transformer.from_crs(CRS("EPSG:4326"), CRS(plane), always_xy=True)
    west, south, east, north = transformer.transform_bounds(*border.bounds)
    room = room_share * max(east - west, north - south)
    return float(west - room), float(south - room), float(east + room), float(north + room)


def _extent_xml(box: Box) -> str:
    names = ("xmin", "ymin", "xmax", "ymax")
    corners = "".join(f"<{n}>{value:.0f}</{n}>" for n, value in zip(names, box, strict=True))
    return f"<extent>{corners}</extent>"


def _view(box: Box, plane: str) -> str:
    """The extent that the project opens with, and that `Zoom full` shows."""
    names = ("xmin", "ymin", "xmax", "ymax")
    corners = " ".join(f'{name}="{value:.0f}"' for name, value in zip(names, box, strict=True))
    return (
        f'<ProjectViewSettings UseProjectScales="0" rotation="0"><DefaultViewExtent {corners}>'
        f"{qgis.crs(plane)}</DefaultViewExtent></ProjectViewSettings>\n"
    )


def _layout(border: Drawn) -> str:
    """The page of a border: the layers of the first theme, of this border alone."""
    plane = _utm(border)
    shown = [name for name in qgis.names() if name in next(iter(qgis.THEMES.values()))]
    base = f"<Layer>{qgis.BASE}</Layer>"
    return layout.page(
        border,
        _extent(border, plane),
        _extent(border, plane, room_share=0.6),
        qgis.crs(plane),
        "".join(f"<Layer>{qgis.key(border, name)}</Layer>" for name in shown) + base,
        f"<Layer>{qgis.key(border, 'border')}</Layer>{base}",
        "".join(qgis.leaf(border, name) for name in shown),
    )


def _metadata(borders: list[Drawn]) -> str:
    credit_lines = dict.fromkeys(f"{b.name}: {b.source}; {b.attribution}" for b in borders)
    return (
        "<projectMetadata><identifier>borders</identifier><type>project</type>"
        f"<title>Borders</title><abstract>{escape('. '.join(credit_lines))}</abstract>"
        "<license>Open Database License (ODbL) 1.0</license></projectMetadata>"
    )


def _write(path: Path, document: str) -> None:
    with files.whole(path) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as file:
        inside = zipfile.ZipInfo(f"{path.stem}.qgs", date_time=ZIP_TIME)
        inside.compress_type = zipfile.ZIP_DEFLATED
        inside.external_attr = 0o644 << 16
        file.writestr(inside, document)
