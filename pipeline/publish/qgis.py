"""Parts of a QGIS project as XML: layers, their tree, themes, relations, reference systems."""

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from pyproj import CRS

from pipeline.publish import layers, qml, styles

# QGIS changes the id of a layer if it has this many letters or fewer.
LEAST_LETTERS = 10
BASE = "land_and_countries"  # the layer under all others
CUT = "minimum_cut"  # the links of the one minimum cut that is shown
# From top to bottom: points over routes over the cut over the line over links.
DRAWN = ("crossings", "chokepoints", "placements", "posts", "data_issues", "passes", "stations",
         "places", "bypasses", CUT, "witness_paths", "unguarded_paths", "post_bypasses",
         "border_km", "border", "barriers", "links", "waters", "nodes")  # fmt: skip
# What each theme shows; the first is what the project opens with.
ALWAYS = ("crossings", "places", "border", "links")
THEMES = {
    "Minimum cut and chokepoints": (*ALWAYS, "chokepoints", CUT),
    "Bypasses": (*ALWAYS, "bypasses"),
    "Routes and posts": (
        *ALWAYS, "stations", "witness_paths", "unguarded_paths", "posts", "placements",
    ),
    "Terrain and barriers": (
        "crossings", "places", "posts", "passes", "post_bypasses", "border_km", "barriers",
        "waters", "links",
    ),
    "Data issues": (*ALWAYS, "data_issues"),
}  # fmt: skip
# Rows that QGIS shows at first: the cut of one depth, not all at once.
SHOWN = {
    "chokepoints": '"mode" = \'road\' AND ("kind" = \'cut_edge\' OR "chokepoint_id" IN ({sites}))',
    "witness_paths": '"mode" = \'road\' AND "directed" = 1 AND "depth_km" = {depth_km}',
    "unguarded_paths": '"mode" = \'road\' AND "depth_km" = {depth_km}',
    "bypasses": "\"mode\" = 'road' AND \"chokepoint_id\" LIKE 'crossing.%'",
    "crossings": '"counted" = 1',
    CUT: '"link_id" IN ({cut})',
}
GEOMETRIES = {"Point": "Point", "LineString": "Line", "Polygon": "Polygon"}


@dataclass(frozen=True)
class Drawn:
    """What a project needs of a border.

    `bounds` are west, south, east and north in degrees; `depth_km` the depth of the cut that is
    shown, `sites` and `cut` the ids of its sites and its links, quoted for SQL.
    """

    border: str
    name: str
    file: str
    source: str
    attribution: str
    length_km: float
    bounds: tuple[float, float, float, float]
    depth_km: str
    sites: str
    cut: str


def names() -> list[str]:
    """Every layer of a border: drawn layers from top to bottom, then the tables."""
    drawn = [name for name in DRAWN if name in layers.LAYERS or name == CUT]
    shapes = [n for n, t in layers.LAYERS.items() if t.geometry and n not in drawn]
    tables = [name for name, table in layers.LAYERS.items() if not table.geometry]
    return [*drawn, *shapes, *tables]


def key(border: Drawn, name: str) -> str:
    """The id of a layer in the project."""
    found = f"{border.border}_{name}".replace("-", "_")
    return found if len(found) > LEAST_LETTERS else f"{found}_layer"


def crs(definition: str) -> str:
    """A coordinate system as QGIS stores it: with a code alone a layer would have none."""
    found = CRS(definition)
    geographic = found.is_geographic
    return (
        f"<spatialrefsys><wkt>{escape(found.to_wkt('WKT2_2015'))}</wkt>"
        f"<srid>{found.to_epsg() or 0}</srid><authid>{definition}</authid>"
        f"<description>{escape(found.name)}</description>"
        f"<projectionacronym>{'longlat' if geographic else 'utm'}</projectionacronym>"
        "<ellipsoidacronym>EPSG:7030</ellipsoidacronym>"
        f"<geographicflag>{str(geographic).lower()}</geographicflag></spatialrefsys>"
    )


def title(border: Drawn, name: str) -> str:
    """The name of a layer in the list of layers."""
    if name != CUT:
        return layers.title(name)
    depth = border.depth_km.replace("-", "−")
    return f"Minimum cut of roads at {depth} km"


def source(border: Drawn, name: str) -> str:
    """Where a layer's rows are, relative to the project, and which of them to show."""
    shown = ""
    if name in SHOWN:
        chosen = SHOWN[name].format(sites=border.sites, cut=border.cut, depth_km=border.depth_km)
        shown = f"|subset={chosen}"
    table = "links" if name == CUT else name
    return f"./{layers.file_of(border.file, table).name}|layername={table}{shown}"


