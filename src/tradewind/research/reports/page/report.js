function heading() {
  const { strategy } = data;
  const theme = el("button", { type: "button", class: "tool", title: words.theme, "aria-label": words.theme, onclick: () => {
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    redrawn();
  } }, "◐");
  const chips = data.parameters.map(({ name, value, changed }) =>
    el("span", { class: changed ? "chip changed" : "chip", title: changed ? words.changed : null }, `${name} = ${value}${changed ? " *" : ""}`));
  const legend = data.parameters.some(({ changed }) => changed) ? el("small", {}, `* ${words.changed}`) : null;
  return el("section", {},
    el("div", { class: "top" }, el("div", {}, el("div", { class: "eyebrow" }, data.validation ? words.validation : words.backtest),
      el("h1", {}, strategy.title), el("p", {}, strategy.description)), theme),
    el("dl", { class: "facts" },
      fact(words.symbols, data.symbols.join(", ")), fact(words.timeframe, data.timeframe),
      fact(words.span, `${minute(data.start)} – ${minute(data.stop)}`), fact(words.profile, words[`profile_${data.profile}`]),
      fact(words.candle_count, integer(data.candleCount)), fact(words.year_days, significant.format(data.year)),
      fact(words.weakness, strategy.weakness, null, true),
      el("div", { class: "wide" }, el("dt", {}, words.parameters), el("dd", {}, el("div", { class: "chips" }, ...chips), legend)),
      fact(words.content_hash, `${strategy.name} ${words.version} ${strategy.version} · ${strategy.hash}`, "code", true),
      fact(words.fingerprint, data.fingerprint, "code", true)));
}

function warnings() {
  const said = data.warnings.length ? el("ul", {}, ...data.warnings.map((text) => el("li", {}, text))) : el("p", {}, words.no_warnings);
  const unchecked = data.unchecked.length ? el("p", {}, el("small", {}, `${words.unchecked}: ${data.unchecked.join(" ")}`)) : null;
  return section(words.warnings, { kind: data.warnings.length ? "warnings" : "warnings clean" }, said, unchecked);
}

/** Figures with their definitions: shown while pointed at or focused, and kept after a tap. */
function figures() {
  const shows = { count: integer, days: (value) => `${integer(value)} ${words.days}`, money: number, fraction: percent, ratio: number, risks: (value) => `${number(value)} R` };
  const definition = el("p", { class: "definition", "aria-live": "polite" }, words.figures_hint);
  let open = null;
  const tell = (figure) => { definition.textContent = figure ? `${figure.title}: ${figure.text}` : words.figures_hint; };
  const toned = new Set(["total_return", "cagr", "sharpe", "sortino", "calmar", "expectancy", "expectancy_r", "sqn"]);
  const cards = data.figures.map((figure) => {
    const value = figure.value === null ? "–" : shows[figure.unit](figure.value);
    const card = el("button", { type: "button", class: "figure", "aria-expanded": "false", title: figure.text,
      onmouseenter: () => tell(figure), onmouseleave: () => tell(open), onfocus: () => tell(figure), onblur: () => tell(open),
      onclick: () => {
        open = open === figure ? null : figure;
        cards.forEach((each) => each.setAttribute("aria-expanded", String(open === figure && each === card)));
        // Next to what was tapped: on a phone the end of the figures is out of sight.
        (open ? card : cards.at(-1)).after(definition);
        tell(open);
      } },
    el("span", { class: "name" }, figure.title), el("b", { class: toned.has(figure.key) ? tone(figure.value) : null }, value));
    return card;
  });
  const all = data.figures.map(({ title, text }) => el("div", {}, el("dt", {}, `${title}: `), el("dd", {}, text)));
  return section(words.figures, {}, el("div", { class: "figures" }, ...cards, definition), el("dl", { class: "definitions" }, ...all));
}

function results() {
  const trades = tradesOf();
  if (!trades.length) return [section(words.trades, {}, el("p", {}, words.no_trades))];
  const chart = new PriceChart(trades);
  const choose = (trade) => { chart.choose(trade); chart.box.scrollIntoView({ block: "center" }); };
  const every = Math.ceil(trades.length / 4000);
  const some = trades.filter((_, place) => place % every === 0);
  const multiples = trades.map((trade) => trade.r).filter((value) => value !== null);
  const hint = words.excursions_hint + (every > 1 ? ` (${put(words.thinned, { n: every })})` : "");
  return [chart.section(),
    el("div", { class: "two" }, section(words.distribution, {}, multiples.length ? distributionChart(multiples) : el("p", {}, "–")),
      section(words.excursions, {}, excursionChart(some), el("small", {}, hint))),
    el("div", { class: "two" }, ...data.groups.map(groupTable)),
    tradeTable(trades, choose)];
}

document.getElementById("report").append(
  heading(), ...judgement(), warnings(), figures(),
  section(`${words.equity}, ${words.drawdown.toLowerCase()}`, {}, equityChart()),
  monthTable(), ...results(),
  data.refused.length ? section(words.refused, {}, el("ul", {}, ...data.refused.map((text) => el("li", {}, text)))) : "",
  section(words.assumptions, {}, el("ul", {}, ...data.assumptions.map(({ text }) => el("li", {}, text)))),
  el("footer", {}, words.past));

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawn);
// Paper is white: canvases are drawn again in light colours before they are printed.
let before;
addEventListener("beforeprint", () => { before = document.documentElement.dataset.theme; document.documentElement.dataset.theme = "light"; redrawn(); });
addEventListener("afterprint", () => { if (before) document.documentElement.dataset.theme = before; else delete document.documentElement.dataset.theme; redrawn(); });
