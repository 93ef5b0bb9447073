"use strict";
/* The symbols of the maps, with the figures that are shown when one is chosen, and their legend. All text
   from data goes through text nodes, so that none of it is markup. */
const mapPoints = (function () {
  const { icon, shape, element: el, COLOURS, LINE_PX } = mapSymbols;
  const INK = COLOURS.crossing;
  const STATUS = {
    official: [INK, "circle", null, "official crossing"],
    unmarked: ["#ffffff", "diamond", INK, "crossing, no control mapped"],
    informal: ["#ffffff", "triangle", INK, "informal crossing"],
    closed: ["none", "cross", INK, "closed crossing"],
    unknown: ["none", "cross", "#777777", "crossing whose statement has expired"],
  };
  const POST = "#f0e442";
  const missing = (value) => value === null || value === undefined || value === "";
  const number = (value, places) => missing(value) ? "–" : Number(value)
    .toLocaleString("en", { maximumFractionDigits: places || 0 }).replace("-", "−");
  const signed = (text) => text.replace("-", "−");
  const percent = (value) => missing(value) ? "–" : `${number(value * 100, 1)} %`;
  const minutes = (value) => missing(value) ? "–" : `${number(value)} min`;
  const yes = (value) => value ? "yes" : "no";
  /* A list of names from OpenStreetMap, written as people write lists. */
  const listed = (text) => missing(text) ? text : String(text).split(";").map((one) => one.trim()).join(", ");
  const titleOf = (crossing) => missing(crossing.name)
    ? `unnamed ${crossing.mode} crossing, km ${number(crossing.border_km, 1)}` : listed(crossing.name);

  /* The symbols of each layer of a map, with the figures that are shown when one is chosen. */
  function pointsOf(data) {
    const country = (code) => data.countries[code] || code;
    const places = data.places.map((place) => ({ x: place.x, y: place.y, layer: "places",
      shape: "dot", fill: "#444444", size: 1, title: place.name, named: true, figures: () => [
        ["Settlement", place.kind], ["Country", country(place.side)],
        ["Inhabitants", number(place.population)]] }));
    const posts = data.posts.map((post) => ({ x: post.x, y: post.y, layer: "posts", shape: "bar",
      fill: POST, size: 1, title: listed(post.name) || "post",
      chokepoint: post.mode ? `post.${post.mode}.${post.post_id}` : null, figures: () => [
        ["Control post", post.kind.replace(/_/g, " ")], ["On", post.mode || "no network"],
        ["Depth", `${number(post.depth_km, 1)} km`]] }));
    const chokepoints = data.chokepoints.filter((choke) => choke.kind !== "post").map((choke) => {
      const cut = choke.kind === "cut";
      return { x: choke.x, y: choke.y, layer: cut ? "cut" : "edges", shape: "square",
        fill: cut ? COLOURS.cut : COLOURS.edge, size: cut ? 1.15 : 0.9, mode: choke.mode,
        title: listed(choke.name) || "unnamed site", chokepoint: choke.chokepoint_id,
        figures: () => cut ? [["Kind", "site of a minimum cut"], ["Mode", choke.mode],
          ["Least depth D", `${signed(number(choke.depth_km, 2))} km`]] : [
          ["Kind", "bridge link: its closure isolates"], ["Mode", choke.mode],
          ["Settlements isolated", number(choke.severed_places)],
          ["Inhabitants", number(choke.severed_population)],
          ["Network behind it", `${number(choke.severed_km)} km`]] };
    });
    const ranked = [...data.crossings].sort((a, b) =>
      (b.first_choice_share || 0) - (a.first_choice_share || 0));
    const crossings = ranked.map((crossing) => {
      const [fill, which, edge, label] = STATUS[crossing.status] || STATUS.unmarked;
      return { x: crossing.x, y: crossing.y, layer: "crossings", shape: which, fill, edge,
        size: 1.1, mode: crossing.mode, title: titleOf(crossing), named: !missing(crossing.name),
        crossing: crossing.crossing_id, share: crossing.first_choice_share,
        chokepoint: `crossing.${crossing.crossing_id}`, figures: () => [
          ["Kind", label], ["Crossing", crossing.crossing_id], ["Mode", crossing.mode],
          ["Class", crossing.class], ["Along the line", `${number(crossing.border_km)} km`],
          ["Ways", number(crossing.n_links)], ["Lanes", number(crossing.lanes)],
          ["First choice of", percent(crossing.first_choice_share)],
          ["Extra when closed", minutes(crossing.extra_minutes)],
          ["Demand cut off", percent(crossing.cut_off_share)],
          ...(missing(crossing.hours) ? [] : [["Hours", crossing.hours]]),
          ...(missing(crossing.situation) ? [] : [["Stated", crossing.situation]])] };
    });
    return [...places, ...posts, ...chokepoints, ...crossings];
  }

  /* Each key names its layer, except for the layers that are always drawn. */
  function legend(box, all) {
    const key = (layer, label, ...paths) => box.append(
      el("span", layer ? { "data-layer": layer } : {}, icon(30, 18, 1, paths), label));
    const dash = (stroke, width, more) => ({ d: "M-14 0H14", stroke, "stroke-width": width, ...more });
    key("", "border", dash(COLOURS.line, LINE_PX));
    for (const [status, [fill, which, edge, label]] of Object.entries(STATUS)) {
      if (all.some((data) => data.crossings.some((one) => one.status === status))) {
        key("crossings", label, shape(which, fill, edge));
      }
    }
    key("cut", "minimum cut", dash("#ffffff", 7.5), dash(COLOURS.cut, 4.2));
    key("cut", "site of the cut", shape("square", COLOURS.cut));
    key("witness", "witness path", dash(COLOURS.witness, 2.4));
    if (all.some((data) => Object.keys(data.unguarded).length)) {
      key("unguarded", "unguarded route", dash(COLOURS.unguarded, 2.4, { "stroke-dasharray": "7 4" }));
    }
    key("chosen", "bypass of the chosen place", dash(COLOURS.bypass, 3.6));
    key("chosen", "chosen link", dash(COLOURS.picked, 5));
    key("edges", "bridge link", dash(COLOURS.edge, 4));
    key("posts", "post", shape("bar", POST));
    key("links", "motorway, trunk", dash(COLOURS.big, 1.9));
    key("links", "primary, secondary", dash(COLOURS.middle, 1.2));
    key("minor", "other road", dash(COLOURS.minor, 0.7));
    key("rail", "railway", dash(COLOURS.rail, 1.7), dash("#ffffff", 0.8, { "stroke-dasharray": "6 6" }));
    if (all.some((data) => data.permeability.length)) {
      for (const [, colour, label] of all[0].walks) {
        key("permeability", `${label} on foot`, dash(COLOURS.line, LINE_PX), dash(colour, 3.4));
      }
      box.append(el("span", { "data-layer": "permeability" }, "the darker, the longer the walk over the line"));
    }
  }

  return { pointsOf, legend, missing, number, signed, percent, minutes, yes, titleOf, listed };
})();
