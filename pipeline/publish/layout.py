"""The print layout of a QGIS project: an A4 page, as XML for QGIS."""

import uuid
from base64 import b64encode
from xml.sax.saxutils import quoteattr

import numpy as np

from pipeline.publish import basemap
from pipeline.publish.qgis import Drawn

PAGE_MM = (297.0, 210.0)
SCALE_TEXT = (
    '<text-style fontFamily="DejaVu Sans" fontSize="8" fontSizeUnit="Point" '
    'textColor="27,31,36,255" textOpacity="1"/>'
    '<fillColor red="27" green="31" blue="36" alpha="255"/>'
    '<fillColor2 red="255" green="255" blue="255" alpha="255"/>'
    '<strokeColor red="27" green="31" blue="36" alpha="255"/>'
)
# Name, size in points and margins in mm of the texts of a legend.
LEGEND_TEXTS = (("title", 9, 0, 0), ("group", 9, 2, 0), ("subgroup", 8, 2, 0), ("symbol", 7, 1, 0),
                ("symbolLabel", 7, 1, 2))  # fmt: skip
LEGEND = "".join(
    f'<style name="{name}" alignment="1" marginTop="{top}" marginLeft="{left}" marginBottom="0">'
    f'<styleFont description="DejaVu Sans,{points},-1,5,50,0,0,0,0,0" style=""/></style>'
    for name, points, top, left in LEGEND_TEXTS
)
MAP_MM = (10.0, 24.0, 210.0, 160.0)
INSET_MM = (223.0, 140.0, 64.0, 44.0)
SEA = (219, 231, 238)
PAGE, MAP = 65638, 65639  # the numbers of these item types in QGIS
# Included here: QGIS has its arrows in the files of its desktop, not of its server.
NORTH_ARROW = "base64:" + b64encode(
    b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="14" viewBox="0 0 10 14">'
    b'<path d="M5 5L8.2 14L5 12L1.8 14Z" fill="#1b1f24"/>'
    b'<path d="M3.5 4V0.6L6.5 4V0.6" fill="none" stroke="#1b1f24" stroke-width="0.8"/></svg>'
).decode("ascii")

Box = tuple[float, float, float, float]


def page(
    border: Drawn, extent: Box, around: Box, crs: str, drawn: str, inset: str, legend: str
) -> str:
    """An A4 page: title, map, legend, scale bar, north arrow, inset, source, credit and date.

    `extent` and `around` are west, south, east and north in metres of the border's plane, of the
    map and of the inset; `crs` is that plane, `drawn`, `inset` and `legend` name the layers of
    each, all as XML.
    """
    box = _fitted(extent, MAP_MM)
    key = border.border
    map_id = _uuid(f"{key} map")
    step = 10 ** np.floor(np.log10((box[2] - box[0]) / 4000)) * 1000
    scale = {
        "style": "Single Box", "unitType": "km", "unitLabel": "km", "height": "2",
        "numSegments": "2", "numSegmentsLeft": "0", "numMapUnitsPerScaleBarUnit": "1",
        "numUnitsPerSegment": f"{step / 1000:g}", "segmentSizeMode": "0", "mapUuid": map_id,
        "minBarWidth": "50", "maxBarWidth": "150", "boxContentSpace": "1", "labelBarSpace": "2",
    }  # fmt: skip
    kept = {"keepLayerSet": "true", "drawCanvasItems": "false", "labelMargin": "0,mm"}
    depth = border.depth_km.replace("-", "−")
    arrow = {"file": NORTH_ARROW, "mode": "0", "resizeMode": "0", "anchorPoint": "4",
             "northMode": "0", "northOffset": "0", "mapUuid": map_id, "pictureRotation": "0",
             "svgFillColor": "27,31,36,255", "svgBorderColor": "27,31,36,255",
             "svgBorderWidth": "0.2"}  # fmt: skip
    source = border.source[:1].upper() + border.source[1:]
    items = [
        _text(f"{key} title", (10, 6, 277, 9), border.name, 18),
        _text(f"{key} subtitle", (10, 15, 277, 7),
              f"Roads, crossings, and the fewest links that cut all roads at {depth} km", 10),
        _item(MAP, f"{key} map", MAP_MM, _map(box, crs, drawn), kept, frame=True, ground=True,
              colour=SEA),
        _item(65642, f"{key} legend", (223, 24, 64, 105),
              f"<styles>{LEGEND}</styles><layer-tree-group>{legend}</layer-tree-group>",
              {"title": "", "legendFilterByAtlas": "0", "resizeToContents": "1", "map_uuid": map_id,
               "symbolWidth": "6", "symbolHeight": "3", "columnCount": "1", "wrapChar": ""}),
        _item(MAP, f"{key} inset", INSET_MM,
              _map(_fitted(around, INSET_MM), crs, inset) + _overview(map_id, key), kept,
              frame=True, ground=True, colour=SEA),
        _item(65640, f"{key} north", (207, 27, 10, 14), "", arrow),
        _item(65646, f"{key} scale", (13, 168, 80, 14), SCALE_TEXT, scale, ground=True),
        _text(f"{key} credit", (10, 187, 277, 14),
              f"{source}. {border.attribution}. {basemap.CREDIT}.", 7),
        _text(f"{key} date", (223, 201, 64, 5), "Printed [% format_date(now(), 'yyyy-MM-dd') %]",
              7, evaluated=True),
    ]  # fmt: skip
    title = f"{border.name} ({key})"
    sheet = _item(PAGE, f"{key} page", (0, 0, *PAGE_MM), "", ground=True)
    return (
        f'<Layout name={quoteattr(title)} units="mm" printResolution="300" '
        'worldFileMap=""><Snapper tolerance="5" snapToGuides="1" snapToGrid="0" snapToItems="1"/>'
        f'<PageCollection>{sheet}<GuideCollection visible="1"/></PageCollection>'
        f"{''.join(reversed(items))}<customproperties/></Layout>\n"
    )