def tree(borders: list[Drawn], opened: Drawn, base_file: str) -> str:
    """One group for each border, with a group for its tables; land and countries at the bottom."""
    groups = []
    for border in borders:
        drawn = [_leaf(border, name) for name in names() if _has_shape(name)]
        tables = [_leaf(border, name) for name in names() if not _has_shape(name)]
        groups.append(
            f'<layer-tree-group name={quoteattr(border.name)} checked="Qt::Checked" '
            f'expanded="{int(border is opened)}">{"".join(drawn)}'
            '<layer-tree-group name="Tables" checked="Qt::Checked" expanded="0">'
            f"{''.join(tables)}</layer-tree-group></layer-tree-group>\n"
        )
    base = (
        f'<layer-tree-layer id="{BASE}" name="Land and countries" checked="Qt::Checked" '
        f'expanded="0" providerKey="ogr" source="./{base_file}"/>'
    )
    return f"<layer-tree-group>\n{''.join(groups)}{base}</layer-tree-group>\n"


def _has_shape(name: str) -> bool:
    return name == CUT or layers.LAYERS[name].geometry is not None


def _leaf(border: Drawn, name: str) -> str:
    checked = "Qt::Checked" if name in next(iter(THEMES.values())) else "Qt::Unchecked"
    return leaf(border, name, checked, int(name in ("crossings", "links")))


def leaf(border: Drawn, name: str, checked: str = "Qt::Checked", expanded: int = 1) -> str:
    """A layer in a tree or a legend."""
    return (
        f'<layer-tree-layer id="{key(border, name)}" name={quoteattr(title(border, name))} '
        f'checked="{checked}" expanded="{expanded}" '
        f'providerKey="ogr" source={quoteattr(source(border, name))}/>'
    )


def layer(border: Drawn, name: str) -> str:
    """A layer of the project: source, reference system, and its style.

    The links of the cut shown are a separate layer, so links are drawn only by class.
    """
    table = layers.LAYERS["links" if name == CUT else name]
    elements = qml.elements(table.name, styles.IN_PROJECT.get(name))
    style = styles.IN_PROJECT.get(name) or styles.STYLES.get(name, styles.PLAIN)
    labels = int(bool(style.label)) if table.geometry else 0
    columns = "; ".join(f"{layers.alias(c.name)}: {c.meaning}" for c in table.columns)
    abstract = f"{layers.about(table.name)} {border.attribution}. Columns. {columns}"
    return _maplayer(
        key(border, name), title(border, name), source(border, name), table.geometry, abstract,
        elements, labels,
    )  # fmt: skip


def base_layer(base_file: str, credit: str) -> str:
    """Land and countries."""
    elements = qml.renderer(styles.LAND, "MultiPolygon")
    return _maplayer(
        BASE, "Land and countries", f"./{base_file}", "MultiPolygon", credit, elements, 0
    )


def _maplayer(
    layer_id: str,
    name: str,
    where: str,
    shape: str | None,
    abstract: str,
    elements: str,
    labels: int,
) -> str:
    geometry = GEOMETRIES.get((shape or "").removeprefix("Multi"), "No geometry")
    return (
        f'<maplayer type="vector" geometry="{geometry}" wkbType="{shape or "NoGeometry"}" '
        f'labelsEnabled="{labels}" readOnly="0" autoRefreshEnabled="0">'
        f"<id>{layer_id}</id><datasource>{escape(where)}</datasource>"
        f"<layername>{escape(name)}</layername><abstract>{escape(abstract)}</abstract>"
        f"<srs>{crs('EPSG:4326')}</srs>"
        '<provider encoding="UTF-8">ogr</provider>'
        '<map-layer-style-manager current="default"><map-layer-style name="default"/>'
        f"</map-layer-style-manager>{elements}</maplayer>\n"
    )


def order(borders: list[Drawn]) -> str:
    """The layers in drawing order, the uppermost first."""
    ids = [key(border, name) for border in borders for name in names()]
    return "".join(f'<layer id="{one}"/>' for one in [*ids, BASE])


def relations(border: Drawn) -> str:
    """Relations between layers, also across the two files of a border."""
    return "".join(
        f'<relation id="{key(border, join)}_{column}" strength="Association" '
        f"name={quoteattr(f'{border.name}: {layers.title(join)} – {layers.title(other)}')} "
        f'referencingLayer="{key(border, join)}" referencedLayer="{key(border, other)}">'
        f'<fieldRef referencingField="{column}" referencedField="{found}"/></relation>'
        for join, column, other, found in layers.REFERENCES
        if {join, other} <= layers.LAYERS.keys()
    )


def theme(borders: list[Drawn], name: str) -> str:
    """The layers that a theme shows."""
    ids = [
        key(border, one)
        for border in borders
        for one in THEMES[name]
        if one in layers.LAYERS or one == CUT
    ]
    shown = "".join(
        f'<layer id="{one}" visible="1" style="default" expanded="0"/>' for one in [*ids, BASE]
    )
    return (
        f'<visibility-preset name={quoteattr(name)} has-expanded-info="0" '
        f'has-checked-group-info="0">{shown}</visibility-preset>'
    )
