const MARKS = { passed: "✓", doubt: "?", failed: "✗" };

/** The verdict with all that it stands on; nothing where nobody looked. */
function judgement() {
  const found = data.validation;
  if (!found) return [];
  return [verdict(found), found.walk && walkForward(found.walk), ...found.paths.map(paths), found.search && search(found.search)].filter(Boolean);
}

function verdict({ state, text, checks, probability, needed }) {
  const badge = (each, kind = "mark") => el("span", { class: `${kind} ${each}`, title: words[`state_${each}`] },
    kind === "mark" ? MARKS[each] : `${MARKS[each]} ${words[`state_${each}`]}`);
  const rows = checks.map((each) => el("li", {}, badge(each.state), el("span", {}, each.text)));
  const measured = el("dl", { class: "facts" },
    fact(words.probability, percent(probability, 1)), fact(words.needed, needed === null ? "–" : integer(needed)));
  return section(words.verdict, { kind: `verdict ${state}` }, el("p", { class: "said" }, badge(state, "badge"), el("b", {}, text)),
    el("ul", { class: "checks" }, ...rows), measured);
}

function walkForward(walk) {
  const range = ([from, to]) => `${day(from)} – ${day(to - 1)}`;
  const set = (chosen) => (chosen === null ? words.nothing_chosen
    : Object.entries(chosen).map(([name, value]) => `${name}=${typeof value === "number" ? significant.format(value) : value}`).join(", "));
  const head = ["window", "in_sample", "out_of_sample", "return", "trades", "chosen"].map((name) => el("th", { scope: "col" }, words[name]));
  const body = walk.windows.map((window) => el("tr", {}, el("td", {}, range(window.test)),
    el("td", {}, number(window.in_sample_sharpe)),
    el("td", { class: tone(window.out_of_sample_sharpe) }, signed(window.out_of_sample_sharpe, number)),
    el("td", { class: tone(window.return) }, signed(window.return, percent)),
    el("td", {}, integer(window.trades)), el("td", {}, set(window.parameters))));
  return section(words.walk, { hint: words[walk.mode] }, windowChart(walk.windows), el("small", {}, words.walk_hint),
    el("dl", { class: "facts" }, fact(words.in_sample, number(walk.in_sample_sharpe)),
      fact(words.out_of_sample, number(walk.out_of_sample_sharpe)), fact(words.efficiency, percent(walk.efficiency, 0)),
      fact(words.drift, percent(walk.drift, 0)), fact(words.return, percent(walk.total_return)),
      fact(words.max_drawdown, percent(walk.max_drawdown))),
    el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...body))));
}

