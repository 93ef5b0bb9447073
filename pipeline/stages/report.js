"use strict";
/* What stands around a map: controls, figures, legend. All text from data goes through text nodes,
   so that none of it is markup. */
(function () {
  const { draw, icon, shape, element: el, COLOURS, EFFORT } = borderMap;
  const STATUS = {
    official: ["#0072b2", "circle", "official crossing"],
    unmarked: ["#e69f00", "diamond", "crossing, no control mapped"],
    informal: ["#d55e00", "triangle", "informal crossing"],
    closed: ["#ffffff", "cross", "closed crossing"],
  };
  const POST = "#f0e442";

  const missing = (value) => value === null || value === undefined || value === "";
  const number = (value, places) => missing(value) ? "–" : Number(value)
    .toLocaleString("en", { maximumFractionDigits: places || 0 }).replace("-", "−");
  const signed = (text) => text.replace("-", "−");
  const percent = (value) => missing(value) ? "–" : `${number(value * 100, 1)} %`;
  const minutes = (value) => missing(value) ? "–" : `${number(value)} min`;
  const yes = (value) => value ? "yes" : "no";
  const country = (code) => {
    try { return new Intl.DisplayNames(["en"], { type: "region" }).of(code); } catch { return code; }
  };

  const titleOf = (crossing) => missing(crossing.name)
    ? `unnamed ${crossing.mode} crossing, km ${number(crossing.border_km, 1)}` : crossing.name;

  /* What the map shows as symbols, those of each layer with the figures that a choice tells. */
  function pointsOf(data) {
    const places = data.places.map((place) => ({ x: place.x, y: place.y, layer: "places",
      shape: "dot", fill: "#444444", size: 1, title: place.name, named: true, figures: () => [
        ["Settlement", place.kind], ["Country", country(place.side)],
        ["Inhabitants", number(place.population)]] }));
    const posts = data.posts.map((post) => ({ x: post.x, y: post.y, layer: "posts", shape: "bar",
      fill: POST, size: 1, title: post.name || "post",
      chokepoint: post.mode ? `post.${post.mode}.${post.post_id}` : null, figures: () => [
        ["Control post", post.kind.replace(/_/g, " ")], ["On", post.mode || "no network"],
        ["Depth", `${number(post.depth_km, 1)} km`]] }));
    const chokepoints = data.chokepoints.filter((choke) => choke.kind !== "post").map((choke) => {
      const cut = choke.kind === "cut";
      return { x: choke.x, y: choke.y, layer: cut ? "cut" : "edges", shape: "square",
        fill: cut ? COLOURS.cut : COLOURS.edge, size: cut ? 1.15 : 0.9, mode: choke.mode,
        title: choke.name || choke.chokepoint_id, chokepoint: choke.chokepoint_id,
        figures: () => cut ? [["Kind", "site of a minimum cut"], ["Mode", choke.mode],
          ["Least depth D", `${signed(number(choke.depth_km, 2))} km`]] : [
          ["Kind", "single link that severs"], ["Mode", choke.mode],
          ["Settlements severed", number(choke.severed_places)],
          ["Inhabitants", number(choke.severed_population)],
          ["Network behind it", `${number(choke.severed_km)} km`]] };
    });
    const crossings = data.crossings.map((crossing) => {
      const [fill, which, said] = STATUS[crossing.status] || STATUS.unmarked;
      return { x: crossing.x, y: crossing.y, layer: "crossings", shape: which, fill, size: 1.1,
        mode: crossing.mode, title: titleOf(crossing), named: !missing(crossing.name),
        chokepoint: `crossing.${crossing.crossing_id}`, figures: () => [
          ["Kind", said], ["Crossing", crossing.crossing_id], ["Mode", crossing.mode], ["Class", crossing.class],
          ["Along the line", `${number(crossing.border_km)} km`],
          ["Ways", number(crossing.n_links)], ["Lanes", number(crossing.lanes)],
          ["First choice of", percent(crossing.first_choice_share)],
          ["Extra when closed", minutes(crossing.extra_minutes)],
          ["Demand cut off", percent(crossing.cut_off_share)]] };
    });
    return [...places, ...posts, ...chokepoints, ...crossings];
  }

  function legendOf(data, legend) {
    const key = (said, path) => legend.append(el("span", {}, icon(26, 16, 1, [path]), said));
    const dash = (stroke, width, more) => ({ d: "M-12 0H12", stroke, "stroke-width": width, ...more });
    for (const [status, [fill, which, said]] of Object.entries(STATUS)) {
      if (data.crossings.some((crossing) => crossing.status === status)) key(said, shape(which, fill));
    }
    key("minimum cut", dash(COLOURS.cut, 4));
    key("witness path", dash(COLOURS.witness, 2.4));
    key("unguarded route", dash(COLOURS.unguarded, 2.4, { "stroke-dasharray": "6 3" }));
    key("bypass", dash(COLOURS.bypass, 3.6));
    key("post", shape("bar", POST));
    key("single link that severs", shape("square", COLOURS.edge));
    key("border", dash(COLOURS.line, 2.6, { "stroke-dasharray": "7 3 2 3" }));
    key("motorway, trunk", dash(COLOURS.big, 2.2));
    key("primary, secondary", dash(COLOURS.middle, 1.2));
    key("other way", dash(COLOURS.minor, 1));
    key("railway", dash(COLOURS.rail, 2, { "stroke-dasharray": "6 3" }));
    if (data.permeability.length) {
      for (const [, colour, said] of EFFORT) key(`${said} min on foot`, dash(colour, 6));
    }
  }

  function start(section) {
    const name = section.dataset.map;
    const data = JSON.parse(document.getElementById(`data-${name}`).textContent);
    const detail = section.querySelector(".detail");
    const controls = section.querySelector(".controls");
    const text = data.links.texts;
    const state = { mode: "road", depth: null, end: "to", picked: false };
    const shown = { links: true, rail: true, minor: true, crossings: true, cut: true, witness: false,
      unguarded: false, edges: false, posts: false, places: true,
      permeability: data.permeability.length > 0 };
    const points = pointsOf(data);
    const sites = new Map(Object.entries(data.sites).map(([cut, ids]) => [cut, new Set(ids)]));
    const map = draw(section.querySelector(".canvas"), data, points,
      { point: pick, link: pickLink, nothing: unpick, country }, section.querySelector(".attribution"));

    /* Controls. */
    const select = (label, options, value, change) => {
      const box = el("select", {});
      for (const [key, said] of options) box.append(el("option", { value: key }, said));
      box.value = value;
      box.addEventListener("change", () => { change(box.value); refresh(); });
      controls.append(el("label", {}, `${label} `, box));
      return box;
    };
    const modes = ["road", "rail", "foot"].filter((mode) =>
      Object.keys(data.values).some((key) => key.startsWith(`${mode} `)));
    select("Mode", modes.map((mode) => [mode, mode]), "road", (value) => { state.mode = value; depths(); });
    const depthBox = select("Depth D", [], "", (value) => { state.depth = value; });
    function depths() {
      const stated = Object.keys(data.values).filter((key) => key.startsWith(`${state.mode} `) &&
        data.values[key][0] !== null).map((key) => key.split(" ")[1]).sort((a, b) => a - b);
      depthBox.replaceChildren(...stated.map((depth) => el("option", { value: depth },
        `${signed(depth)} km: F = ${data.values[`${state.mode} ${depth}`][0]}`)));
      if (!stated.length) depthBox.append(el("option", { value: "" }, "F is not stated"));
      /* At first the depth that the claims speak of, or the nearest to it. */
      const off = (depth) => Math.abs(depth - 50);
      if (!stated.includes(state.depth)) state.depth = stated.sort((a, b) => off(a) - off(b))[0] || null;
      depthBox.value = state.depth || "";
    }
    select("Cut nearest to", [["from", country(data.from)], ["to", country(data.to)]], "to",
      (value) => { state.end = value; });
    const switches = [["crossings", "crossings"], ["cut", "minimum cut"], ["witness", "witness paths"],
      ["unguarded", "unguarded routes"], ["edges", "single links that sever"], ["posts", "posts"],
      ["permeability", "permeability"], ["links", "main roads"], ["minor", "other ways"],
      ["rail", "railways"], ["places", "settlements"]];
    for (const [key, said] of switches) {
      if (key === "permeability" && !data.permeability.length) continue;
      const box = el("input", { type: "checkbox" });
      box.checked = shown[key];
      box.addEventListener("change", () => { shown[key] = box.checked; refresh(); });
      controls.append(el("label", {}, box, ` ${said}`));
    }
    const list = el("select", { "aria-label": `Go to a crossing or cut of ${data.name}` });
    list.addEventListener("change", () => {
      const point = points[Number(list.value)];
      if (list.value && point) { pick(point); map.centre(point); }
    });
    controls.append(el("label", {}, "Go to ", list));

    function isShown(point) {
      if (!shown[point.layer]) return false;
      if (point.layer === "cut") {
        return sites.get(`${state.mode} ${state.depth} ${state.end}`)?.has(point.chokepoint) || false;
      }
      return point.mode === undefined || point.mode === state.mode;
    }
    function refresh() {
      map.show(shown, isShown, `${state.mode} ${state.depth}`, state.end);
      list.replaceChildren(el("option", { value: "" }, "a crossing or cut …"));
      points.forEach((point, at) => {
        if ((point.layer === "crossings" || point.layer === "cut") && isShown(point)) {
          list.append(el("option", { value: at }, `${point.layer === "cut" ? "cut: " : ""}${point.title}`));
        }
      });
      if (!state.picked) summary();
    }

    /* Panel. */
    function panel(title, figures, ...more) {
      const rows = el("dl", {});
      for (const [term, value] of figures) {
        rows.append(el("dt", {}, term), el("dd", {}, el("bdi", {}, missing(value) ? "–" : String(value))));
      }
      detail.replaceChildren(el("h4", {}, el("bdi", {}, title)), rows, ...more);
    }
    function summary() {
      const found = data.values[`${state.mode} ${state.depth}`];
      if (!found) { panel(data.name, [["F(D)", `not stated for ${state.mode}`]]); return; }
      const [cut, lanes, sites, cordon, unguarded, second] = found;
      panel(`${data.name}, ${state.mode}, D = ${signed(state.depth)} km`, [
        ["F(D), links to close", number(cut)], ["F(D) in lanes", number(lanes)],
        ["Sites of the cut", number(sites)], ["C, links at this depth", number(cordon)],
        ["G(D), routes that meet no post", number(unguarded)],
        ["H(D), second line", number(second)]],
      el("p", {}, "Orange: the links of the minimum cut nearest the country chosen. Witness paths: as many " +
        "paths that share no link, so no fewer closures can do."));
    }
    const named = new Map(data.crossings.map((crossing) => [crossing.crossing_id, titleOf(crossing)]));
    function back() {
      const button = el("button", { type: "button" }, "Back to the figures of D");
      button.addEventListener("click", unpick);
      return button;
    }
    function pick(point) {
      state.picked = true;
      const bypass = data.bypasses[point.chokepoint];
      map.choose(bypass ? bypass.shape : [], null);
      if (!bypass) { panel(point.title, point.figures(), back()); return; }
      const flags = [[bypass.touches_rim, "touches the rim of the data: a shorter way may lie beyond"],
        [bypass.uses_informal, "passes a crossing that is not official"],
        [bypass.uses_track, "uses a track or path"],
        [bypass.uses_third, `a third country would be quicker (${minutes(bypass.third_minutes)})`]]
        .filter(([on]) => on).map(([, said]) => said);
      panel(point.title, [...point.figures(), ["Minutes through it", number(bypass.direct_minutes)],
        ["Minutes round it", missing(bypass.bypass_minutes) ? "no way left" : number(bypass.bypass_minutes)],
        ["Extra distance", missing(bypass.extra_km) ? "–" : `${number(bypass.extra_km)} km`],
        ["Detour ratio", number(bypass.detour_ratio, 2)], ["Some cut off", yes(bypass.cut_off)],
        ["Next choice", named.get(bypass.next_choice) || bypass.next_choice],
        ...(flags.length ? [["The bypass", flags.join("; ")]] : [])],
      el("p", {}, bypass.shape.length ? "Green: the bypass." : "No bypass to draw."), back());
    }
    function unpick() {
      state.picked = false;
      map.choose([], null);
      summary();
    }
    function pickLink(at) {
      state.picked = true;
      map.choose([], at);
      const links = data.links;
      panel(text[links.name[at]] || text[links.ref[at]] || links.id[at], [
        ["Link", links.id[at]], ["Class", text[links.class[at]]], ["Number", text[links.ref[at]]],
        ["State", text[links.state[at]]], ["Length", `${number(links.m[at] / 1000, 1)} km`],
        ["Minutes", number(links.minutes[at], 1)], ["Lanes", number(links.lanes[at])],
        ["One way", yes(links.oneway[at])], ["In a minimum cut", yes(links.cut[at])],
        ["Severs a settlement", yes(links.edge[at])],
        ["Way round ÷ length", number(links.detour[at], 2)]], back());
    }

    legendOf(data, section.querySelector(".legend"));
    section.querySelector(".drawn").textContent =
      `Drawn: ${number(data.links.id.length)} of ${number(data.links_of)} links, lines simplified to within ` +
      `${number(data.tolerance_m)} m for display. Equal-area projection, north up. The GeoPackage holds all of them.`;
    depths();
    refresh();
  }

  for (const section of document.querySelectorAll("[data-map]")) start(section);
})();
