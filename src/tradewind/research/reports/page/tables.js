const FIELDS = ["symbol", "side", "entryAt", "entry", "exitAt", "exit", "reason", "quantity", "fees", "pnl", "gained", "r", "mfe", "mae"];
const PAGE = 50;

function tradesOf() {
  return data.trades.map((row, number) => ({ number: number + 1, ...Object.fromEntries(FIELDS.map((name, place) => [name, row[place]])) }));
}

/** A table that a click on a heading sorts, a page at a time. */
function tradeTable(trades, choose) {
  const columns = [
    ["number", "#", (trade) => integer(trade.number)],
    ["symbol", words.symbol, (trade) => data.symbols[trade.symbol]],
    ["side", words.side, (trade) => (trade.side > 0 ? `▲ ${words.long}` : `▼ ${words.short}`)],
    ["entryAt", words.entry, (trade) => minute(trade.entryAt)],
    ["entry", words.entry_price, (trade) => price(trade.entry)],
    ["exitAt", words.exit, (trade) => minute(trade.exitAt)],
    ["exit", words.exit_price, (trade) => price(trade.exit)],
    ["reason", words.reason, (trade) => data.reasons[trade.reason]],
    ["quantity", words.quantity, (trade) => price(trade.quantity)],
    ["fees", words.fees, (trade) => number(trade.fees)],
    ["pnl", words.pnl, (trade) => signed(trade.pnl, number)],
    ["gained", words.return, (trade) => signed(trade.gained, percent)],
    ["r", "R", (trade) => signed(trade.r, number)],
    ["mfe", "MFE", (trade) => percent(trade.mfe)],
    ["mae", "MAE", (trade) => percent(trade.mae)],
  ];
  const texts = new Set(["symbol", "side", "reason"]);
  let sorted = [...trades], by = "number", down = false, count = PAGE;
  const heads = columns.map(([key, title]) => el("th", { class: texts.has(key) ? "left" : null },
    el("button", { type: "button", onclick: () => sort(key) }, title)));
  const body = el("tbody");
  const more = el("button", { type: "button", class: "tool", onclick: () => { count += PAGE; fill(); } });
  const value = (trade, key) => (key === "symbol" ? data.symbols[trade.symbol] : key === "reason" ? data.reasons[trade.reason] : trade[key]);
  function sort(key) {
    down = key === by ? !down : false;
    by = key;
    const compare = (one, other) => {
      const [left, right] = [value(one, key), value(other, key)];
      // What is undefined comes last, whichever way.
      if (left === null || right === null) return (left === null) - (right === null);
      return (left < right ? -1 : left > right ? 1 : 0) * (down ? -1 : 1) || one.number - other.number;
    };
    sorted = [...trades].sort(compare);
    fill();
  }
  function fill() {
    columns.forEach(([key], place) => {
      if (key === by) heads[place].setAttribute("aria-sort", down ? "descending" : "ascending");
      else heads[place].removeAttribute("aria-sort");
      heads[place].firstChild.textContent = columns[place][1] + (key === by ? (down ? " ↓" : " ↑") : "");
    });
    body.replaceChildren(...sorted.slice(0, count).map((trade) => el("tr", { tabindex: "0",
      onclick: () => choose(trade), onkeydown: (event) => { if (event.key === "Enter") choose(trade); } },
    ...columns.map(([key, , show]) => el("td", { class: key === "pnl" || key === "gained" || key === "r" ? tone(trade[key]) : texts.has(key) ? "left" : null }, show(trade))))));
    more.hidden = count >= sorted.length;
    more.textContent = put(words.more, { n: integer(Math.min(PAGE, sorted.length - count)) });
    shown.textContent = put(words.shown_of, { n: integer(Math.min(count, sorted.length)), of: integer(sorted.length) });
  }
  const shown = el("small");
  fill();
  return section(words.trades, { hint: words.row_hint, tools: [shown], kind: "trades long" },
    el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ...heads)), body)), more);
}

function monthTable() {
  const names = Array.from({ length: 12 }, (_, month) => new Intl.DateTimeFormat(locale, { month: "short", timeZone: "UTC" }).format(Date.UTC(2024, month, 1)));
  const cell = (value) => el("td", { class: value === undefined ? null : tone(value) }, value === undefined ? "" : signed(value, (each) => percent(each, 1)));
  const rows = data.years.map(([year, total]) => {
    const own = new Map(data.months.filter(([of]) => of === year).map(([, month, gained]) => [month, gained]));
    return el("tr", {}, el("th", { scope: "row" }, String(year)), ...names.map((_, month) => cell(own.get(month + 1))), cell(total));
  });
  const head = el("tr", {}, ...[words.year, ...names, words.total].map((name) => el("th", { scope: "col" }, name)));
  return section(words.months, {}, el("div", { class: "scroll" }, el("table", { class: "months" }, el("thead", {}, head), el("tbody", {}, ...rows))));
}

function groupTable({ by, rows }) {
  const name = (row) => (by === "side" ? words[row.name] : by === "exit_reason" ? data.reasons[row.name] : row.name);
  const head = ["group", "trades", "pnl", "win_rate", "profit_factor", "mean_r"].map((key) => el("th", { scope: "col" }, words[key]));
  const body = rows.map((row) => el("tr", {}, el("td", {}, name(row)), el("td", {}, integer(row.trades)),
    el("td", { class: tone(row.pnl) }, signed(row.pnl, number)), el("td", {}, percent(row.win_rate, 1)),
    el("td", {}, number(row.profit_factor)), el("td", { class: tone(row.expectancy_r) }, signed(row.expectancy_r, number))));
  return section(words[`by_${by}`], {}, el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...body))));
}
