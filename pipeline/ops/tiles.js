"use strict";
/* The map of a border from vector tiles. Text from data reaches the page as text nodes alone. */
(function () {
  const given = JSON.parse(document.getElementById("data").textContent);
  if (typeof maplibregl === "undefined" || typeof pmtiles === "undefined") {
    document.getElementById("missing").hidden = false;
    return;
  }
  maplibregl.addProtocol("pmtiles", new pmtiles.Protocol().tile);
  const big = ["match", ["get", "class"], ["motorway", "trunk", "primary"], true, false];
  const width = (small, large) => ["interpolate", ["linear"], ["zoom"], 5, small, 12, large];
  /* Layers from the lowest: name in the legend, layer of the tiles, how it is drawn, which rows. */
  const LAYERS = [
    ["other road", "links", "line", { "line-color": "#a6a6a6", "line-width": width(0.4, 1.5) },
      ["all", ["==", ["get", "mode"], "road"], ["!", big]]],
    ["main road", "links", "line", { "line-color": "#6a6a6a", "line-width": width(1.2, 3) },
      ["all", ["==", ["get", "mode"], "road"], big]],
    ["railway", "links", "line", { "line-color": "#4a4a4a", "line-width": width(0.8, 2),
      "line-dasharray": [4, 2] }, ["==", ["get", "mode"], "rail"]],
    ["border", "border", "line", { "line-color": "#000000", "line-width": width(3, 6) }, null],
    [`minimum cut of roads at ${given.depth_km} km`, "minimum_cut_links", "line",
      { "line-color": "#d55e00", "line-width": width(3, 7) },
      ["all", ["==", ["get", "mode"], "road"], ["==", ["get", "end"], "to"],
        ["==", ["get", "depth_km"], given.depth_km], ["in", ["get", "directed"], ["literal", [true, 1]]]]],
    ["crossing", "crossings", "circle", { "circle-color": "#332288", "circle-radius": width(3.5, 8),
      "circle-stroke-color": "#ffffff", "circle-stroke-width": 1 },
      ["in", ["get", "counted"], ["literal", [true, 1]]]],
  ];

  const list = document.getElementById("border");
  given.borders.forEach((border, at) => list.append(new Option(border.name, at)));
  const legend = document.querySelector(".legend");
  for (const [label, , kind, paint] of LAYERS) {
    const item = document.createElement("li");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("width", 22); svg.setAttribute("height", 12); svg.setAttribute("aria-hidden", "true");
    const mark = document.createElementNS(svg.namespaceURI, kind === "line" ? "path" : "circle");
    const attributes = kind === "line" ? { d: "M1 6H21", stroke: paint["line-color"], "stroke-width": 3 }
      : { cx: 11, cy: 6, r: 5, fill: paint["circle-color"] };
    for (const [key, value] of Object.entries(attributes)) mark.setAttribute(key, value);
    svg.append(mark);
    item.append(svg, label);
    legend.append(item);
  }

  function styleOf(border) {
    const here = (name) => new URL(`${border.border}/${name}.pmtiles`, location.href).href;
    const sources = { land: { type: "geojson", data: border.land } };
    for (const name of border.layers) sources[name] = { type: "vector", url: `pmtiles://${here(name)}` };
    const drawn = LAYERS.filter(([, name]) => border.layers.includes(name))
      .map(([label, name, type, paint, filter]) => ({ id: label, source: name, "source-layer": name,
        type, paint, ...(filter ? { filter } : {}) }));
    return { version: 8, sources, layers: [
      { id: "sea", type: "background", paint: { "background-color": "#dbe7ee" } },
      { id: "land", type: "fill", source: "land",
        paint: { "fill-color": "#f8f6f0", "fill-outline-color": "#b9c4c9" } }, ...drawn] };
  }
  const first = given.borders[0];
  const map = new maplibregl.Map({ container: "map", style: styleOf(first), bounds: first.bounds,
    fitBoundsOptions: { padding: 30 }, attributionControl: false, dragRotate: false });
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }));
  map.addControl(new maplibregl.ScaleControl());
  list.addEventListener("change", () => {
    const border = given.borders[Number(list.value)];
    map.setStyle(styleOf(border));
    map.fitBounds(border.bounds, { padding: 30, animate: false });
  });
  map.on("click", (event) => {
    const { x, y } = event.point;
    const [found] = map.queryRenderedFeatures([[x - 5, y - 5], [x + 5, y + 5]])
      .filter((feature) => feature.source !== "land");
    if (!found) return;
    const terms = document.createElement("dl");
    for (const key of given.popup.filter((one) => found.properties[one] !== undefined)) {
      const term = document.createElement("dt"), value = document.createElement("dd");
      term.textContent = key.replace(/_/g, " ");
      value.textContent = String(found.properties[key]);
      terms.append(term, value);
    }
    new maplibregl.Popup().setLngLat(event.lngLat).setDOMContent(terms).addTo(map);
  });
  /* Which layers of the tiles are on the map, once it is whole. */
  map.on("idle", () => {
    const seen = map.queryRenderedFeatures().map((feature) => feature.source);
    document.body.dataset.drawn = [...new Set(seen)].filter((one) => one !== "land").join(" ");
  });
})();
