"use strict";
/* The effect of closing a set of crossings. Travel: the same sums as pipeline/travel/closing.py, over arrays.
   The claim that counts crossings: the same rules as pipeline/measures/verdict.py, over its crossings. */
const whatIf = (function () {
  /* Shares of demand stopped and cut off, mean minutes lost, and the new share of each crossing. */
  function effect(data, mode, closed) {
    const ways = data.modes[mode];
    if (!ways || !ways.weights.length) return null;
    const isClosed = ways.crossings.map((id) => closed.has(id));
    const share = ways.crossings.map(() => 0);
    const limit = data.detour_limit, lost = data.lost_minutes * data.per_minute;
    let total = 0, stopped = 0, cutOff = 0, extra = 0;
    for (let pair = 0; pair < ways.weights.length; pair++) {
      let before = Infinity, after = Infinity, first = -1, slowest = 0;
      for (let row = 0; row < isClosed.length; row++) {
        const minutes = ways.minutes[row][pair];
        if (minutes < 0) continue;
        if (minutes < before) before = minutes;
        if (minutes > slowest) slowest = minutes;
        if (!isClosed[row] && minutes < after) { after = minutes; first = row; }
      }
      const weight = ways.weights[pair];
      total += weight;
      if (after > limit * before) stopped += weight;
      if (first < 0) { cutOff += weight; extra += weight * (slowest + lost - before); continue; }
      share[first] += weight;
      extra += weight * (after - before);
    }
    return { stopped: stopped / total, cutOff: cutOff / total,
      extra: extra / total / data.per_minute, share: share.map((one) => one / total) };
  }

  /* The number of sites of the kept crossings: complete linkage, nearest first. `near` holds all pairs that
     may be joined, so that two groups of which one pair is not in it never are. */
  function sites(kept, near) {
    const apart = new Map([...kept].map((row) => [row, new Map()]));
    for (const [one, other, metres] of near) {
      if (!kept.has(one) || !kept.has(other)) continue;
      apart.get(one).set(other, metres);
      apart.get(other).set(one, metres);
    }
    for (;;) {
      let least = Infinity, a = -1, b = -1;
      for (const [one, others] of apart) {
        for (const [other, metres] of others) {
          if (metres < least) { least = metres; a = one; b = other; }
        }
      }
      if (a < 0) return apart.size;
      const [ofA, ofB] = [apart.get(a), apart.get(b)];
      const joined = new Map([...ofA].filter(([one]) => ofB.has(one))
        .map(([one, metres]) => [one, Math.max(metres, ofB.get(one))]));
      for (const one of ofA.keys()) apart.get(one).delete(a);
      for (const one of ofB.keys()) apart.get(one)?.delete(b);
      apart.delete(b);
      apart.set(a, joined);
      for (const [one, metres] of joined) apart.get(one).set(a, metres);
    }
  }

  const COLUMNS = { links: 3, lanes: 4 };
  /* The count of a border by one specification, without the closed crossings. */
  function count(claim, specification, place, closed) {
    const border = claim.borders[place], more = specification.withheld[place];
    if (more === null) return null;
    let total = more;
    for (const mode of specification.modes) {
      const kept = claim.crossings[border].map((row, at) => [row, at]).filter(([row]) =>
        row[1] === mode && row[2].includes(specification.status) && !closed.has(row[0]));
      if (specification.count === "crossings") total += kept.length;
      else if (specification.count in COLUMNS) {
        total += kept.reduce((sum, [row]) => sum + row[COLUMNS[specification.count]], 0);
      } else total += sites(new Set(kept.map(([, at]) => at)), claim.near[border]);
    }
    return total;
  }

  /* The choice that best separates the results, by least Gini impurity; of equals the first. */
  function separating(claim, known) {
    let best = "", least = Infinity;
    for (const name of claim.choices) {
      const groups = new Map();
      for (const one of known) {
        const group = groups.get(one[name]) || [0, 0];
        group[0] += one.supports ? 1 : 0;
        group[1] += 1;
        groups.set(one[name], group);
      }
      if (groups.size < 2) continue;
      let impurity = 0;
      for (const [for_, all] of groups.values()) impurity += all * (for_ / all) * (1 - for_ / all);
      impurity /= known.length;
      if (impurity < least - 1e-12) { least = impurity; best = name; }
    }
    return best;
  }

  /* The verdict on the claim with some crossings closed, `closed` a set of ids by border. */
  function verdict(claim, closed) {
    const results = claim.specifications.map((one) => {
      const [first, second] = claim.borders.map((border, place) =>
        count(claim, one, place, closed[border] || new Set()));
      const compared = first !== null && second !== null && !(first === 0 && second === 0);
      return { ...one, first, second,
        supports: compared ? (claim.above ? first > second : first < second) : null };
    });
    const head = results[0];
    const found = { first: head.first, second: head.second, supports: head.supports,
      ratio: head.second ? head.first / head.second : null, results };
    if (head.supports === null) return { ...found, verdict: "not tested", distinct: 0, holds: 0 };
    const known = results.filter((one) => one.supports !== null);
    const distinct = new Map(known.map((one) => [`${one.first} ${one.second}`, one.supports]));
    const holds = [...distinct.values()].filter(Boolean).length, share = holds / distinct.size;
    const lacks = claim.borders.some((border, place) => {
      const [own, other] = place ? [head.second, head.first] : [head.first, head.second];
      return claim.missing[border] > 0 && other > own && own + claim.missing[border] >= other;
    });
    const verdict = lacks ? "depends on crossings that the data lack"
      : share >= claim.supported_share ? "supported"
        : share <= claim.contradicted_share ? "contradicted"
          : `depends on ${separating(claim, known)}`;
    return { ...found, verdict, distinct: distinct.size, holds };
  }

  return { effect, verdict };
})();
