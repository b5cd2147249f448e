function unpacked(text, Kind) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new Kind(bytes.buffer);
}

/** Candles of one symbol with their trades, on a canvas; drawn coarser where there are more candles than pixels. */
class PriceChart {
  constructor(trades) {
    this.trades = trades;
    this.held = new Map();
    this.symbol = Math.max(data.symbols.findIndex((_, place) => trades.some((trade) => trade.symbol === place)), 0);
    this.chosen = null;
    this.pointers = new Map();
    this.canvas = el("canvas", { tabindex: "0", role: "img", "aria-label": words.price });
    this.readout = el("div", { class: "readout" });
    this.box = plotted((box, width) => {
      if (!box.firstChild) box.append(this.canvas, this.readout);
      this.width = width;
      this.height = width < 560 ? 300 : 420;
      this.draw();
    });
    this.listen();
    this.all();
  }

  get candles() {
    const name = data.symbols[this.symbol];
    if (!this.held.has(name)) {
      const packed = data.candles.of[name];
      const found = { t: Float64Array.from(unpacked(packed.t, Int32Array), (at) => at * 60000) };
      for (const part of ["o", "h", "l", "c"]) found[part] = unpacked(packed[part], Float32Array);
      this.held.set(name, found);
    }
    return this.held.get(name);
  }

  all() {
    const { t } = this.candles;
    this.view(t[0], t[t.length - 1] + data.candles.ms);
  }

  /** Show from one moment to another, within what there is. */
  view(from, to) {
    const { t } = this.candles;
    const first = t[0], last = t[t.length - 1] + data.candles.ms;
    const span = clamp(to - from, Math.min(12 * data.candles.ms, last - first), last - first);
    this.from = clamp(from, first, last - span);
    this.to = this.from + span;
    this.later();
  }

  zoom(factor, around = 0.5) {
    const span = this.to - this.from, at = this.from + around * span;
    this.view(at - around * span * factor, at + (1 - around) * span * factor);
  }

  choose(trade) {
    this.chosen = trade;
    this.symbol = trade.symbol;
    if (this.select) this.select.value = String(trade.symbol);
    const span = Math.max((trade.exitAt - trade.entryAt) * 3, 80 * data.candles.ms);
    const middle = (trade.entryAt + trade.exitAt) / 2;
    this.view(middle - span / 2, middle + span / 2);
  }

  step(direction) {
    const own = this.trades.filter((trade) => trade.symbol === this.symbol);
    if (!own.length) return;
    const place = own.indexOf(this.chosen);
    this.choose(own[place < 0 ? (direction > 0 ? 0 : own.length - 1) : clamp(place + direction, 0, own.length - 1)]);
  }

