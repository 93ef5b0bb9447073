"use strict";
/* The map of a border, drawn by Leaflet. Text from data reaches it as text nodes alone, never as a
   string that Leaflet would read as HTML. */
const borderMap = (function () {
  const { icon, shape, element, COLOURS, LINE_PX } = mapSymbols;
  const BIG = new Set(["motorway", "trunk"]);
  const MIDDLE = new Set(["primary", "secondary"]);
  /* Links on the map, from the lowest; then what is drawn over them; then symbols. */
  const BASE = ["minor", "links", "rail"];
  const OVER = ["line", "routes", "cuts", "picked"];
  const ABOVE = { places: 0, posts: 1, edges: 2, cut: 3, crossings: 4 };
  const SYMBOL_PX = 24;
  const FINEST = -2.5; /* zoom at which a pixel is about 6 m: lines are not more accurate */

  /* Leaflet's plane: metres to the east and, below zero, to the south. Lines come as steps. */
  const placed = (data, x, y) => [-y * data.unit_m, x * data.unit_m];
  function line(data, steps) {
    const places = [];
    for (let i = 0, x = 0, y = 0; i < steps.length; i += 2) {
      places.push(placed(data, x += steps[i], y += steps[i + 1]));
    }
    return places;
  }

  /* Leaflet gets `points` and calls `heard` with the choice: a point, a link's number, or nothing. */
  function draw(canvas, data, points, heard, attribution) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const map = L.map(canvas, { crs: L.CRS.Simple, zoomSnap: 0, zoomDelta: 0.75, maxZoom: FINEST,
      minZoom: -20, zoomControl: false, attributionControl: false, scrollWheelZoom: false,
      zoomAnimation: !still, markerZoomAnimation: !still, inertia: !still, fadeAnimation: false,
      keyboardPanDelta: 60 });
    const bounds = L.latLngBounds(data.line.flatMap((steps) => line(data, steps)));
    for (const steps of data.links.shape) line(data, steps).forEach((place) => bounds.extend(place));
    /* During a zoom, Leaflet loses or overrides a view that is requested. */
    let zooming = false, fit = 0;
    map.on("zoomanim", () => { zooming = true; });
    map.on("zoomend", () => { zooming = false; });
    const then = (act) => zooming ? map.once("zoomend", () => then(act)) : act();
    const all = () => then(() => {
      fit = map.getBoundsZoom(bounds, false, L.point(24, 24));
      map.setMinZoom(fit - 1);
      map.setView(bounds.getCenter(), fit, { reset: true });
    });
    all();
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label",
      `Map of ${data.name}. Arrow keys move, plus and minus zoom, 0 shows all.`);

    /* Land and countries, under everything. */
    map.createPane("land").style.zIndex = 150;
    const ground = L.canvas({ pane: "land", padding: 0.5 });
    for (const country of data.base) {
      L.polygon(country.rings.map((steps) => line(data, steps)), { renderer: ground, pane: "land",
        interactive: false, color: COLOURS.shore, weight: 1, fillColor: COLOURS.land,
        fillOpacity: 1 }).addTo(map);
    }
    const renderers = {};
    OVER.forEach((name, at) => {
      map.createPane(name).style.zIndex = 410 + at;
      renderers[name] = L.svg({ pane: name, padding: 0.5 });
    });
    const over = (pane, lines, color, weight, more) => L.polyline(
      lines.map((steps) => line(data, steps)), { renderer: renderers[pane], pane, color, weight,
        opacity: 1, interactive: false, ...more });

    /* Links: drawn on a canvas; each can be chosen. */
    const text = data.links.texts;
    const kindOf = data.links.id.map((_, i) => text[data.links.mode[i]] === "rail" ? "rail"
      : BIG.has(text[data.links.class[i]]) ? "big"
        : MIDDLE.has(text[data.links.class[i]]) ? "middle" : "minor");
    const nameOf = (i) => [data.links.name[i], data.links.ref[i], data.links.class[i]]
      .map((at) => text[at]).filter(Boolean).slice(0, 2).join(", ");
    const brush = L.canvas({ padding: 0.3, tolerance: 5 });
    const LOOK = { minor: { weight: 0.7 }, middle: { weight: 1.2 },
      big: { weight: 1.9 }, rail: { weight: 1.7 } };
    const base = {};
    for (const key of BASE) {
      base[key] = L.featureGroup().bindTooltip(
        (link) => document.createTextNode(nameOf(link.options.number)), { sticky: true });
      base[key].on("click", (event) => heard.link(event.layer.options.number));
    }
    for (const kind of ["minor", "middle", "big", "rail"]) {
      const group = base[kind === "middle" || kind === "big" ? "links" : kind];
      kindOf.forEach((found, number) => {
        if (found !== kind || text[data.links.state[number]] !== "open") return;
        const places = line(data, data.links.shape[number]);
        L.polyline(places, { renderer: brush, color: COLOURS[kind], opacity: 1, number,
          bubblingMouseEvents: false, ...LOOK[kind] }).addTo(group);
        if (kind === "rail") {
          L.polyline(places, { renderer: brush, color: "#ffffff", weight: 0.8, opacity: 1,
            dashArray: "6 6", interactive: false }).addTo(group);
        }
      });
    }

    /* The border line: the widest and darkest line; coloured inside if walking is shown. */
    over("line", data.line, "#ffffff", 11, { opacity: 0.85 }).addTo(map);
    over("line", data.line, COLOURS.line, LINE_PX).addTo(map);
    const permeability = L.layerGroup();
    /* Kilometres by walking minutes: the last class has no upper limit. */
    for (const [at, [most, colour]] of data.walks.entries()) {
      const least = at ? data.walks[at - 1][0] : -Infinity;
      const lines = data.permeability.filter(([walk]) => walk >= least && walk < (most ?? Infinity))
        .flatMap(([, shape]) => shape);
      if (lines.length) permeability.addLayer(over("line", lines, colour, 3.4, { lineCap: "butt" }));
    }

    /* Symbols; for keyboard and screen reader the list of the page replaces them. */
    for (const point of points) {
      point.place = L.latLng(placed(data, point.x, point.y));
      point.marker = L.marker(point.place, { keyboard: false, zIndexOffset: 100000 * ABOVE[point.layer],
        icon: L.divIcon({ className: `symbol ${point.layer}`, iconSize: [SYMBOL_PX, SYMBOL_PX],
          html: icon(SYMBOL_PX, SYMBOL_PX, point.size, [shape(point.shape, point.fill, point.edge)]) }) });
      point.marker.bindTooltip(element("bdi", {}, point.title));
      point.marker.on("click", () => heard.point(point));
    }
    const symbols = L.layerGroup().addTo(map);

    /* The parts that change: shown layers, routes and cuts of a depth, the choice. */
    let drawn = [], base_drawn = "", chosen = [];
    function show(shown, isShown, depth, end) {
      const wanted = BASE.filter((key) => shown[key]);
      if (wanted.join() !== base_drawn) {
        BASE.forEach((key) => base[key].remove());
        wanted.forEach((key) => base[key].addTo(map));
        base_drawn = wanted.join();
      }
      if (shown.permeability) permeability.addTo(map); else permeability.remove();
      drawn.forEach((path) => path.remove());
      drawn = [];
      const add = (pane, lines, colour, weight, more) => {
        if (lines.length) drawn.push(over(pane, lines, colour, weight, more).addTo(map));
      };
      for (const route of shown.witness && data.witness[depth] || []) {
        add("routes", route, COLOURS.witness, 2.4, { opacity: 0.75 });
      }
      for (const route of shown.unguarded && data.unguarded[depth] || []) {
        add("routes", route, COLOURS.unguarded, 2.4, { opacity: 0.75, dashArray: "7 4" });
      }
      const links = (numbers) => numbers.map((number) => data.links.shape[number]);
      const cut = shown.cut ? links(data.cuts[`${depth} ${end}`] || []) : [];
      add("cuts", cut, "#ffffff", 7.5);
      add("cuts", cut, COLOURS.cut, 4.2);
      if (shown.edges) {
        add("cuts", data.links.shape.filter((_, number) => data.links.edge[number]), COLOURS.edge, 4);
      }
      symbols.clearLayers();
      for (const point of points) if (isShown(point)) symbols.addLayer(point.marker);
      label(shown, isShown);
    }
    function choose(bypass, link) {
      chosen.forEach((path) => path.remove());
      chosen = [];
      if (bypass.length) {
        chosen.push(over("picked", bypass, "#ffffff", 7), over("picked", bypass, COLOURS.bypass, 3.6));
      }
      if (link !== null) {
        chosen.push(over("picked", [data.links.shape[link]], COLOURS.picked, 5, { opacity: 0.8 }));
      }
      chosen.forEach((path) => path.addTo(map));
    }

    /* Names, as many as there is room for. */
    map.createPane("names").style.zIndex = 610;
    map.getPane("names").setAttribute("aria-hidden", "true");
    const names = L.layerGroup().addTo(map);
    /* A country's name is placed at the middle of the deeper half of its settlements. */
    const countries = [data.from, data.to].flatMap((code) => {
      const own = data.places.filter((p) => p.side === code)
        .sort((a, b) => Math.abs(b.depth_km) - Math.abs(a.depth_km));
      const deep = own.slice(0, Math.ceil(own.length / 2));
      if (!deep.length) return [];
      const [mx, my] = ["x", "y"].map((axis) => deep.reduce((sum, p) => sum + p[axis], 0) / deep.length);
      const off = (p) => Math.hypot(p.x - mx, p.y - my);
      const spot = deep.reduce((best, p) => off(p) < off(best) ? p : best);
      return [[heard.country(code).toUpperCase(), L.latLng(placed(data, spot.x, spot.y))]];
    });
    let last = null;
    function label(shown, isShown) {
      last = [shown, isShown];
      names.clearLayers();
      const size = map.getSize(), taken = [];
      const write = (title, place, className, [left, top, right, bottom]) => {
        const at = map.latLngToContainerPoint(place);
        const b = [at.x + left, at.y + top, at.x + right, at.y + bottom];
        if (b[0] < 0 || b[1] < 0 || b[2] > size.x || b[3] > size.y) return false;
        if (taken.some((t) => b[0] <= t[2] && t[0] <= b[2] && b[1] <= t[3] && t[1] <= b[3])) return false;
        taken.push(b);
        names.addLayer(L.marker(place, { pane: "names", interactive: false, keyboard: false,
          icon: L.divIcon({ className: `name ${className}`, iconSize: [0, 0], html: element("bdi", {}, title) }) }));
        return true;
      };
      for (const [title, place] of countries) {
        write(title, place, "country", [-title.length * 7, 10, title.length * 7, 30]);
      }
      /* First crossings, those with the most demand first; then towns where there is room. */
      const near = 1000 * map.getZoomScale(map.getZoom(), 0) > 0.5;
      const most = (size.x < 500 ? 9 : 20) * (near ? 2 : 1);
      let count = 0;
      for (const layer of ["crossings", "places"]) {
        for (const point of points) {
          if (count >= (layer === "crossings" ? most : most * 1.6) || point.layer !== layer || !point.named || !isShown(point)) continue;
          const title = point.title.length > 32 ? `${point.title.slice(0, 31)}…` : point.title;
          count += write(title, point.place, layer, [8, -8, 12 + title.length * (layer === "crossings" ? 7 : 6), 8]);
        }
      }
    }
    function sized() {
      const size = Math.min(Math.max(2 ** ((map.getZoom() - fit) / 2) * 0.85, 0.8), 1.5);
      canvas.style.setProperty("--symbol", size.toFixed(2));
      if (last) label(...last);
    }
    map.on("moveend", sized);

    /* Corners: zoom, scale, credit. */
    const corner = (position, node) => {
      const control = L.control({ position });
      control.onAdd = () => L.DomEvent.disableClickPropagation(node) && node;
      control.addTo(map);
    };
    const buttons = element("div", { class: "zoom" });
    for (const [sign, hint, act] of [["+", "Zoom in", () => map.zoomIn()],
      ["−", "Zoom out", () => map.zoomOut()], ["⤢", "Show all", all]]) {
      const button = element("button", { type: "button", "aria-label": hint, title: hint }, sign);
      button.addEventListener("click", act);
      buttons.append(button);
    }
    corner("topright", buttons);
    L.control.scale({ imperial: false, maxWidth: 120 }).addTo(map);
    /* A long credit of many sources is placed below the map, since it would hide it. */
    if (attribution.textContent.length < 80) corner("bottomright", attribution);

    /* The mouse wheel scrolls the page until the map is chosen by click or Tab. */
    map.on("focus", () => map.scrollWheelZoom.enable());
    map.on("blur", () => map.scrollWheelZoom.disable());
    map.on("click", () => heard.nothing());
    canvas.addEventListener("keydown", (event) => {
      if (event.key === "0") all();
      else if (event.key === "Escape") heard.nothing();
    });
    let width = canvas.clientWidth;
    const fitted = () => { map.invalidateSize({ pan: false }); all(); };
    new ResizeObserver(() => {
      if (canvas.clientWidth && canvas.clientWidth !== width) fitted();
      width = canvas.clientWidth;
    }).observe(canvas);
    /* On paper the map has another size, which must be set before printing. */
    addEventListener("beforeprint", () => { canvas.classList.add("paper"); fitted(); });
    addEventListener("afterprint", () => { canvas.classList.remove("paper"); fitted(); });
    sized();

    const closed = (ids) => points.forEach((point) => {
      const node = point.marker.getElement();
      if (node && point.layer === "crossings") node.classList.toggle("closed", ids.has(point.crossing));
    });
    const centre = (point) => then(() =>
      map.setView(point.place, Math.max(map.getZoom(), fit + 2.25), { animate: false }));
    return { show, choose, centre, closed };
  }

  return { draw };
})();
