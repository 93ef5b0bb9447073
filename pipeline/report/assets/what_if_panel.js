"use strict";
/* What if crossings were closed: ticks for each border, their effect on travel and on the verdict. */
function whatIfPanel(views, state, claim, closedOf, changed) {
  const { element: el } = mapSymbols;
  const { number, percent } = mapPoints;
  const MOST_TICKS = 150; /* greatest number of crossings that can be ticked: those with the most demand */
  const whatBox = document.querySelector(".whatif");
  const verdictLine = document.querySelector(".verdictline");
  const specifications = document.querySelector(".specifications");
  const nameOf = (key) => views.find((view) => view.data.border === key)?.data.name || key;
  function tick(view) {
    const ways = view.data.whatif.modes[state.mode];
    const field = el("fieldset", { "data-whatif": view.data.border },
      el("legend", {}, el("bdi", {}, view.data.name)));
    if (!ways) {
      field.append(el("p", {}, `No demand by ${state.mode} is known on this border.`));
      return field;
    }
    const outcome = el("p", { class: "effect", role: "status" });
    const now = whatIf.effect(view.data.whatif, state.mode, new Set());
    const titles = new Map(view.points.filter((p) => p.crossing).map((p) => [p.crossing, p.title]));
    const order = ways.crossings.map((id, row) => [id, row]).sort(([, a], [, b]) =>
      now.share[b] - now.share[a]).slice(0, MOST_TICKS);
    const cells = [];
    const rows = order.map(([id, row]) => {
      const box = el("input", { type: "checkbox", value: id });
      box.checked = closedOf(view.data.border).has(id);
      box.addEventListener("change", () => {
        const key = `${view.data.border} ${id}`;
        if (box.checked) state.closed.add(key); else state.closed.delete(key);
        changed();
      });
      const then = el("td", { class: "n" }, "");
      cells.push([row, then]);
      return el("tr", {}, el("th", { scope: "row" }, el("label", {}, box, " ",
        el("bdi", {}, titles.get(id) || id))),
      el("td", { class: "n" }, percent(now.share[row])), then);
    });
    const head = el("tr", {}, ...["Close", "Share now", "Share then"].map((word, at) =>
      el("th", at ? { scope: "col", class: "n" } : { scope: "col" }, word)));
    const table = el("table", {}, el("caption", {}, `Crossings of ${view.data.name} by ${state.mode}`),
      el("thead", {}, head), el("tbody", {}, ...rows));
    field.append(outcome, el("div", { class: "ticks", tabindex: "0", role: "region",
      "aria-label": `Crossings of ${view.data.name} to close` }, table));
    if (ways.kept_share < 0.9995) {
      field.append(el("p", { class: "note" },
        `Computed for the pairs of places that make up ${percent(ways.kept_share)} of demand.`));
    }
    field.recompute = () => {
      const ticked = closedOf(view.data.border);
      const closed = new Set(ways.crossings.filter((id) => ticked.has(id)));
      const then = whatIf.effect(view.data.whatif, state.mode, closed);
      if (closed.size) {
        outcome.replaceChildren(el("b", {}, `${closed.size} closed: ${percent(then.stopped)} of demand stopped`),
          ` (no way within ${view.data.whatif.detour_limit} times the fastest), ` +
          `${percent(then.cutOff)} cut off, ${number(then.extra, 1)} minutes more on average.`);
      } else {
        outcome.replaceChildren("Nothing is closed yet: tick crossings to see the effect of closing them together.");
      }
      field.dataset.effect = JSON.stringify(then);
      for (const [row, cell] of cells) {
        cell.textContent = closed.has(ways.crossings[row]) ? "closed" : percent(then.share[row]);
      }
    };
    return field;
  }

  /* The claim that counts crossings, judged without the ticked ones. */
  function judge() {
    if (!claim) return;
    const closed = Object.fromEntries(claim.borders.map((border) => [border, closedOf(border)]));
    const found = whatIf.verdict(claim, closed);
    const [one, other] = claim.borders.map(nameOf);
    const ratio = found.ratio === null ? "" : `, ratio ${number(found.ratio, 2)}`;
    const before = found.verdict === claim.verdict ? "as without ticks" : `without ticks: ${claim.verdict}`;
    const any = Object.values(closed).some((ids) => ids.size);
    const all = claim.specifications.length + claim.left_out;
    const worked = claim.left_out ? `${claim.specifications.length} of its ${all}` : `all ${all}`;
    verdictLine.dataset.verdict = JSON.stringify({ ...found, results: undefined });
    verdictLine.replaceChildren(`Crossings still to close: ${number(found.first)} on ${one}, ` +
      `${number(found.second)} on ${other}${ratio}. Claim ${claim.claim}: `, el("b", {}, found.verdict),
    `${any ? ` (${before})` : ""}. It holds in ${found.holds} of ${found.distinct} distinct results; ` +
      `${worked} specifications are computed here.`);
    const rows = found.results.map((result) => el("tr", {}, el("th", { scope: "row" },
      `${result.mode}, ${result.status}, ${result.count}`), ...[result.first, result.second].map((value) =>
      el("td", { class: "n" }, number(value))),
    el("td", {}, result.supports === null ? "–" : result.supports ? "holds" : "does not hold")));
    specifications.replaceChildren(el("caption", {}, `Claim ${claim.claim} by each specification, ticks left out`),
      el("thead", {}, el("tr", {}, ...["Mode, status, what is counted", one, other, "Claim"].map((word, at) =>
        el("th", at === 1 || at === 2 ? { scope: "col", class: "n" } : { scope: "col" }, word)))),
      el("tbody", {}, ...rows));
  }
  function recompute() {
    [...whatBox.children].forEach((field) => field.recompute && field.recompute());
    judge();
  }
  function fill() {
    whatBox.replaceChildren(...views.map(tick));
    recompute();
  }

  return { fill, recompute };
}
