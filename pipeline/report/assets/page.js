"use strict";
/* The parts around the maps: one set of controls and one legend for all, the view in the address, and
   the preparation of the page for printing. */
(function () {
  const { element: el } = mapSymbols;
  const { number, signed } = mapPoints;
  const SWITCHES = [["crossings", "crossings"], ["cut", "minimum cut"], ["witness", "witness paths"],
    ["unguarded", "unguarded routes"], ["edges", "bridge links"], ["posts", "posts"],
    ["permeability", "walking effort"], ["links", "main roads"], ["minor", "other roads"],
    ["rail", "railways"], ["places", "settlements"]];

  const page = JSON.parse(document.getElementById("data-page").textContent);
  const state = { mode: "road", depth: null, end: "to", closed: new Set() };
  const shown = { links: true, rail: true, minor: true, crossings: true, cut: true, witness: false,
    unguarded: false, edges: false, posts: false, places: true, permeability: false };
  const views = [];
  /* Ids come from OpenStreetMap, and a crossing may be part of two borders. */
  const closedOf = (border) => new Set([...state.closed].map((one) => one.split(" "))
    .filter(([where]) => where === border).map(([, id]) => id));

  /* Controls for all maps. */
  const controls = document.querySelector("#maps .controls");
  const select = (label, options, change) => {
    const box = el("select", {});
    for (const [key, label] of options) box.append(el("option", { value: key }, label));
    box.addEventListener("change", () => { change(box.value); refresh(); });
    controls.append(el("label", {}, `${label} `, box));
    return box;
  };
  const valuesOf = (depth) => views.map((view) => view.data.values[`${state.mode} ${depth}`]);
  const linksOf = (values) => values.every((v) => v && v[0] !== null)
    ? `${values.map((v) => number(v[0])).join(" and ")} links`
    : values.map((v) => v && v[0] !== null ? `${number(v[0])} links` : "not stated").join("; ");
  function fillDepths(box) {
    const depths = new Set(views.flatMap((view) => Object.keys(view.data.values)
      .filter((key) => key.startsWith(`${state.mode} `) && view.data.values[key][0] !== null)
      .map((key) => key.split(" ")[1])));
    const stated = [...depths].sort((a, b) => a - b);
    box.replaceChildren(...stated.map((depth) => el("option", { value: depth },
      `${signed(depth)} km: ${linksOf(valuesOf(depth))}`)));
    if (!stated.length) box.append(el("option", { value: "" }, "F is not stated"));
    /* At first the depth of the claims, or the nearest to it. */
    const off = (depth) => Math.abs(depth - 50);
    if (!stated.includes(state.depth)) {
      state.depth = [...stated].sort((a, b) => off(a) - off(b))[0] || null;
    }
    box.value = state.depth || "";
  }
  let modeBox, depthBox, endBox;
  function buildControls() {
    const modes = ["road", "rail", "foot"].filter((mode) => views.some((view) =>
      Object.keys(view.data.values).some((key) => key.startsWith(`${mode} `))));
    modeBox = select("Mode", modes.map((mode) => [mode, mode]), (value) => {
      state.mode = value;
      fillDepths(depthBox);
    });
    depthBox = select("Depth D", [], (value) => { state.depth = value; });
    const sides = (end) => [...new Set(views.map(({ data }) =>
      data.countries[data[end]] || data[end]))].join(", ");
    endBox = select("Cut nearest to", [["from", sides("from")], ["to", sides("to")]],
      (value) => { state.end = value; });
    endBox.value = state.end;
    for (const [key, label] of SWITCHES) {
      if (key === "permeability" && !views.some((view) => view.data.permeability.length)) continue;
      if (key === "unguarded" && !views.some((view) => Object.keys(view.data.unguarded).length)) continue;
      const box = el("input", { type: "checkbox" });
      box.checked = shown[key];
      box.addEventListener("change", () => { shown[key] = box.checked; refresh(); });
      controls.append(el("label", {}, box, ` ${label}`));
    }
  }

  const panels = whatIfPanel(views, state, page.crossings_claim, closedOf, refresh);

  /* The view is kept in the address, so that a link to it can be sent. */
  let ready = false;
  let modeOfTicks = null; /* the mode whose crossings can be ticked now */
  function remember() {
    if (!ready) return;
    markLegend();
    const parts = new URLSearchParams({ mode: state.mode, depth: state.depth || "", end: state.end });
    for (const view of views) {
      if (view.choice()) parts.set(`at-${view.data.border}`, view.choice());
      if (view.rests()) parts.set(`rests-${view.data.border}`, view.rests());
    }
    if (state.closed.size) parts.set("closed", [...state.closed].join(","));
    try { history.replaceState(null, "", `#view?${parts}`); } catch { /* some hosts do not allow it */ }
  }
  function recall() {
    if (!location.hash.startsWith("#view?")) return;
    const parts = new URLSearchParams(location.hash.slice(6));
    if ([...modeBox.options].some((one) => one.value === parts.get("mode"))) {
      state.mode = modeBox.value = parts.get("mode");
    }
    state.depth = parts.get("depth") || null;
    fillDepths(depthBox);
    if (["from", "to"].includes(parts.get("end"))) state.end = endBox.value = parts.get("end");
    const known = new Set(views.flatMap(({ data }) =>
      data.crossings.map((one) => `${data.border} ${one.crossing_id}`)));
    state.closed = new Set((parts.get("closed") || "").split(",").filter((id) => known.has(id)));
    modeOfTicks = null;
    refresh();
    for (const view of views) {
      const id = parts.get(`at-${view.data.border}`);
      if (id) view.restore(id);
      else view.rest(["cut", "crossings"].find((one) => one === parts.get(`rests-${view.data.border}`)) || "");
    }
    document.getElementById("maps").scrollIntoView({ behavior: "instant" });
    views.find((view) => view.rests())?.reveal();
  }

  /* On paper the legend has only what is drawn. */
  function markLegend() {
    const drawn = { ...shown, chosen: views.some((view) => view.isChosen()) };
    for (const key of legend.querySelectorAll("[data-layer]")) {
      key.classList.toggle("undrawn", !drawn[key.dataset.layer]);
    }
  }
  function refresh() {
    for (const view of views) view.refresh();
    markLegend();
    if (modeOfTicks !== state.mode) { modeOfTicks = state.mode; panels.fill(); } else panels.recompute();
    remember();
  }

  for (const section of document.querySelectorAll("[data-map]")) {
    views.push(mapView(section, state, shown, closedOf, remember));
  }
  buildControls();
  fillDepths(depthBox);
  const legend = document.querySelector("#maps .legend");
  mapPoints.legend(legend, views.map((view) => view.data));
  refresh();
  ready = true;
  recall();
  addEventListener("hashchange", recall);
  for (const figure of document.querySelectorAll("[data-view]")) {
    figure.addEventListener("click", (event) => {
      event.preventDefault();
      location.hash = figure.dataset.view;
      recall();
    });
  }

  /* On paper all sections are open. */
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((one) => { one.open = false; }));
})();