/** Two bars a window: what its choice showed in training, and what was left of it. */
function windowChart(windows) {
  return plotted((box, width) => {
    const left = 44, height = 220, bottom = height - 24;
    const values = windows.flatMap((each) => [each.in_sample_sharpe ?? 0, each.out_of_sample_sharpe ?? 0]);
    const low = Math.min(0, ...values), high = Math.max(0, ...values), span = high - low || 1;
    const y = (value) => 10 + (1 - (value - low) / span) * (bottom - 10);
    const slot = (width - left - 8) / windows.length, thick = Math.min(slot * 0.32, 48);
    const image = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": words.walk });
    for (const tick of ticks(low, high, 4)) {
      image.append(svg("line", { class: "grid", x1: left, x2: width - 8, y1: y(tick), y2: y(tick) }),
        svg("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, minus(significant.format(Number(tick.toFixed(6))))));
    }
    const shown = Math.ceil(windows.length / Math.max(1, Math.floor((width - left) / 90)));
    windows.forEach((window, place) => {
      const middle = left + (place + 0.5) * slot;
      const bar = (value, kind, x, title) => value !== null && image.append(svg("rect", { class: kind, x, width: thick,
        y: Math.min(y(value), y(0)), height: Math.max(Math.abs(y(value) - y(0)), 1) }, svg("title", {}, `${title}: ${number(value)}`)));
      bar(window.in_sample_sharpe, "learned", middle - thick - 1, words.in_sample);
      bar(window.out_of_sample_sharpe, (window.out_of_sample_sharpe ?? 0) >= 0 ? "gains" : "losses", middle + 1, words.out_of_sample);
      if (place % shown === 0) image.append(svg("text", { x: middle, y: height - 6, "text-anchor": "middle" }, day(window.test[0])));
    });
    image.append(svg("line", { class: "zero", x1: left, x2: width - 8, y1: y(0), y2: y(0) }));
    box.replaceChildren(image);
  });
}

function paths(found) {
  // An order of the same trades ends where every other does.
  const measures = found.of === "shuffle" ? ["max_drawdown"] : ["final_return", "max_drawdown"];
  const observed = { final_return: found.observed_return, max_drawdown: found.observed_drawdown };
  const head = el("tr", {}, el("th", { scope: "col" }, words.percentile), ...found.percentiles.map((each) => el("th", { scope: "col" }, significant.format(each))),
    el("th", { scope: "col" }, words.observed));
  const rows = measures.map((name) => el("tr", {}, el("td", {}, words[name]), ...found[name].map((value) => el("td", {}, percent(value, 1))),
    el("td", {}, percent(observed[name], 1))));
  const shares = [found.of === "shuffle" ? null : fact(words.loss_share, percent(found.loss_share, 1)),
    fact(words.deeper_share, percent(found.deeper_share, 1)),
    fact(put(words.ruin_share, { ruin: percent(found.ruin, 0) }), percent(found.ruin_share, 1))];
  return section(words[found.of], {}, quantileChart(found, measures, observed),
    el("small", {}, put(words.paths_hint, { paths: integer(found.paths) })), el("dl", { class: "facts" }, ...shares.filter(Boolean)),
    el("div", { class: "scroll" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows))));
}

/** One band for each measure, on one scale: how the paths spread, and where what happened lies among them. */
function quantileChart(found, measures, observed) {
  const at = (values, percentile) => values[found.percentiles.indexOf(percentile)];
  return plotted((box, width) => {
    const left = 8, right = 8, line = 58, height = measures.length * line + 24;
    const reached = measures.flatMap((name) => [...found[name], observed[name]]);
    const low = Math.min(0, ...reached), high = Math.max(0, ...reached), span = high - low || 1;
    const x = (value) => left + ((value - low) / span) * (width - left - right);
    const image = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": words[found.of] });
    for (const tick of ticks(low, high, Math.min(8, width / 80)).map((each) => Number(each.toFixed(6)) + 0)) {
      image.append(svg("line", { class: tick ? "grid" : "zero", x1: x(tick), x2: x(tick), y1: 4, y2: height - 20 }),
        svg("text", { x: clamp(x(tick), 20, width - 20), y: height - 4, "text-anchor": "middle" }, percent(tick, span < 0.1 ? 1 : 0)));
    }
    measures.forEach((name, place) => {
      const values = found[name], top = place * line + 22;
      image.append(svg("text", { x: left, y: top - 6 }, words[name]));
      for (const [from, to] of [[1, 99], [5, 95], [25, 75]]) {
        const begin = x(at(values, from)), end = x(at(values, to));
        image.append(svg("rect", { class: name === "max_drawdown" ? "spread fallen" : "spread", x: begin, y: top, width: Math.max(end - begin, 1), height: 24 },
          svg("title", {}, `${from}–${to} %: ${percent(at(values, from), 1)} … ${percent(at(values, to), 1)}`)));
      }
      image.append(svg("line", { class: "middle", x1: x(at(values, 50)), x2: x(at(values, 50)), y1: top, y2: top + 24 }),
        svg("circle", { class: "observed", cx: x(observed[name]), cy: top + 12, r: 5 }, svg("title", {}, `${words.observed}: ${percent(observed[name], 1)}`)));
    });
    box.replaceChildren(image);
  });
}

function search({ trials, effective_trials, deflated_sharpe, pbo, warnings: said }) {
  return section(words.search, {}, el("dl", { class: "facts" }, fact(words.search_trials, integer(trials)),
    fact(words.search_effective_trials, number(effective_trials)), fact(words.search_deflated_sharpe, percent(deflated_sharpe, 1)),
    fact(words.search_pbo, percent(pbo, 0))), said.length ? el("ul", {}, ...said.map((text) => el("li", {}, text))) : null);
}
