"""The print layout of a QGIS project: a page of A4, as XML that QGIS reads."""

import uuid
from xml.sax.saxutils import quoteattr

import numpy as np

PAGE_MM = (297.0, 210.0)
SCALE_TEXT = (
    '<text-style fontFamily="DejaVu Sans" fontSize="8" fontSizeUnit="Point" '
    'textColor="27,31,36,255" textOpacity="1"/>'
    '<fillColor red="27" green="31" blue="36" alpha="255"/>'
    '<fillColor2 red="255" green="255" blue="255" alpha="255"/>'
    '<strokeColor red="27" green="31" blue="36" alpha="255"/>'
)
# Name, size in points and margins in mm of what a legend writes.
LEGEND_TEXTS = (("title", 9, 0, 0), ("group", 9, 2, 0), ("subgroup", 8, 2, 0), ("symbol", 7, 1, 0),
                ("symbolLabel", 7, 1, 2))  # fmt: skip
LEGEND = "".join(
    f'<style name="{name}" alignment="1" marginTop="{top}" marginLeft="{left}" marginBottom="0">'
    f'<styleFont description="DejaVu Sans,{points},-1,5,50,0,0,0,0,0" style=""/></style>'
    for name, points, top, left in LEGEND_TEXTS
)
MAP_MM = (10.0, 24.0, 210.0, 160.0)

Box = tuple[float, float, float, float]


def page(border: dict[str, str], extent: Box, drawn: str, legend: str) -> str:
    """A page of A4: title, map, legend, scale bar, source and credit.

    `border` is what the project knows of it; `extent` is west, south, east and north in metres of
    the project's plane; `drawn` and `legend` name the layers of either as XML.
    """
    west, south, east, north = extent
    # As wide and high as its frame on the page: the one that is short is stretched.
    aspect = MAP_MM[2] / MAP_MM[3]
    width, height = (
        max(east - west, (north - south) * aspect),
        max(north - south, (east - west) / aspect),
    )
    x, y = (west + east) / 2, (south + north) / 2
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    key = border["border"]
    source = f"{border.get('source', 'source not stated')}. {border.get('attribution', '')}"
    map_xml = (
        '<Extent xmin="{:.0f}" ymin="{:.0f}" xmax="{:.0f}" ymax="{:.0f}"/>'.format(*box)
        + f"<LayerSet>{drawn}</LayerSet>"
        + '<AtlasMap scalingMode="2" atlasDriven="0" margin="0.1"/>'
    )
    map_id = _uuid(f"{key} map")
    step = 10 ** np.floor(np.log10(width / 4000)) * 1000
    scale = {
        "style": "Single Box", "unitType": "km", "unitLabel": "km", "height": "2",
        "numSegments": "2", "numSegmentsLeft": "0", "numMapUnitsPerScaleBarUnit": "1",
        "numUnitsPerSegment": f"{step / 1000:g}", "segmentSizeMode": "0", "mapUuid": map_id,
        "minBarWidth": "50", "maxBarWidth": "150", "boxContentSpace": "1", "labelBarSpace": "2",
    }  # fmt: skip
    kept = {"keepLayerSet": "true", "drawCanvasItems": "false", "labelMargin": "0,mm"}
    depth = border["depth_km"].replace("-", "−")
    items = [
        _text(f"{key} title", (10, 6, 277, 9), border["name"], 18),
        _text(f"{key} subtitle", (10, 15, 277, 7),
              f"Roads, crossings, and sites of the smallest cuts at {depth} km from the line", 10),
        _item(65639, f"{key} map", MAP_MM, map_xml, kept, frame=True),
        _item(65642, f"{key} legend", (223, 24, 64, 150),
              f"<styles>{LEGEND}</styles><layer-tree-group>{legend}</layer-tree-group>",
              {"title": "", "legendFilterByAtlas": "0", "resizeToContents": "1", "map_uuid": map_id,
               "symbolWidth": "6", "symbolHeight": "3", "columnCount": "1", "wrapChar": ""}),
        _item(65646, f"{key} scale", (13, 168, 80, 14), SCALE_TEXT, scale, ground=True),
        _text(f"{key} credit", (10, 187, 277, 16), source, 7),
    ]  # fmt: skip
    title = f"{border['name']} ({key})"
    sheet = _item(65638, f"{key} page", (0, 0, *PAGE_MM), "", ground=True)
    return (
        f'<Layout name={quoteattr(title)} units="mm" printResolution="300" '
        'worldFileMap=""><Snapper tolerance="5" snapToGuides="1" snapToGrid="0" snapToItems="1"/>'
        f'<PageCollection>{sheet}<GuideCollection visible="1"/></PageCollection>'
        f"{''.join(reversed(items))}<customproperties/></Layout>\n"
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
) -> str:
    """An item of a layout; `kind` is the number that QGIS knows its type by."""
    x, y, width, height = box_mm
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in (more or {}).items())
    return (
        f'<LayoutItem type="{kind}" uuid="{_uuid(name)}" templateUuid="{_uuid(name)}" id="{name}" '
        f'position="{x:g},{y:g},mm" positionOnPage="{x:g},{y:g},mm" size="{width:g},{height:g},mm" '
        f'referencePoint="0" itemRotation="0" visibility="1" opacity="1" zValue="1" groupUuid="" '
        f'frame="{str(frame).lower()}" background="{str(ground).lower()}" positionLock="false" '
        f'outlineWidthM="0.2,mm"{attributes}>'
        '<FrameColor red="118" green="118" blue="118" alpha="255"/>'
        '<BackgroundColor red="255" green="255" blue="255" alpha="230"/>'
        f"{inner}</LayoutItem>"
    )


def _text(name: str, box_mm: Box, words: str, points: int) -> str:
    """A label item: plain text, whatever it says."""
    weight = 75 if points > 12 else 50
    # Square brackets with a percent sign would be evaluated as an expression.
    plain = words.replace("[%", "[ %")
    inner = (
        f'<LabelFont description="DejaVu Sans,{points},-1,5,{weight},0,0,0,0,0" style=""/>'
        '<FontColor red="27" green="31" blue="36" alpha="255"/>'
    )
    more = {"labelText": plain, "htmlState": "0", "halign": "1", "valign": "32",
            "marginX": "0", "marginY": "0"}  # fmt: skip
    return _item(65641, name, box_mm, inner, more)
