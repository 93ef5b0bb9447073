"""The QGIS style (QML) of a layer, made from the table of symbols, and its metadata.

QGIS 3.22 reads all of it without warning.
"""

from xml.sax.saxutils import escape, quoteattr

from pipeline.core import schema
from pipeline.publish import layers
from pipeline.publish.styles import INK, PLAIN, STYLES, WHITE, Style, Symbol

# The QGIS version noted in a style; QGIS warns if that is newer than itself.
QGIS_VERSION = "3.22.0"


def document(name: str) -> str:
    """The QGIS style of a layer: symbols, labels and readable names of the fields."""
    style = STYLES.get(name, PLAIN)
    labels = "1" if style.label else "0"
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis version="{QGIS_VERSION}" styleCategories="Symbology|Labeling|Fields" '
        f'labelsEnabled="{labels}">\n{elements(name)}</qgis>\n'
    )


def elements(name: str, other: Style | None = None) -> str:
    """What a style and a project layer have in common: renderer, labels, aliases as XML."""
    table = layers.LAYERS[name]
    if not table.geometry:
        return aliases(table)
    style = other or STYLES.get(name, PLAIN)
    return renderer(style, table.geometry) + _labels(style) + aliases(table)


def renderer(style: Style, geometry: str) -> str:
    """The renderer of a style as XML."""
    kind = "fill" if "Polygon" in geometry else "line" if "Line" in geometry else "marker"
    symbols = "".join(
        f'<symbol name="{at}" type="{kind}" alpha="1" clip_to_extent="1" force_rhr="0">'
        f"{_symbol_layers(symbol, kind)}</symbol>\n"
        for at, (_, _, symbol) in enumerate(style.classes)
    )
    if not style.expression:
        return (
            '<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0" forceraster="0">\n'
            f"<symbols>\n{symbols}</symbols>\n</renderer-v2>\n"
        )
    categories = "".join(
        f'<category render="true" symbol="{at}" value={quoteattr(value)} '
        f'label={quoteattr(legend)} type="string"/>\n'
        for at, (value, legend, _) in enumerate(style.classes)
    )
    return (
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(style.expression)} '
        'symbollevels="0" enableorderby="0" forceraster="0">\n'
        f"<categories>\n{categories}</categories>\n<symbols>\n{symbols}</symbols>\n</renderer-v2>\n"
    )


def _symbol_layers(symbol: Symbol, kind: str) -> str:
    colour = f"{symbol.colour},{symbol.alpha}"
    if kind == "fill":
        return _symbol_layer(
            "SimpleFill",
            {
                "color": colour,
                "style": "solid",
                "outline_style": "solid" if symbol.edge else "no",
                "outline_color": f"{symbol.edge or INK},255",
                "outline_width": "0.2" if symbol.edge else "0",
            },
        )
    if kind == "line":
        shared = {"joinstyle": "round", "line_width_unit": "MM"}
        ends = {"capstyle": "round" if symbol.dash == "solid" else "flat"}
        line = {"line_color": colour, "line_style": symbol.dash, "line_width": str(symbol.size_mm)}
        halo = {"line_color": f"{WHITE},200", "line_style": "solid", "line_width": str(symbol.halo)}
        under = _symbol_layer("SimpleLine", shared | ends | halo) if symbol.halo else ""
        return under + _symbol_layer("SimpleLine", shared | ends | line)
    marker = {
        "name": symbol.shape,
        "color": colour,
        # A cross has only an outline.
        "outline_color": colour if symbol.shape == "cross2" else f"{INK},255",
        "outline_width": "0.6" if symbol.shape == "cross2" else "0.2",
        "outline_style": "solid",
        "size": str(symbol.size_mm),
        "size_unit": "MM",
    }
    return _symbol_layer("SimpleMarker", marker)


def _symbol_layer(kind: str, options: dict[str, str]) -> str:
    rows = "".join(
        f'<Option name="{key}" type="QString" value="{value}"/>' for key, value in options.items()
    )
    return (
        f'<layer class="{kind}" enabled="1" locked="0" pass="0">'
        f'<Option type="Map">{rows}</Option></layer>'
    )


def _labels(style: Style) -> str:
    if not style.label:
        return ""
    return (
        '<labeling type="simple"><settings calloutType="simple">'
        # OpenStreetMap separates names in a list by semicolons.
        f"<text-style fieldName=\"replace({style.label}, ';', ', ')\" isExpression=\"1\" "
        'fontSize="8" fontSizeUnit="Point" '
        f'fontFamily="DejaVu Sans" fontWeight="{75 if style.bold else 50}" '
        f'textColor="{INK},255" textOpacity="1" allowHtml="0" '
        'multilineHeight="1" textOrientation="horizontal">'
        f'<text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" '
        f'bufferColor="{WHITE},255" bufferOpacity="1"/></text-style>'
        '<text-format plussign="0" formatNumbers="0" wrapChar="" autoWrapLength="0"/>'
        '<placement placement="6" dist="0.6" distUnits="MM" offsetType="1" '
        f'priority="{style.priority}"/>'
        f'<rendering obstacle="1" displayAll="0" scaleVisibility="1" scaleMin="1" '
        f'scaleMax="{style.label_scale}" limitNumLabels="0" fontLimitPixelSize="0"/>'
        "</settings></labeling>\n"
    )


def aliases(table: schema.Table) -> str:
    """Readable names of the fields, such as Length (km)."""
    rows = "".join(
        f'<alias index="{at}" field="{column.name}" name={quoteattr(layers.alias(column.name))}/>'
        for at, column in enumerate(table.columns, start=1)
    )
    return f"<aliases>{rows}</aliases>\n"


def abstract(known: dict[str, str], name: str = "") -> str:
    """What a layer is, its source, credit and licence: metadata in the format of QGIS.

    `known` is the provenance; without a `name` the document is about the whole file.
    """
    whole = "Roads, crossings, chokepoints and the ways round them"
    text = f"{layers.about(name)} A row is {layers.LAYERS[name].row}." if name else f"{whole}."
    texts = {
        "identifier": f"{known.get('border', '')} {name}".strip(),
        "title": f"{known.get('name', '')}: {layers.title(name) if name else whole}",
        "type": "dataset",
        "language": "ENG",
        "abstract": (
            f"{text} Source: {known.get('source', 'not stated')}. {known.get('attribution', '')}"
        ),
        "license": "Open Database License (ODbL) 1.0",
        "rights": known.get("attribution", ""),
    }
    body = "".join(f"  <{key}>{escape(value)}</{key}>\n" for key, value in texts.items())
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis version="{QGIS_VERSION}">\n{body}</qgis>\n'
    )
