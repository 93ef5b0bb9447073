"use strict";
/* Maps of the report. All text from data goes through textContent, so that none of it is markup. */
(function () {
  const SVG = "http://www.w3.org/2000/svg";
  const COLOURS = { cut: "#d55e00", witness: "#0072b2", unguarded: "#cc79a7", bypass: "#009e73" };
  const STATUS = {
    official: ["#0072b2", "circle", "official crossing"],
    unmarked: ["#e69f00", "diamond", "crossing, no control mapped"],
    informal: ["#d55e00", "triangle", "informal crossing"],
    closed: ["#ffffff", "cross", "closed crossing"],
  };
  const BIG = new Set(["motorway", "trunk"]);
  const MIDDLE = new Set(["primary", "secondary"]);

  const el = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  const svg = (tag, attributes, parent) => {
    const node = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    if (parent) parent.append(node);
    return node;
  };
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

  /* Vertices as steps, the first from nought. */
  function vertices(steps) {
    const points = [];
    let x = 0, y = 0;
    for (let i = 0; i < steps.length; i += 2) points.push([x += steps[i], y += steps[i + 1]]);
    return points;
  }
  const pathOf = (lines) => lines.map((steps) => {
    let d = `M${steps[0]} ${steps[1]}`;
    if (steps.length > 2) d += `l${steps.slice(2).join(" ")}`;
    return d;
  }).join("");

  const SHAPES = {
    circle: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
    square: "M-4-4h8v8h-8z",
    diamond: "M0-6.5L6.5 0L0 6.5L-6.5 0z",
    triangle: "M0-6.5L6 5H-6z",
    cross: "M-4.5-4.5L4.5 4.5M-4.5 4.5L4.5-4.5",
    bar: "M-2.5-6h5v12h-5z",
    dot: "M-2.2 0a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0-4.4 0z",
  };
  /* Kilometre of border by walking minutes: light is easy; viridis turned, safe for all eyes. */
  const EFFORT = [[15, "#440154", "under 15"], [60, "#3b528b", "15–60"], [180, "#21918c", "60–180"],
    [360, "#5ec962", "180–360"], [Infinity, "#fde725", "over 360"]];
  const effort = (value) => EFFORT.find(([most]) => value < most) || EFFORT[4];

  function start(section) {
    const name = section.dataset.map;
    const data = JSON.parse(document.getElementById(`data-${name}`).textContent);
    const canvas = section.querySelector(".canvas");
    const detail = section.querySelector(".detail");
    const state = { mode: "road", depth: null, end: "to", k: 1, x: 0, y: 0, picked: null };
    const shown = { links: true, rail: true, minor: true, crossings: true, cut: true, witness: false,
      unguarded: false, edges: false, posts: false, places: true,
      permeability: data.permeability.length > 0 };

    /* The drawing: a world group that is moved and scaled, symbols and labels that keep their size. */
    const root = svg("svg", { tabindex: "0", role: "application",
      "aria-label": `Map of ${data.name}. Arrow keys move, plus and minus zoom, 0 shows all.` }, canvas);
    const world = svg("g", {}, root);
    const symbols = svg("g", {}, root);
    const labels = svg("g", { "aria-hidden": "true" }, root);
    const scale = svg("g", { "aria-hidden": "true" }, root);
    const layers = {};
    for (const key of ["minor", "links", "rail", "casing", "permeability", "line", "witness", "unguarded",
      "cut", "edges", "bypass", "hover"]) layers[key] = svg("g", { fill: "none" }, world);
    const stroke = (parent, d, colour, width, more) => svg("path", { d, stroke: colour,
      "stroke-width": width, "stroke-linejoin": "round", "stroke-linecap": "round", fill: "none",
      "vector-effect": "non-scaling-stroke", ...more }, parent);

    const text = data.links.texts;
    const kindOf = data.links.id.map((_, i) => text[data.links.mode[i]] === "rail" ? "rail"
      : BIG.has(text[data.links.class[i]]) ? "big"
        : MIDDLE.has(text[data.links.class[i]]) ? "middle" : "minor");
    const isOpen = (i) => text[data.links.state[i]] === "open";
    const group = (test) => pathOf(data.links.shape.filter((_, i) => test(i)));
    stroke(layers.minor, group((i) => kindOf[i] === "minor" && isOpen(i)), "#9a9a9a", 0.8,
      { "stroke-dasharray": "4 2" });
    stroke(layers.links, group((i) => kindOf[i] === "middle" && isOpen(i)), "#8a8a8a", 1);
    stroke(layers.links, group((i) => kindOf[i] === "big" && isOpen(i)), "#6a6a6a", 1.9);
    stroke(layers.rail, group((i) => kindOf[i] === "rail" && isOpen(i)), "#222222", 1.5);
    stroke(layers.rail, group((i) => kindOf[i] === "rail" && isOpen(i)), "#ffffff", 0.7,
      { "stroke-dasharray": "6 6" });
    stroke(layers.casing, pathOf(data.line), "#ffffff", 8, { opacity: 0.8 });
    const lineDrawn = stroke(layers.line, pathOf(data.line), "#1b1f24", 2.6,
      { "stroke-dasharray": "9 3 2 3" });
    for (const [, , , walk, lines] of data.permeability) {
      if (!missing(walk)) {
        stroke(layers.permeability, pathOf(lines), effort(walk)[1], 6, { "stroke-linecap": "butt" });
      }
    }

    /* Symbols, in the order in which they are drawn. */
    const points = [];
    function symbol(x, y, shape, fill, size, layer, title, figures, chokepoint, more) {
      const node = svg("path", { d: SHAPES[shape], fill: shape === "cross" ? "none" : fill,
        stroke: "#1b1f24", "stroke-width": shape === "cross" ? 2 : 0.9, ...more }, symbols);
      const point = { x, y, node, size, layer, title, figures, chokepoint };
      points.push(point);
      return point;
    }
    for (const place of data.places) {
      symbol(place.x, place.y, "dot", "#444444", 1, "places", place.name, () => [["Settlement", place.kind],
        ["Country", country(place.side)], ["Inhabitants", number(place.population)]]);
    }
    for (const post of data.posts) {
      symbol(post.x, post.y, "bar", "#f0e442", 1, "posts", post.name || "post", () => [
        ["Control post", post.kind.replace(/_/g, " ")],
        ["On", post.mode || "no network"], ["Depth", `${number(post.depth_km, 1)} km`]],
      post.mode ? `post.${post.mode}.${post.post_id}` : null);
    }
    for (const choke of data.chokepoints) {
      if (choke.kind === "post") continue;
      const cut = choke.kind === "cut";
      const parts = choke.chokepoint_id.split(".");
      const point = symbol(choke.x, choke.y, "square", cut ? "#d55e00" : "#cc79a7", cut ? 1.15 : 0.9,
        cut ? "cut" : "edges", choke.name || choke.chokepoint_id, () => cut ? [
          ["Kind", "site of a minimum cut"], ["Mode", choke.mode],
          ["Depth D", `${signed(number(choke.depth_km))} km`]] : [
          ["Kind", "single link that severs"], ["Mode", choke.mode],
          ["Settlements severed", number(choke.severed_places)],
          ["Inhabitants", number(choke.severed_population)],
          ["Network behind it", `${number(choke.severed_km)} km`]], choke.chokepoint_id);
      point.mode = choke.mode;
      if (cut) {
        point.depth = choke.depth_km;
        point.end = parts.includes("from") ? "from" : "to";
      }
    }
    for (const crossing of data.crossings) {
      const [fill, shape, said] = STATUS[crossing.status] || STATUS.unmarked;
      const point = symbol(crossing.x, crossing.y, shape, fill, 1.1, "crossings",
        crossing.name || crossing.crossing_id, () => [
          ["Kind", said], ["Mode", crossing.mode], ["Class", crossing.class],
          ["Along the line", `${number(crossing.border_km)} km`], ["Ways", number(crossing.n_links)],
          ["Lanes", number(crossing.lanes)], ["First choice of", percent(crossing.first_choice_share)],
          ["Extra when closed", minutes(crossing.extra_minutes)],
          ["Demand cut off", percent(crossing.cut_off_share)]],
        `crossing.${crossing.crossing_id}`);
      point.mode = crossing.mode;
    }

    /* Controls. */
    const controls = section.querySelector(".controls");
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
      if (!stated.includes(state.depth)) state.depth = stated.includes("+50") ? "+50" : stated[0] || null;
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
      if (point) { pick(point); centre(point); }
    });
    controls.append(el("label", {}, "Go to ", list));

    /* What is on, and how it is drawn. */
    function isShown(point) {
      if (!shown[point.layer]) return false;
      if (point.layer === "cut") {
        return point.mode === state.mode && point.end === state.end && point.depth === Number(state.depth);
      }
      return point.mode === undefined || point.mode === state.mode;
    }
    function refresh() {
      for (const key of ["links", "minor", "rail", "permeability"]) {
        layers[key].setAttribute("display", shown[key] ? "" : "none");
      }
      lineDrawn.setAttribute("stroke-width", shown.permeability ? 1 : 2.6);
      const key = `${state.mode} ${state.depth}`;
      for (const [layer, routes] of [["witness", data.witness[key]], ["unguarded", data.unguarded[key]]]) {
        layers[layer].replaceChildren();
        if (!shown[layer]) continue;
        for (const route of routes || []) stroke(layers[layer], pathOf(route), COLOURS[layer], 2.4,
          { opacity: 0.75, "stroke-dasharray": layer === "unguarded" ? "7 4" : "none" });
      }
      layers.cut.replaceChildren();
      if (shown.cut) {
        const numbers = data.cuts[`${key} ${state.end}`] || [];
        stroke(layers.cut, pathOf(numbers.map((i) => data.links.shape[i])), "#ffffff", 7.5);
        stroke(layers.cut, pathOf(numbers.map((i) => data.links.shape[i])), COLOURS.cut, 4.2);
      }
      layers.edges.replaceChildren();
      if (shown.edges) stroke(layers.edges, group((i) => data.links.edge[i] === 1), "#cc79a7", 4);
      list.replaceChildren(el("option", { value: "" }, "a crossing or cut …"));
      points.forEach((point, at) => {
        const on = isShown(point);
        point.node.setAttribute("display", on ? "" : "none");
        if (on && (point.layer === "crossings" || point.layer === "cut")) {
          list.append(el("option", { value: at }, `${point.layer === "cut" ? "cut: " : ""}${point.title}`));
        }
      });
      if (!state.picked) summary();
      place();
    }

    /* Panel. */
    function panel(title, figures, ...more) {
      const rows = el("dl", {});
      for (const [term, value] of figures) {
        const known = el("bdi", {});
        known.textContent = missing(value) ? "–" : String(value);
        rows.append(el("dt", {}, term), el("dd", {}, known));
      }
      const head = el("h4", {});
      head.append(el("bdi", {}, title));
      detail.replaceChildren(head, rows, ...more);
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
    const named = new Map(points.filter((p) => p.layer === "crossings").map((p) => [p.chokepoint.slice(9), p.title]));
    function pick(point) {
      state.picked = point;
      layers.bypass.replaceChildren();
      layers.hover.replaceChildren();
      const bypass = point.chokepoint && data.bypasses[point.chokepoint];
      const back = el("button", { type: "button" }, "Back to the figures of D");
      back.addEventListener("click", unpick);
      if (!bypass) { panel(point.title, point.figures(), back); return; }
      stroke(layers.bypass, pathOf(bypass.shape), "#ffffff", 7);
      stroke(layers.bypass, pathOf(bypass.shape), COLOURS.bypass, 3.6);
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
      el("p", {}, bypass.shape.length ? "Green: the bypass." : "No bypass to draw."), back);
    }
    function unpick() {
      state.picked = null;
      layers.bypass.replaceChildren();
      layers.hover.replaceChildren();
      summary();
    }
    function pickLink(i) {
      pick({ title: text[data.links.name[i]] || text[data.links.ref[i]] || data.links.id[i], figures: () => [
        ["Link", data.links.id[i]], ["Class", text[data.links.class[i]]], ["Number", text[data.links.ref[i]]],
        ["State", text[data.links.state[i]]], ["Length", `${number(data.links.m[i] / 1000, 1)} km`],
        ["Minutes", number(data.links.minutes[i], 1)], ["Lanes", number(data.links.lanes[i])],
        ["One way", yes(data.links.oneway[i])], ["In a minimum cut", yes(data.links.cut[i])],
        ["Severs a settlement", yes(data.links.edge[i])],
        ["Way round ÷ length", number(data.links.detour[i], 2)]] });
      stroke(layers.hover, pathOf([data.links.shape[i]]), "#e69f00", 5, { opacity: 0.8 });
    }

    /* Place, zoom, label. */
    const [width, height] = data.size;
    let box = { width: 800, height: 500 };
    function all() {
      const fit = Math.min(box.width / (width * 1.04), box.height / (height * 1.04));
      state.k = fit;
      state.x = (box.width - width * fit) / 2;
      state.y = (box.height - height * fit) / 2;
      place();
    }
    function zoom(factor, x, y) {
      const fit = Math.min(box.width / width, box.height / height);
      const k = Math.min(Math.max(state.k * factor, fit / 2), 1.5);
      const at = [x ?? box.width / 2, y ?? box.height / 2];
      state.x = at[0] - (at[0] - state.x) * k / state.k;
      state.y = at[1] - (at[1] - state.y) * k / state.k;
      state.k = k;
      place();
    }
    function centre(point) {
      const fit = Math.min(box.width / width, box.height / height);
      state.k = Math.max(state.k, fit * 5);
      state.x = box.width / 2 - point.x * state.k;
      state.y = box.height / 2 - point.y * state.k;
      place();
    }
    let waiting = false;
    function place() {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; placed(); });
    }
    function placed() {
      world.setAttribute("transform", `translate(${state.x} ${state.y}) scale(${state.k})`);
      const fit = Math.min(box.width / width, box.height / height);
      const size = Math.min(Math.max(Math.sqrt(state.k / fit) * 0.85, 0.8), 1.5);
      for (const point of points) {
        const x = state.x + point.x * state.k, y = state.y + point.y * state.k;
        point.at = [x, y];
        point.node.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${(point.size * size).toFixed(2)})`);
      }
      label();
      bar();
    }
    /* A country's name stands where its deeper half of settlements has its middle. */
    const countries = [data.from, data.to].flatMap((code) => {
      const own = data.places.filter((p) => p.side === code);
      const deep = own.sort((a, b) => Math.abs(b.depth_km) - Math.abs(a.depth_km)).slice(0, Math.ceil(own.length / 2));
      if (!deep.length) return [];
      const [mx, my] = ["x", "y"].map((axis) => deep.reduce((sum, p) => sum + p[axis], 0) / deep.length);
      const off = (p) => Math.hypot(p.x - mx, p.y - my);
      return [[code, deep.reduce((best, p) => off(p) < off(best) ? p : best)]];
    });
    const inside = ([x, y]) => x > 0 && y > 0 && x < box.width && y < box.height;
    function label() {
      labels.replaceChildren();
      const taken = [];
      const free = (b) => taken.every((t) => b[2] < t[0] || b[0] > t[2] || b[3] < t[1] || b[1] > t[3]);
      const write = (said, x, y, attributes) => {
        const node = svg("text", { x: x.toFixed(1), y: y.toFixed(1), "font-size": 11, fill: "#1b1f24",
          stroke: "#fbfbf8", "stroke-width": 3, "paint-order": "stroke", ...attributes }, labels);
        node.textContent = said;
      };
      const reach = (said, x, y) => [x, y - 11, x + said.length * 6 + 4, y + 4];
      const most = box.width < 500 ? 10 : 26;
      let count = 0;
      for (const [code, spot] of countries) {
        const at = [state.x + spot.x * state.k, state.y + spot.y * state.k + 24];
        if (!inside(at)) continue;
        const said = country(code).toUpperCase();
        taken.push([at[0] - said.length * 7, at[1] - 15, at[0] + said.length * 7, at[1] + 5]);
        write(said, ...at, { "font-size": 14, "text-anchor": "middle", "letter-spacing": 3, fill: "#6b7380" });
      }
      for (const layer of ["crossings", "places"]) {
        if (!shown[layer]) continue;
        const near = state.k * 100 > 0.35; /* 1 km is wider than a third of a pixel: names of crossings */
        for (const point of points) {
          if (point.layer !== layer || count >= most * (near ? 2 : 1) || !isShown(point) || !inside(point.at)) continue;
          if (layer === "crossings" && !near) continue;
          const said = point.title.length > 32 ? `${point.title.slice(0, 31)}…` : point.title;
          const at = [point.at[0] + 8, point.at[1] + 4];
          const b = reach(said, ...at);
          if (b[2] > box.width || !free(b)) continue;
          taken.push(b);
          count += 1;
          write(said, ...at, layer === "crossings" ? { "font-weight": 600 } : { fill: "#4d5560" });
        }
      }
    }
    function bar() {
      scale.replaceChildren();
      const perKm = state.k * 1000 / data.unit_m;
      const km = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((l) => l * perKm > 60) || 1000;
      const y = box.height - 14;
      svg("path", { d: `M14 ${y - 5}v5h${km * perKm}v-5`, fill: "none", stroke: "#1b1f24", "stroke-width": 1.5 }, scale);
      svg("text", { x: 18, y: y - 5, "font-size": 11, fill: "#1b1f24", stroke: "#fbfbf8", "stroke-width": 3,
        "paint-order": "stroke" }, scale).textContent = `${km} km`;
    }

    /* Pointer and keys. */
    const tip = el("div", { class: "tip", hidden: "" });
    canvas.append(tip);
    const where = (event) => {
      const frame = root.getBoundingClientRect();
      return [event.clientX - frame.left, event.clientY - frame.top];
    };
    function nearestPoint([x, y], within) {
      let best = null, least = within;
      for (const point of points) {
        if (!point.at || !isShown(point)) continue;
        const distance = Math.hypot(point.at[0] - x, point.at[1] - y) - (point.layer === "places" ? 0 : 2);
        if (distance < least) { least = distance; best = point; }
      }
      return best;
    }
    /* Bounding boxes first: few links lie near the pointer. */
    const boxes = data.links.shape.map((steps) => {
      const xy = vertices(steps);
      const xs = xy.map((p) => p[0]), ys = xy.map((p) => p[1]);
      return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    });
    function nearestLink([px, py], within) {
      const x = (px - state.x) / state.k, y = (py - state.y) / state.k;
      let best = -1, least = within / state.k;
      for (let i = 0; i < boxes.length; i += 1) {
        const b = boxes[i];
        if (x < b[0] - least || y < b[1] - least || x > b[2] + least || y > b[3] + least) continue;
        if (!(kindOf[i] === "rail" ? shown.rail : kindOf[i] === "minor" ? shown.minor : shown.links)) continue;
        const line = vertices(data.links.shape[i]);
        for (let j = 1; j < line.length; j += 1) {
          const [ax, ay] = line[j - 1], [bx, by] = line[j];
          const dx = bx - ax, dy = by - ay;
          const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
          const distance = Math.hypot(ax + t * dx - x, ay + t * dy - y);
          if (distance < least) { least = distance; best = i; }
        }
      }
      return best;
    }
    const held = new Map();
    let moved = 0;
    root.addEventListener("pointerdown", (event) => {
      root.setPointerCapture(event.pointerId);
      held.set(event.pointerId, where(event));
      moved = 0;
    });
    root.addEventListener("pointermove", (event) => {
      const at = where(event);
      if (!held.has(event.pointerId)) {
        const point = nearestPoint(at, 10);
        const link = point ? -1 : nearestLink(at, 6);
        tip.hidden = !point && link < 0;
        if (tip.hidden) return;
        tip.textContent = point ? point.title : [text[data.links.name[link]], text[data.links.ref[link]],
          text[data.links.class[link]]].filter(Boolean).slice(0, 2).join(", ");
        tip.style.left = `${Math.min(at[0] + 12, box.width - 180)}px`;
        tip.style.top = `${at[1] + 12}px`;
        return;
      }
      const before = held.get(event.pointerId);
      if (held.size === 2) {
        const other = [...held.entries()].find(([id]) => id !== event.pointerId)[1];
        const ratio = Math.hypot(at[0] - other[0], at[1] - other[1]) /
          (Math.hypot(before[0] - other[0], before[1] - other[1]) || 1);
        zoom(ratio, (at[0] + other[0]) / 2, (at[1] + other[1]) / 2);
        moved = 99;
      } else {
        state.x += at[0] - before[0];
        state.y += at[1] - before[1];
        moved += Math.hypot(at[0] - before[0], at[1] - before[1]);
        place();
      }
      held.set(event.pointerId, at);
    });
    const release = (event) => {
      held.delete(event.pointerId);
      if (event.type !== "pointerup" || moved > 5 || held.size) return;
      const at = where(event);
      const point = nearestPoint(at, 14);
      if (point) { pick(point); return; }
      const link = nearestLink(at, 7);
      if (link >= 0) pickLink(link); else unpick();
    };
    root.addEventListener("pointerup", release);
    root.addEventListener("pointercancel", release);
    root.addEventListener("pointerleave", () => { tip.hidden = true; });
    root.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && document.activeElement !== root && !canvas.matches(":hover")) return;
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * 0.0016), ...where(event));
    }, { passive: false });
    root.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
      if (step) { state.x += step[0]; state.y += step[1]; place(); }
      else if (event.key === "+" || event.key === "=") zoom(1.5);
      else if (event.key === "-") zoom(1 / 1.5);
      else if (event.key === "0") all();
      else if (event.key === "Escape") unpick();
      else return;
      event.preventDefault();
    });
    const buttons = el("div", { class: "zoom" });
    for (const [sign, said, act] of [["+", "Zoom in", () => zoom(1.5)], ["−", "Zoom out", () => zoom(1 / 1.5)],
      ["⤢", "Show all", all]]) {
      const button = el("button", { type: "button", "aria-label": said, title: said }, sign);
      button.addEventListener("click", act);
      buttons.append(button);
    }
    canvas.append(buttons);

    /* Legend, and what is drawn of what there is. */
    const legend = section.querySelector(".legend");
    const key = (said, draw) => {
      const icon = svg("svg", { width: 26, height: 16, viewBox: "-13 -8 26 16", "aria-hidden": "true" });
      draw(icon);
      legend.append(el("span", {}, icon, said));
    };
    const dash = (colour, w, more) => (icon) => svg("path", { d: "M-12 0H12", stroke: colour,
      "stroke-width": w, ...more }, icon);
    for (const [status, [fill, shape, said]] of Object.entries(STATUS)) {
      if (data.crossings.some((c) => c.status === status)) key(said, (icon) => svg("path", {
        d: SHAPES[shape], fill: shape === "cross" ? "none" : fill, stroke: "#1b1f24" }, icon));
    }
    key("minimum cut", dash(COLOURS.cut, 4));
    key("witness path", dash(COLOURS.witness, 2.4));
    key("unguarded route", dash(COLOURS.unguarded, 2.4, { "stroke-dasharray": "6 3" }));
    key("bypass", dash(COLOURS.bypass, 3.6));
    key("post", (icon) => svg("path", { d: SHAPES.bar, fill: "#f0e442", stroke: "#1b1f24" }, icon));
    key("single link that severs", (icon) => svg("path", { d: SHAPES.square, fill: "#cc79a7", stroke: "#1b1f24" }, icon));
    key("border", dash("#1b1f24", 2.6, { "stroke-dasharray": "7 3 2 3" }));
    key("motorway, trunk", dash("#6a6a6a", 2.2));
    key("primary, secondary", dash("#8a8a8a", 1.2));
    key("other way", dash("#9a9a9a", 1, { "stroke-dasharray": "4 2" }));
    key("railway", dash("#222222", 2, { "stroke-dasharray": "6 3" }));
    if (data.permeability.length) for (const [, colour, said] of EFFORT) key(`${said} min on foot`, dash(colour, 6));
    section.querySelector(".drawn").textContent =
      `Drawn: ${number(data.links.id.length)} of ${number(data.links_of)} links, lines simplified to within ` +
      `${number(data.tolerance_m)} m for display. Equal-area projection, north up. The GeoPackage holds all of them.`;

    depths();
    let first = true;
    new ResizeObserver(() => {
      const now = { width: canvas.clientWidth, height: canvas.clientHeight };
      if (!now.width) return;
      const changed = now.width !== box.width || now.height !== box.height;
      box = now;
      if (first || changed) { first = false; all(); }
    }).observe(canvas);
    refresh();
  }

  for (const section of document.querySelectorAll("[data-map]")) start(section);
})();