def _fitted(extent: Box, frame_mm: Box) -> Box:
    """The extent in the proportions of its frame on the page: the shorter side is extended."""
    west, south, east, north = extent
    aspect = frame_mm[2] / frame_mm[3]
    width = max(east - west, (north - south) * aspect)
    height = max(north - south, (east - west) / aspect)
    x, y = (west + east) / 2, (south + north) / 2
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _map(box: Box, crs: str, drawn: str) -> str:
    return (
        '<Extent xmin="{:.0f}" ymin="{:.0f}" xmax="{:.0f}" ymax="{:.0f}"/>'.format(*box)
        + f"<crs>{crs}</crs><LayerSet>{drawn}</LayerSet>"
        + '<AtlasMap scalingMode="2" atlasDriven="0" margin="0.1"/>'
    )


def _overview(map_id: str, key: str) -> str:
    """The frame in the inset that shows where the map is."""
    options = {"color": "0,0,0,0", "style": "no", "outline_color": "213,94,0,255",
               "outline_style": "solid", "outline_width": "0.5"}  # fmt: skip
    rows = "".join(
        f'<Option name="{name}" type="QString" value="{value}"/>' for name, value in options.items()
    )
    return (
        f'<ComposerMapOverview show="1" frameMap="{map_id}" name="Where the map lies" '
        f'uuid="{_uuid(f"{key} overview")}" position="3" inverted="0" centered="0" blendMode="0">'
        '<symbol type="fill" alpha="1" name="" clip_to_extent="1" force_rhr="0">'
        '<layer class="SimpleFill" enabled="1" locked="0" pass="0">'
        f'<Option type="Map">{rows}</Option></layer></symbol></ComposerMapOverview>'
    )


def _uuid(name: str) -> str:
    return f"{{{uuid.uuid5(uuid.NAMESPACE_URL, name)}}}"


def _item(
    kind: int,
    name: str,
    box_mm: Box,
    inner: str,
    more: dict[str, str] | None = None,
    frame: bool = False,
    ground: bool = False,
    colour: tuple[int, int, int] = (255, 255, 255),
) -> str:
    """An item of a layout; `kind` is the number of its type in QGIS."""
    x, y, width, height = box_mm
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in (more or {}).items())
    above = {PAGE: 0, MAP: 1}.get(kind, 2)  # maps are under what is drawn on them
    return (
        f'<LayoutItem type="{kind}" uuid="{_uuid(name)}" templateUuid="{_uuid(name)}" id="{name}" '
        f'position="{x:g},{y:g},mm" positionOnPage="{x:g},{y:g},mm" size="{width:g},{height:g},mm" '
        f'referencePoint="0" itemRotation="0" visibility="1" opacity="1" zValue="{above}" '
        f'groupUuid="" frame="{str(frame).lower()}" background="{str(ground).lower()}" '
        f'positionLock="false" outlineWidthM="0.2,mm"{attributes}>'
        '<FrameColor red="118" green="118" blue="118" alpha="255"/>'
        f'<BackgroundColor red="{colour[0]}" green="{colour[1]}" blue="{colour[2]}" alpha="255"/>'
        f"{inner}</LayoutItem>"
    )


def _text(name: str, box_mm: Box, words: str, points: int, evaluated: bool = False) -> str:
    """A label item: plain text, whatever its content, unless it is our own expression."""
    weight = 75 if points > 12 else 50
    # Square brackets with a percent sign would be evaluated as an expression.
    plain = words if evaluated else words.replace("[%", "[ %")
    inner = (
        f'<LabelFont description="DejaVu Sans,{points},-1,5,{weight},0,0,0,0,0" style=""/>'
        '<FontColor red="27" green="31" blue="36" alpha="255"/>'
    )
    more = {"labelText": plain, "htmlState": "0", "halign": "1", "valign": "32",
            "marginX": "0", "marginY": "0"}  # fmt: skip
    return _item(65641, name, box_mm, inner, more)
