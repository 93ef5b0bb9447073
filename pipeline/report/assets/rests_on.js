"use strict";
/* The evidence for a figure: the same as `pipeline explain` prints, from the data of
   pipeline/report/rests_on.py. */
const restsOn = (function () {
  const { element: el } = mapSymbols;
  const OSM = "https://www.openstreetmap.org", JOSM = "http://127.0.0.1:8111/load_and_zoom";
  const WAY = /^[a-z](\d+)\./;
  const MINUS = (text) => String(text).replace(/-/g, "−");
  const link = (href, text) => el("a", { href, target: "_blank", rel: "noreferrer" }, text);

  /* A link of the network: its name, its depth, and where to look at it. */
  function linkItem(found, at, more) {
    const [id, called, kind, least, most, west, south, east, north, edit] = found.links[at];
    const deep = least === null ? "" : `, ${MINUS(least)} to ${MINUS(most)} km deep`;
    const item = el("li", {}, el("bdi", {}, called || "no name"), `, ${kind}${deep}${more || ""}: `);
    const way = WAY.exec(id);
    if (way && !found.drawn) {
      const box = `left=${west}&right=${east}&top=${north}&bottom=${south}`;
      item.append(link(`${OSM}/way/${way[1]}`, `way ${way[1]}`), ", ",
        link(`${OSM}/way/${way[1]}/history`, edit || "version and date of edit"), ", ",
        link(`${JOSM}?${box}&select=way${way[1]}`, "JOSM"));
    } else {
      const middle = `${((south + north) / 2).toFixed(4)}/${((west + east) / 2).toFixed(4)}`;
      item.append(link(`${OSM}/#map=12/${middle}`, "this place on OpenStreetMap"));
    }
    return item;
  }
  const items = (tag, name, list) => list.length
    ? el("div", { class: "ticks", tabindex: "0", role: "region", "aria-label": name }, el(tag, {}, ...list))
    : el("p", {}, "none");
  const section = (title, ...nodes) => [el("h5", {}, title), ...nodes];
  const whole = (shown, count) => count > shown ? `, the first ${shown} of them here` : "";

  /* The end of all of them: definitions, how to cite, and the command that prints the same. */
  function common(found, kind, command) {
    return [...section("Definitions and parameters",
      el("ul", {}, ...found.used[kind].map((line) => el("li", {}, line)))),
    ...section("How to cite", el("p", {}, found.cite)),
    el("p", {}, "The same in a terminal: ", el("code", {}, `pipeline explain ${command}`))];
  }
  const drawnNote = (found) => found.drawn
    ? [el("p", { class: "note" }, "Drawn from tables: links are not ways of OpenStreetMap, " +
      "so they have no version and no date of edit.")] : [];

  const leftOut = (left) => section("Crossings that were not counted, nearest first",
    items("ul", "Crossings not counted", left.map(([name, why, km]) =>
      el("li", {}, el("bdi", {}, name), `: ${why}, ${km} km off`))));

  function cut(data, mode, depth, end, count) {
    const found = data.rests_on, own = found.cuts[`${mode} ${depth}`];
    if (!own) return [];
    const ends = { from: data.countries[data.from], to: data.countries[data.to] };
    return [...drawnNote(found),
      ...section(`Closing these ${count} links is enough (the cut nearest to ${ends[end]}${whole(own[end].length, count)})`,
        items("ol", "Links of the cut", own[end].map((at) => linkItem(found, at)))),
      ...section(`Fewer are not: ${count} paths share no link${whole(own.witness.length, count)}`,
        items("ol", "Witness paths", own.witness.map(([km, links, over, by]) => el("li", {},
          `${km} km, ${links} links`, over ? ", over the line at " : "", el("bdi", {}, over),
          by ? "; by " : "", el("bdi", {}, by))))),
      ...section("Not counted, nearest to the cut",
        items("ul", "Links not counted", own.left.map(([at, why, km]) =>
          linkItem(found, at, `; ${why}, ${km} km off`)))),
      ...common(found, "cut", `${data.border} ${mode} F${depth}`)];
  }

  function crossing(data, id) {
    const found = data.rests_on, own = found.crossings[id];
    if (!own) return [];
    return [...drawnNote(found),
      ...section("Links that meet the line here",
        items("ul", "Links of the crossing", own.links.map((at) => linkItem(found, at)))),
      ...leftOut(own.left),
      ...common(found, "crossing", `${data.border} crossing ${id}`)];
  }

  /* The links that are closed to measure a bypass: for a crossing, those that meet the line there. */
  function bypass(data, chokepoint, id) {
    const found = data.rests_on, own = id ? found.crossings[id] : found.bypasses[chokepoint];
    if (!own) return [];
    return [...drawnNote(found),
      ...section("Links that are closed",
        items("ul", "Links that are closed", own.links.map((at) => linkItem(found, at)))),
      ...leftOut(own.left),
      ...common(found, "bypass", `${data.border} bypass ${chokepoint}`)];
  }

  function crossings(data, mode) {
    const found = data.rests_on, own = found.counted[mode];
    if (!own) return [];
    const name = ([title, km]) => [el("bdi", {}, title), `, km ${km} of the line`];
    return [
      ...section(`These ${own.in.length} crossings count`,
        items("ol", "Crossings that count", own.in.map((one) => el("li", {}, ...name(one))))),
      ...section("These do not",
        items("ul", "Crossings that do not count", own.out.map((one) =>
          el("li", {}, ...name(one), `: ${one[2]}`)))),
      ...common(found, "crossing", `${data.border} crossing NAME`)];
  }

  return { cut, crossing, bypass, crossings };
})();
