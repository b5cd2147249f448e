/** Equity above, drawdown below, over the days. */
function equityChart() {
  const { first, start, equity } = data.daily;
  const points = [start, ...equity];
  let peak = -Infinity;
  const falls = points.map((value) => { peak = Math.max(peak, value); return peak > 0 ? value / peak - 1 : 0; });
  const at = (row) => (first + row - 1) * DAY;
  return plotted((box, width) => {
    const left = 62, right = 8, upper = 240, gap = 26, lower = 90, height = upper + gap + lower + 22;
    const x = (row) => left + (row / Math.max(points.length - 1, 1)) * (width - left - right);
    const low = Math.min(...points), high = Math.max(...points), pad = (high - low || 1) * 0.06;
    const y = (value) => 8 + (1 - (value - low + pad) / (high - low + 2 * pad)) * (upper - 8);
    const deepest = Math.min(...falls) || -0.01;
    const under = (fall) => upper + gap + (fall / deepest) * lower;
    const image = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": `${words.equity}, ${words.drawdown}` });
    for (const tick of ticks(low, high, 5)) {
      image.append(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(tick), y2: y(tick) }),
        svg("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, integer(tick)));
    }
    for (const tick of ticks(deepest, 0, 3)) {
      image.append(svg("line", { class: tick ? "grid" : "zero", x1: left, x2: width - right, y1: under(tick), y2: under(tick) }),
        svg("text", { x: left - 6, y: under(tick) + 4, "text-anchor": "end" }, percent(tick, deepest > -0.03 ? 1 : 0)));
    }
    const labels = Math.max(2, Math.floor((width - left) / 110));
    for (let label = 0; label <= labels; label++) {
      const row = Math.round((label / labels) * (points.length - 1));
      const anchor = label === 0 ? "start" : label === labels ? "end" : "middle";
      image.append(svg("text", { x: x(row), y: height - 4, "text-anchor": anchor }, day(at(row))));
    }
    const longest = data.longest;
    if (longest) {
      const from = x(longest.start + 1), to = x(longest.end + 1);
      const length = `${integer(longest.days)} ${words.days}`;
      const told = width < 520 ? length : `${words.longest}: ${length}${longest.recovered ? "" : `, ${words.not_recovered}`}`;
      const anchor = from > width / 2 ? "end" : "start";
      image.append(svg("rect", { class: "band", x: from, width: Math.max(to - from, 1), y: 8, height: upper + gap + lower - 8 }),
        svg("text", { x: anchor === "end" ? to - 4 : from + 4, y: upper + gap - 9, "text-anchor": anchor }, told));
    }
    const line = (value) => (value.map((each, row) => `${row ? "L" : "M"}${x(row).toFixed(1)} ${each.toFixed(1)}`)).join("");
    const fallen = line(falls.map(under));
    image.append(svg("path", { class: "under", d: `${fallen}L${x(points.length - 1)} ${under(0)}L${x(0)} ${under(0)}Z` }),
      svg("path", { class: "fall", d: fallen }), svg("path", { class: "curve", d: line(points.map(y)) }));
    const cursor = svg("line", { class: "cursor", y1: 8, y2: upper + gap + lower, x1: -9, x2: -9 });
    image.append(cursor);
    const readout = el("div", { class: "readout" });
    const show = (event) => {
      const inside = event.clientX - box.getBoundingClientRect().left;
      const row = clamp(Math.round(((inside - left) / (width - left - right)) * (points.length - 1)), 0, points.length - 1);
      cursor.setAttribute("x1", x(row));
      cursor.setAttribute("x2", x(row));
      readout.textContent = `${day(at(row))} · ${words.equity} ${number(points[row])} · ${words.drawdown} ${percent(falls[row])}`;
      readout.style.left = `${clamp(x(row) - readout.offsetWidth / 2, 0, width - readout.offsetWidth)}px`;
    };
    image.addEventListener("pointermove", show);
    image.addEventListener("pointerdown", show);
    image.addEventListener("pointerleave", () => { readout.textContent = ""; cursor.setAttribute("x1", -9); cursor.setAttribute("x2", -9); });
    box.replaceChildren(image, readout);
  });
}

