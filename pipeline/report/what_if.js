"use strict";
/* What closing a set of crossings does: the same sums as pipeline/travel/closing.py, over arrays. */
const whatIf = (function () {
  /* Shares of demand stopped and cut off, mean minutes lost, and each crossing's share then. */
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

  /* The headline of the claim that counts open crossings, with those closed left out. */
  function headline(claim, counts) {
    const keys = Object.keys(claim.values).filter((key) => key in counts);
    if (keys.length < 2) return null;
    const [first, second] = keys.map((key) => Math.max(claim.values[key] - counts[key], 0));
    const ratio = second ? first / second : null;
    const speaks = second === 0 ? first > 0 === claim.above : claim.above ? ratio > 1 : ratio < 1;
    return { keys, first, second, ratio, speaks };
  }

  return { effect, headline };
})();
