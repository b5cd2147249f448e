"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const words = data.words;
const locale = data.language;
const SVG = "http://www.w3.org/2000/svg";
const DAY = 86400000;

/** An element with attributes and children; texts are texts, never markup. */
function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function section(title, { hint = null, tools = [], kind = null } = {}, ...children) {
  const head = el("header", {}, el("h2", {}, title), hint && el("small", { class: "hint" }, hint),
    tools.length ? el("div", { class: "tools" }, ...tools) : null);
  return el("section", { class: kind }, head, ...children);
}

function fact(title, value, kind = null, wide = false) {
  return el("div", { class: wide ? "wide" : null }, el("dt", {}, title), el("dd", { class: kind }, value));
}

const plain = (digits) => new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
const two = plain(2);
const whole = plain(0);
const significant = new Intl.NumberFormat(locale, { maximumSignificantDigits: 7 });
const minus = (text) => text.replace("-", "−");

function number(value) { return value === null ? "–" : minus(two.format(value)); }
function integer(value) { return minus(whole.format(value)); }
function price(value) { return significant.format(value); }
function percent(value, digits = 2) { return value === null ? "–" : `${minus(plain(digits).format(value * 100))} %`; }
/** With a plus where it gained, so that colour never says it alone. */
function signed(value, show) { return value === null ? "–" : (value > 0 ? "+" : "") + show(value); }
function tone(value) { return value > 0 ? "gain" : value < 0 ? "loss" : null; }

function day(ms) { return new Date(ms).toISOString().slice(0, 10); }
function minute(ms) { return new Date(ms).toISOString().slice(0, 16).replace("T", " "); }
function put(text, values) { return text.replace(/\{(\w+)\}/g, (_, name) => values[name]); }
function clamp(value, low, high) { return Math.min(Math.max(value, low), high); }
function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim(); }

/** Round numbers over a range, about `count` of them. */
function ticks(low, high, count) {
  const span = high - low || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const found = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) found.push(tick);
  return found;
}

/** Draw now, and again whenever the width or the colours change. */
const drawings = [];
function plotted(draw) {
  const box = el("div", { class: "plot" });
  let width = 0;
  const redraw = () => { if (width) draw(box, width); };
  new ResizeObserver(([entry]) => {
    const found = Math.floor(entry.contentRect.width);
    if (found && found !== width) { width = found; redraw(); }
  }).observe(box);
  drawings.push(redraw);
  return box;
}
function redrawn() { drawings.forEach((redraw) => redraw()); }