/** How many trades ended with how many R. */
function distributionChart(multiples) {
  return plotted((box, width) => {
    const left = 40, height = 240, bottom = height - 22;
    const sorted = [...multiples].sort((one, other) => one - other);
    // The outermost percent is put into the outermost bars, so that one trade does not flatten all others.
    const edge = (share) => sorted[clamp(Math.round(share * (sorted.length - 1)), 0, sorted.length - 1)];
    const low = Math.min(edge(0.01), -1), high = Math.max(edge(0.99), 1);
    const step = [0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 50].find((each) => (high - low) / each <= 40) || (high - low) / 40;
    const first = Math.floor(low / step), bars = Math.max(Math.ceil(high / step) - first, 1);
    const counts = new Array(bars).fill(0);
    for (const value of multiples) counts[clamp(Math.floor(value / step) - first, 0, bars - 1)]++;
    const most = Math.max(...counts, 1);
    const x = (value) => left + ((value / step - first) / bars) * (width - left - 8);
    const y = (count) => bottom - (count / most) * (bottom - 12);
    const image = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": words.distribution });
    for (const tick of ticks(0, most, 4).filter(Number.isInteger)) {
      image.append(svg("line", { class: "grid", x1: left, x2: width - 8, y1: y(tick), y2: y(tick) }),
        svg("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, integer(tick)));
    }
    counts.forEach((count, bar) => {
      const from = (first + bar) * step;
      const told = `${number(from)} … ${number(from + step)} R: ${integer(count)}`;
      image.append(svg("rect", { class: from >= -1e-9 ? "gains" : "losses", x: x(from) + 0.5, y: y(count),
        width: Math.max(x(from + step) - x(from) - 1, 0.5), height: bottom - y(count) }, svg("title", {}, told)));
    });
    image.append(svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 4, y2: bottom }));
    for (const tick of ticks(low, high, Math.min(8, width / 60))) {
      image.append(svg("text", { x: x(tick), y: height - 4, "text-anchor": "middle" }, `${minus(significant.format(Number(tick.toFixed(6))))} R`));
    }
    box.replaceChildren(image);
  });
}

/** Every trade by how far it went against and for; circles gained, crosses lost. */
function excursionChart(trades) {
  return plotted((box, width) => {
    const left = 52, height = 260, bottom = height - 24;
    const reach = (name) => {
      const sorted = trades.map((trade) => trade[name]).sort((one, other) => one - other);
      return Math.max(sorted[Math.floor(0.99 * (sorted.length - 1))] * 1.15, 1e-4);
    };
    const across = reach("mae"), up = reach("mfe");
    const x = (value) => left + (Math.min(value, across) / across) * (width - left - 12);
    const y = (value) => bottom - (Math.min(value, up) / up) * (bottom - 12);
    const image = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": words.excursions });
    for (const tick of ticks(0, up, 5)) {
      image.append(svg("line", { class: "grid", x1: left, x2: width - 12, y1: y(tick), y2: y(tick) }),
        svg("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, percent(tick, up < 0.02 ? 2 : 1)));
    }
    for (const tick of ticks(0, across, Math.min(6, width / 80))) {
      image.append(svg("text", { x: x(tick), y: height - 6, "text-anchor": "middle" }, percent(tick, across < 0.02 ? 2 : 1)));
    }
    image.append(svg("text", { x: left + 4, y: 14 }, "MFE ↑"), svg("text", { x: width - 12, y: bottom - 6, "text-anchor": "end" }, "MAE →"));
    let won = "", lost = "";
    for (const trade of trades) {
      const cx = x(trade.mae).toFixed(1), cy = y(trade.mfe).toFixed(1);
      if (trade.pnl > 0) won += `M${cx} ${cy}m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0`;
      else lost += `M${cx} ${cy}m-2.5-2.5l5 5m0-5l-5 5`;
    }
    image.append(svg("path", { class: "lost", d: lost }), svg("path", { class: "won", d: won }));
    box.replaceChildren(image);
  });
}
