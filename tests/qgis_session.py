"""A session of QGIS that holds a GeoPackage: run by the Python that has PyQGIS, not by pytest.

`qgis_session.py GPKG` opens its layers, edits a crossing's name, saves that and a style, goes on
editing, and says `held`. On each line of standard input it looks at its layers again and says what
it sees; at the end it closes.
"""

import json
import sys

from qgis.core import QgsApplication, QgsProject, QgsVectorLayer

NAMES = ("crossings", "links", "border")


def look(layers: dict[str, QgsVectorLayer]) -> str:
    """Rows of each layer, and how many crossings bear the name that was saved here."""
    rows = {name: sum(1 for _ in layer.getFeatures()) for name, layer in layers.items()}
    mine = sum(str(row["name"]) == "mine" for row in layers["crossings"].getFeatures())
    return json.dumps(rows | {"mine": mine})


def main(path: str) -> None:
    """Hold the file until standard input ends."""
    application = QgsApplication([], False)
    application.initQgis()
    layers = {name: QgsVectorLayer(f"{path}|layername={name}", name, "ogr") for name in NAMES}
    assert all(layer.isValid() for layer in layers.values())
    QgsProject.instance().addMapLayers(list(layers.values()))
    crossings = layers["crossings"]
    assert crossings.startEditing()
    first = next(crossings.getFeatures())
    assert crossings.changeAttributeValue(first.id(), crossings.fields().indexOf("name"), "mine")
    assert crossings.commitChanges(False), crossings.commitErrors()
    # A style too, as people save it: another connection of QGIS to the same file.
    message = crossings.saveStyleToDatabase("my style", "mine", False, "")
    assert "rror" not in message, message
    sys.stdout.write("held\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        sys.stdout.write(f"{look(layers)}\n")
        sys.stdout.flush()
    QgsProject.instance().clear()
    application.exitQgis()


if __name__ == "__main__":
    main(sys.argv[1])
