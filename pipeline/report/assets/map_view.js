"use strict";
/* One map of the page: its shown layers, the list of places, and the panel of figures below it.
   `state` and `shown` apply to all maps; `remember` is called at every choice. All text from data goes
   through text nodes, so that none of it is markup. */
function mapView(section, state, shown, closedOf, remember) {
  const { pointsOf, missing, number, signed, minutes, yes, titleOf, listed } = mapPoints;
  const { element: el } = mapSymbols;
  const data = JSON.parse(document.getElementById(`data-${section.dataset.map}`).textContent);
  const detail = section.querySelector(".detail");
  const text = data.links.texts;
  const points = pointsOf(data);
  const sites = new Map(Object.entries(data.sites).map(([cut, ids]) => [cut, new Set(ids)]));
  const named = new Map(data.crossings.map((one) => [one.crossing_id, titleOf(one)]));
  const country = (code) => data.countries[code] || code;
  let picked = null; /* the chosen point, the number of the chosen link, or null */
  let resting = ""; /* the figure whose evidence is shown: cut, crossings, or a chosen crossing */
  const map = borderMap.draw(section.querySelector(".canvas"), data, points,
    { point: pick, link: pickLink, nothing: unpick, country }, section.querySelector(".attribution"));

  const list = el("select", { "aria-label": `Go to a crossing or cut of ${data.name}` });
  list.addEventListener("change", () => {
    const point = points[Number(list.value)];
    if (list.value && point) { pick(point); map.centre(point); }
  });
  section.querySelector("h3").after(el("label", { class: "goto" }, "Go to ", list));

  function isShown(point) {
    if (!shown[point.layer]) return false;
    if (point.layer === "cut") {
      return sites.get(`${state.mode} ${state.depth} ${state.end}`)?.has(point.chokepoint) || false;
    }
    return point.mode === undefined || point.mode === state.mode;
  }
  function refresh() {
    map.show(shown, isShown, `${state.mode} ${state.depth}`, state.end);
    map.closed(closedOf(data.border));
    const options = [];
    points.forEach((point, at) => {
      if ((point.layer === "crossings" || point.layer === "cut") && isShown(point)) {
        options.push([point.title, at, point.layer === "cut" ? "cut sites" : "crossings"]);
      }
    });
    options.sort(([a], [b]) => a.localeCompare(b, "en"));
    list.replaceChildren(el("option", { value: "" }, "a crossing or cut …"));
    for (const kind of ["crossings", "cut sites"]) {
      const here = options.filter((option) => option[2] === kind);
      if (here.length) {
        list.append(el("optgroup", { label: kind },
          ...here.map(([title, at]) => el("option", { value: at }, title))));
      }
    }
    /* A place that is no longer on the map is no longer chosen. */
    const stays = picked !== null && (typeof picked === "number"
      ? (text[data.links.mode[picked]] === "rail") === (state.mode === "rail") : isShown(picked));
    if (!stays) unpick(); else summaryOrChoice();
  }
  const summaryOrChoice = () => {
    if (picked === null) summary();
    else if (typeof picked === "number") pickLink(picked);
    else pick(picked);
  };

  /* A figure with a button that shows its evidence; on paper only the figure. */
  function asked(value, which) {
    const button = el("button", { type: "button", class: "figure", "data-rests": which,
      "aria-expanded": String(resting === which) }, value,
      which === "crossing" ? "" : el("span", {}, " (what it rests on)"));
    button.addEventListener("click", () => {
      rest(resting === which ? "" : which);
      detail.querySelector(`[data-rests="${which}"]`).focus({ preventScroll: true });
    });
    return [el("span", { class: "printed" }, value.cloneNode(true)), button];
  }
  function rest(which) {
    resting = which;
    summaryOrChoice();
    remember();
  }
  const behind = (...nodes) => nodes.length ? [el("div", { class: "rests" }, ...nodes)] : [];
  function panel(title, figures, ...more) {
    const rows = el("dl", {});
    for (const [term, value, act] of figures) {
      const written = el("bdi", {}, missing(value) ? "–" : String(value));
      if (act) rows.append(el("dt", {}, term), el("dd", {}, ...asked(written, act)));
      else rows.append(el("dt", {}, term), el("dd", {}, written));
    }
    detail.replaceChildren(el("h4", {}, el("bdi", {}, title)), rows, ...more);
  }
  const counted = () => {
    const found = data.rests_on.counted[state.mode];
    return found ? [["Crossings that count", number(found.in.length), "crossings"]] : [];
  };
  function summary() {
    const found = data.values[`${state.mode} ${state.depth}`];
    if (!found || found[0] === null) {
      const why = found ? found[found.length - 1] : null;
      panel(`${data.name}, ${state.mode}`, [["Minimum cut", "not stated at this depth"],
        ...(why ? [["Because", why]] : []), ...counted()],
      ...behind(...(resting === "crossings" ? restsOn.crossings(data, state.mode) : [])));
      return;
    }
    const [cut, lanes, nearby, cordon, unguarded, second] = found;
    const side = data.in_sentence[Number(state.depth) > 0 ? data.to : data.from];
    const deep = signed(String(Math.abs(Number(state.depth))));
    panel(`${data.name}, ${state.mode}, ${deep} km into ${side}`, [
      ["Minimum cut F(D), links", number(cut),
        data.rests_on.cuts[`${state.mode} ${state.depth}`] && "cut"], ["in lanes", number(lanes)],
      ["in sites", number(nearby)], ["Links at this depth", number(cordon)],
      ["Unguarded routes G(D)", number(unguarded)], ["Second line H(D)", number(second)],
      ...counted()],
    ...behind(...(resting === "cut" ? restsOn.cut(data, state.mode, state.depth, state.end, cut)
      : resting === "crossings" ? restsOn.crossings(data, state.mode) : [])));
  }
  function back() {
    const button = el("button", { type: "button" }, "Back to the figures of this depth");
    button.addEventListener("click", unpick);
    return button;
  }
  function pick(point) {
    if (picked !== point) resting = "";
    picked = point;
    const own = point.crossing ? ["What this rests on", "links and neighbours", "crossing"] : null;
    const figures = () => [...point.figures(), ...(own ? [own] : [])];
    const ground = () => behind(...(resting === "crossing" ? restsOn.crossing(data, point.crossing)
      : resting === "bypass" ? restsOn.bypass(data, point.chokepoint, point.crossing) : []));
    const bypass = data.bypasses[point.chokepoint];
    map.choose(bypass ? bypass.shape : [], null);
    remember();
    if (!bypass) { panel(point.title, figures(), back(), ...ground()); return; }
    const flags = [[bypass.touches_data_edge, "meets the edge of the data: a shorter way may lie beyond it"],
      [bypass.beyond_data_minutes, "leads to a city beyond the data; that part is not drawn"],
      [bypass.uses_informal, "passes a crossing that is not official"],
      [bypass.uses_track, "uses a track or path"],
      [bypass.uses_third, `transit through a third country would be faster (${minutes(bypass.third_minutes)})`]]
      .filter(([on]) => on).map(([, sentence]) => sentence);
    panel(point.title, [...figures(), ["Minutes through it", number(bypass.direct_minutes)],
      ["Minutes round it", missing(bypass.bypass_minutes) ? "no way left" : number(bypass.bypass_minutes)],
      ["Extra distance", missing(bypass.extra_km) ? "–" : `${number(bypass.extra_km)} km`],
      ["Detour ratio", number(bypass.detour_ratio, 2)], ["Some cut off", yes(bypass.cut_off)],
      ["Next choice", named.get(bypass.next_choice) || bypass.next_choice],
      ...(flags.length ? [["The bypass", flags.join("; ")]] : []),
      ["What the bypass rests on", "links closed and parameters", "bypass"]],
    el("p", {}, bypass.shape.length ? "Green: the bypass." : "No bypass to draw."), back(), ...ground());
  }
  function unpick() {
    if (picked !== null) resting = "";
    picked = null;
    map.choose([], null);
    summary();
    remember();
  }
  function pickLink(at) {
    picked = at;
    map.choose([], at);
    remember();
    const links = data.links;
    panel(listed(text[links.name[at]] || text[links.ref[at]]) || links.id[at], [
      ["Link", links.id[at]], ["Class", text[links.class[at]]], ["Number", listed(text[links.ref[at]])],
      ["State", text[links.state[at]]], ["Length", `${number(links.m[at] / 1000, 1)} km`],
      ["Minutes", number(links.minutes[at], 1)], ["Lanes", number(links.lanes[at])],
      ["One way", yes(links.oneway[at])], ["In a minimum cut", yes(links.cut[at])],
      ["Isolates a settlement", yes(links.edge[at])],
      ["Way round ÷ length", number(links.detour[at], 2)]], back());
  }

  section.querySelector(".drawn").textContent =
    `Drawn: ${number(data.links.id.length)} of ${number(data.links_of)} links, simplified to within ` +
    `${number(data.tolerance_m)} m. Equal-area projection, north up.`;
  const choice = () => picked === null || typeof picked === "number" ? "" : picked.chokepoint || "";
  function restore(id) {
    const point = points.find((one) => one.chokepoint === id && isShown(one));
    if (point) { pick(point); map.centre(point); }
  }
  const rests = () => picked === null ? resting : "";
  const reveal = () => detail.scrollIntoView({ behavior: "instant", block: "nearest" });
  const isChosen = () => picked !== null;
  return { data, points, refresh, choice, isChosen, restore, rests, rest, reveal };
}
