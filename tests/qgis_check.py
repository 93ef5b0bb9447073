"""What QGIS itself says of a project or a GeoPackage; run by the Python that has PyQGIS.

`qgis_check.py PROJECT OUT_DIR` opens the project, renders each theme and layout to PNG, and
prints as JSON what it found; it fails on any warning. Run by the tests, not by pytest.
"""

import json
import sys
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize


def layers(project: Any) -> dict[str, Any]:
    """Each layer: whether it is valid, its rows, symbols and what a style of its file says."""
    found = {}
    for key, layer in project.mapLayers().items():
        renderer = layer.renderer()
        alone = QgsVectorLayer(layer.source().split("|subset=")[0], key, "ogr")
        message, loaded = alone.loadDefaultStyle()
        found[key] = {
            "valid": layer.isValid(),
            "rows": layer.featureCount(),
            "crs": layer.crs().authid(),
            "renderer": renderer.type() if renderer else None,
            "legend": [item.label() for item in renderer.legendSymbolItems()] if renderer else [],
            "style_loads": loaded,
            "style_says": message,
            "alone": [item.label() for item in alone.renderer().legendSymbolItems()]
            if alone.renderer()
            else [],
            "unmatched": unmatched(layer) if renderer else 0,
            "labels": layer.labelsEnabled(),
            "aliases": {field.name(): field.alias() for field in alone.fields()},
        }
    return found


def names(project: Any) -> list[str]:
    """What crossings are called, as QGIS reads it."""
    layers = [one for key, one in project.mapLayers().items() if key.endswith("_crossings")]
    return sorted({str(row["name"]) for layer in layers for row in layer.getFeatures()})


def texts(project: Any) -> list[str]:
    """What the labels of layouts say once QGIS has looked for expressions in them."""
    return [
        item.currentText()
        for layout in project.layoutManager().printLayouts()
        for item in layout.items()
        if isinstance(item, QgsLayoutItemLabel)
    ]


def unmatched(layer: Any) -> int:
    """Rows without a symbol."""
    from qgis.core import QgsRenderContext

    context = QgsRenderContext()
    context.expressionContext().appendScopes([])
    renderer = layer.renderer().clone()
    context.expressionContext().setFields(layer.fields())
    renderer.startRender(context, layer.fields())
    missing = 0
    for feature in layer.getFeatures():
        context.expressionContext().setFeature(feature)
        missing += not renderer.willRenderFeature(feature, context)
    renderer.stopRender(context)
    return missing


def themes(project: Any, out: Path) -> dict[str, list[str]]:
    """Each map theme as PNG; the colours that fill most of it."""
    found = {}
    collection = project.mapThemeCollection()
    for name in collection.mapThemes():
        settings = QgsMapSettings()
        shown = collection.mapThemeVisibleLayers(name)
        settings.setLayers(shown)
        settings.setDestinationCrs(project.crs())
        settings.setTransformContext(project.transformContext())
        settings.setOutputSize(QSize(1400, 800))
        settings.setExtent(project.viewSettings().defaultViewExtent())
        job = QgsMapRendererParallelJob(settings)
        job.start()
        job.waitForFinished()
        image = job.renderedImage()
        image.save(str(out / f"theme-{name.replace(' ', '-').lower()}.png"))
        colours = {image.pixelColor(x, y).name() for x in range(1400) for y in range(800)}
        found[name] = sorted(colours)
    return found


def layouts(project: Any, out: Path) -> list[str]:
    """Each print layout as PNG."""
    names: list[str] = []
    for layout in project.layoutManager().printLayouts():
        settings = QgsLayoutExporter.ImageExportSettings()
        settings.dpi = 110
        settings.exportMetadata = False
        settings.generateWorldFile = False
        path = out / f"layout-{len(names)}.png"
        done = QgsLayoutExporter(layout).exportToImage(str(path), settings)
        assert done == QgsLayoutExporter.Success, layout.name()
        names.append(layout.name())
    return names


def main() -> None:
    """Open, look, print."""
    application = QgsApplication([], False)
    application.initQgis()
    messages: list[str] = []
    application.messageLog().messageReceived.connect(
        lambda text, tag, level: messages.append(f"{tag}: {text}") if int(level) > 0 else None
    )
    project = QgsProject.instance()
    read = project.read(sys.argv[1])
    out = Path(sys.argv[2])
    relations = project.relationManager().relations()
    found = {
        "read": read,
        "title": project.title(),
        "crs_valid": project.crs().isValid(),
        "groups": [group.name() for group in project.layerTreeRoot().findGroups()],
        "relations": {key: relation.isValid() for key, relation in relations.items()},
        "layers": layers(project),
        "names": names(project),
        "texts": texts(project),
        "themes": themes(project, out),
        "layouts": layouts(project, out),
        "messages": messages,
    }
    sys.stdout.write(json.dumps(found))
    sys.stdout.flush()
    QgsProject.instance().clear()
    if messages or not read:
        sys.exit(f"QGIS warns: {'; '.join(messages)}")


main()