  later() {
    if (this.waiting || !this.width) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.draw(); });
  }

  get plotWidth() { return this.width - 66; }
  x(at) { return ((at - this.from) / (this.to - this.from)) * this.plotWidth; }

  draw() {
    const { canvas, width, height } = this;
    const scale = window.devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.style.height = `${height}px`;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.font = "11px system-ui, sans-serif";
    const bars = this.bars();
    const shown = this.trades.filter((trade) => trade.symbol === this.symbol && trade.exitAt >= this.from && trade.entryAt <= this.to);
    let low = Infinity, high = -Infinity;
    for (const bar of bars) { low = Math.min(low, bar.l); high = Math.max(high, bar.h); }
    if (low > high) return;
    const pad = (high - low || high * 0.01) * 0.08;
    low -= pad; high += pad;
    const bottom = height - 22;
    this.y = (value) => 6 + (1 - (value - low) / (high - low)) * (bottom - 6);
    const colours = Object.fromEntries(["line", "muted", "gain", "loss", "accent", "ink", "line-strong", "surface"].map((name) => [name, colour(name)]));
    pen.strokeStyle = colours.line;
    pen.fillStyle = colours.muted;
    pen.lineWidth = 1;
    for (const tick of ticks(low, high, 6)) {
      const y = Math.round(this.y(tick)) + 0.5;
      pen.beginPath(); pen.moveTo(0, y); pen.lineTo(this.plotWidth, y); pen.stroke();
      pen.fillText(price(tick), this.plotWidth + 6, y + 4);
    }
    this.dates(pen, bottom);
    pen.save();
    pen.beginPath(); pen.rect(0, 0, this.plotWidth, bottom); pen.clip();
    this.bodies(pen, bars, colours);
    this.marks(pen, shown, colours);
    pen.restore();
  }

  /** What is in view, several candles as one where they would be narrower than three pixels. */
  bars() {
    const { t, o, h, l, c } = this.candles;
    const first = Math.max(bisected(t, this.from) - 1, 0), stop = Math.min(bisected(t, this.to) + 1, t.length);
    const group = Math.max(1, Math.ceil((stop - first) / (this.plotWidth / 3)));
    const found = [];
    // Groups begin at multiples, so that they do not change while the view moves.
    for (let row = first - (first % group); row < stop; row += group) {
      const end = Math.min(row + group, t.length);
      const bar = { t: t[row], to: t[end - 1] + data.candles.ms, o: o[row], h: -Infinity, l: Infinity, c: c[end - 1] };
      for (let each = row; each < end; each++) { bar.h = Math.max(bar.h, h[each]); bar.l = Math.min(bar.l, l[each]); }
      found.push(bar);
    }
    return found;
  }

  bodies(pen, bars, colours) {
    const wide = clamp((this.plotWidth / Math.max(bars.length, 1)) * 0.7, 1, 14);
    for (const rising of [true, false]) {
      pen.fillStyle = pen.strokeStyle = rising ? colours.gain : colours.loss;
      for (const bar of bars) {
        if (bar.c >= bar.o !== rising) continue;
        const x = (this.x(bar.t) + this.x(bar.to)) / 2, top = this.y(Math.max(bar.o, bar.c)), foot = this.y(Math.min(bar.o, bar.c));
        pen.globalAlpha = 0.55;
        pen.fillRect(x - 0.5, this.y(bar.h), 1, this.y(bar.l) - this.y(bar.h));
        // Hollow when rising, so that the colour is not all that says it.
        if (rising && wide > 4) pen.strokeRect(x - wide / 2, top, wide, Math.max(foot - top, 1));
        else pen.fillRect(x - wide / 2, top, wide, Math.max(foot - top, 1));
      }
    }
    pen.globalAlpha = 1;
  }

  /** Entries as triangles with the way to go, exits as circles; the line between them has the colour of the result. */
  marks(pen, trades, colours) {
    const half = data.candles.ms / 2, small = trades.length > 150;
    const size = small ? 3 : 6;
    for (const trade of trades) {
      const mine = trade === this.chosen, tint = trade.pnl > 0 ? colours.gain : colours.loss;
      const from = [this.x(trade.entryAt + half), this.y(trade.entry)], to = [this.x(trade.exitAt + half), this.y(trade.exit)];
      pen.strokeStyle = pen.fillStyle = tint;
      pen.lineWidth = mine ? 2.5 : 1.2;
      if (!small || mine) {
        pen.setLineDash([4, 3]);
        pen.beginPath(); pen.moveTo(...from); pen.lineTo(...to); pen.stroke();
        pen.setLineDash([]);
      }
      pen.fillStyle = colours.accent;
      pen.strokeStyle = colours.surface;
      pen.lineWidth = 1;
      const way = trade.side > 0 ? 1 : -1, grown = mine ? size + 2 : size;
      pen.beginPath();
      pen.moveTo(from[0], from[1] - way * grown); pen.lineTo(from[0] - grown, from[1] + way * grown); pen.lineTo(from[0] + grown, from[1] + way * grown);
      pen.closePath(); pen.fill(); pen.stroke();
      pen.fillStyle = tint;
      pen.beginPath(); pen.arc(to[0], to[1], grown * 0.75, 0, 2 * Math.PI); pen.fill(); pen.stroke();
    }
  }

  dates(pen, bottom) {
    const count = Math.max(2, Math.floor(this.plotWidth / 130)), fine = (this.to - this.from) / count < 2 * DAY;
    for (let label = 0; label < count; label++) {
      const share = (label + 0.5) / count, at = this.from + share * (this.to - this.from);
      const text = fine ? minute(at).slice(5) : day(at);
      pen.fillText(text, share * this.plotWidth - pen.measureText(text).width / 2, bottom + 16);
    }
  }

  tell(place) {
    const { t, o, h, l, c } = this.candles;
    const at = this.from + (place / this.plotWidth) * (this.to - this.from);
    const row = clamp(bisected(t, at + 1) - 1, 0, t.length - 1);
    this.readout.textContent = `${minute(t[row])} · O ${price(o[row])} H ${price(h[row])} L ${price(l[row])} C ${price(c[row])}`;
    this.readout.style.left = `${clamp(place - this.readout.offsetWidth / 2, 0, this.width - this.readout.offsetWidth)}px`;
  }

  listen() {
    const { canvas, pointers } = this;
    const place = (event) => event.clientX - canvas.getBoundingClientRect().left;
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(clamp(event.deltaY, -200, 200) * 0.002), clamp(place(event) / this.plotWidth, 0, 1));
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); pointers.set(event.pointerId, place(event)); });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => pointers.delete(event.pointerId));
    canvas.addEventListener("pointerleave", () => { this.readout.textContent = ""; });
    canvas.addEventListener("pointermove", (event) => {
      const now = place(event), before = pointers.get(event.pointerId);
      this.tell(now);
      if (before === undefined) return;
      const span = this.to - this.from;
      const other = [...pointers].find(([id]) => id !== event.pointerId);
      pointers.set(event.pointerId, now);
      if (!other) { const moved = ((before - now) / this.plotWidth) * span; this.view(this.from + moved, this.to + moved); }
      else this.zoom(clamp(Math.abs(before - other[1]) / Math.max(Math.abs(now - other[1]), 1), 0.5, 2), (now + other[1]) / 2 / this.plotWidth);
    });
    canvas.addEventListener("keydown", (event) => {
      const span = this.to - this.from;
      const acts = { ArrowLeft: () => this.view(this.from - span / 5, this.to - span / 5), ArrowRight: () => this.view(this.from + span / 5, this.to + span / 5),
        "+": () => this.zoom(0.6), "=": () => this.zoom(0.6), "-": () => this.zoom(1 / 0.6), 0: () => this.all() };
      if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
    });
  }

  section() {
    const button = (text, title, act) => el("button", { type: "button", title, "aria-label": title, onclick: act }, text);
    const choices = data.symbols.map((name, place) => el("option", { value: String(place), selected: place === this.symbol }, name));
    this.select = el("select", { "aria-label": words.symbol, onchange: (event) => { this.symbol = Number(event.target.value); this.chosen = null; this.all(); } }, ...choices);
    const tools = [this.select, button("‹", words.previous, () => this.step(-1)), button("›", words.next, () => this.step(1)),
      button("−", words.zoom_out, () => this.zoom(1 / 0.6)), button("+", words.zoom_in, () => this.zoom(0.6)), button(words.whole, words.whole, () => this.all())];
    const length = `${words.candles_of} ${integer(data.candles.ms / 60000)} ${words.minutes}`;
    return section(words.price, { hint: length, tools }, this.box, el("small", { class: "hint" }, words.price_hint));
  }
}

/** The first row at or behind `value`. */
function bisected(values, value) {
  let low = 0, high = values.length;
  while (low < high) { const middle = (low + high) >> 1; if (values[middle] < value) low = middle + 1; else high = middle; }
  return low;
}
