/** The candle chart: lightweight-charts behind the few words that the page needs. Keeps TradingView's attribution. */
import {
  CandlestickSeries,
  ColorType,
  createChart,
  createSeriesMarkers,
  CrosshairMode,
  HistogramSeries,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineStyle,
  type SeriesMarker,
  TickMarkType,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";

import type { Formatter } from "@/format";
import { themeColor } from "@/ui/theme";
import { Profile, type Volumes } from "./profile";
import { type Zone, Zones } from "./zones";

export interface Bar {
  /** Open time, Unix seconds. */
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

export interface Line {
  price: number;
  title: string;
  color: "accent" | "loss" | "gain" | "muted";
  style?: keyof typeof STYLES;
}

export interface Mark {
  time: number;
  side: "long" | "short";
  entry: boolean;
  text: string;
}

export interface ZoneMark {
  from: number;
  to: number | null;
  low: number;
  high: number;
  side: "long" | "short";
}

const STYLES = { solid: LineStyle.Solid, dashed: LineStyle.Dashed, dotted: LineStyle.Dotted };

const stamp = (time: number) => time as UTCTimestamp;

export class CandleChart {
  private readonly chart: IChartApi;
  private readonly candles: ISeriesApi<"Candlestick">;
  private readonly volumes: ISeriesApi<"Histogram">;
  private readonly markers: ISeriesMarkersPluginApi<Time>;
  private readonly zones = new Zones();
  private readonly profile = new Profile();
  private lines: IPriceLine[] = [];
  private last: Bar | null = null;
  private readonly shown: { bars: Bar[]; lines: Line[]; marks: Mark[]; zones: ZoneMark[]; profile: Volumes | null } = {
    bars: [],
    lines: [],
    marks: [],
    zones: [],
    profile: null,
  };

  constructor(
    element: HTMLElement,
    private format: Formatter,
    private readonly step: number,
  ) {
    this.chart = createChart(element, {
      autoSize: true,
      crosshair: { mode: CrosshairMode.Normal },
      handleScale: { axisPressedMouseMove: { time: true, price: true } },
      rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.2 } },
      timeScale: { timeVisible: true, secondsVisible: false, rightOffset: 6, barSpacing: 8, minBarSpacing: 2 },
    });
    this.candles = this.chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.volumes = this.chart.addSeries(HistogramSeries, {
      priceScaleId: "volume",
      priceFormat: { type: "volume" },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.86, bottom: 0 } });
    this.candles.attachPrimitive(this.zones);
    this.candles.attachPrimitive(this.profile);
    this.markers = createSeriesMarkers(this.candles, []);
    this.restyle(format);
  }

  /** Colours of the theme and words of the language. */
  restyle(format: Formatter): void {
    this.format = format;
    const line = themeColor("line");
    this.chart.applyOptions({
      layout: {
        attributionLogo: true,
        background: { type: ColorType.Solid, color: themeColor("surface") },
        textColor: themeColor("muted"),
        fontFamily: getComputedStyle(document.documentElement).fontFamily,
        fontSize: 11,
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: {
        borderColor: line,
        tickMarkFormatter: (time: Time, type: TickMarkType) => this.tick(Number(time) * 1000, type),
      },
      localization: { timeFormatter: (time: Time) => this.format.dateTime(Number(time) * 1000) },
    });
    this.candles.applyOptions({
      upColor: themeColor("gain"),
      wickUpColor: themeColor("gain"),
      downColor: themeColor("loss"),
      wickDownColor: themeColor("loss"),
    });
    this.drawBars();
    this.setLines(this.shown.lines);
    this.setMarks(this.shown.marks);
    this.setZones(this.shown.zones);
    this.setProfile(this.shown.profile);
  }

  private tick(at: number, type: TickMarkType): string {
    switch (type) {
      case TickMarkType.Year:
        return this.format.year(at);
      case TickMarkType.Month:
        return this.format.month(at);
      case TickMarkType.DayOfMonth:
        return this.format.date(at);
      case TickMarkType.Time:
        return this.format.time(at);
      case TickMarkType.TimeWithSeconds:
        return this.format.clock(at);
    }
  }

  setPrecision(digits: number): void {
    const formatter = (price: number) => this.format.price(String(price), digits);
    this.candles.applyOptions({ priceFormat: { type: "custom", formatter, minMove: 10 ** -digits } });
  }

  setBars(bars: Bar[]): void {
    this.shown.bars = bars;
    this.drawBars();
  }

  private drawBars(): void {
    const { bars } = this.shown;
    this.candles.setData(bars.map(({ time, open, high, low, close }) => ({ time: stamp(time), open, high, low, close })));
    this.volumes.setData(bars.map((bar) => this.volume(bar)));
    this.last = bars.at(-1) ?? null;
  }

  private volume(bar: Bar) {
    return { time: stamp(bar.time), value: bar.volume, color: `${themeColor(bar.close >= bar.open ? "gain" : "loss")}55` };
  }

  /** A price at market second `at`; true when it began a new candle, so that the one before is closed. */
  price(at: number, price: number): boolean {
    const time = Math.floor(at / this.step) * this.step;
    const { last } = this;
    if (!last || time < last.time) return false;
    const began = time > last.time;
    const bar: Bar = began
      ? { time, open: last.close, high: Math.max(last.close, price), low: Math.min(last.close, price), close: price, volume: 0 }
      : { ...last, high: Math.max(last.high, price), low: Math.min(last.low, price), close: price };
    this.last = bar;
    if (began) this.shown.bars = [...this.shown.bars, bar];
    else this.shown.bars[this.shown.bars.length - 1] = bar;
    this.candles.update({ time: stamp(bar.time), open: bar.open, high: bar.high, low: bar.low, close: bar.close });
    this.volumes.update(this.volume(bar));
    return began;
  }

  setLines(lines: Line[]): void {
    this.shown.lines = lines;
    this.lines.forEach((line) => this.candles.removePriceLine(line));
    this.lines = lines.map(({ price, title, color, style = "solid" }) =>
      this.candles.createPriceLine({
        price,
        title,
        color: themeColor(color),
        lineWidth: 1,
        lineStyle: STYLES[style],
        axisLabelVisible: true,
      }),
    );
  }

  setMarks(marks: Mark[]): void {
    this.shown.marks = marks;
    const first = this.shown.bars[0]?.time ?? Infinity;
    const shown: SeriesMarker<Time>[] = marks
      .map(({ time, ...mark }) => ({ ...mark, time: Math.floor(time / this.step) * this.step }))
      .filter((mark) => mark.time >= first)
      .sort((a, b) => a.time - b.time)
      .map(({ time, side, entry, text }) => {
        // Buying points up from below, selling down from above.
        const buys = (side === "long") === entry;
        return {
          time: stamp(time),
          position: buys ? "belowBar" : "aboveBar",
          shape: entry ? (buys ? "arrowUp" : "arrowDown") : "circle",
          color: entry ? themeColor(side) : themeColor("ink"),
          text,
        };
      });
    this.markers.setMarkers(shown);
  }

  setZones(zones: ZoneMark[]): void {
    this.shown.zones = zones;
    const floor = (time: number) => stamp(Math.floor(time / this.step) * this.step);
    this.zones.show(
      zones.map(
        ({ from, to, low, high, side }): Zone => ({
          from: floor(from),
          to: to === null ? null : floor(to),
          low,
          high,
          color: themeColor(side),
        }),
      ),
    );
  }

  setProfile(volumes: Volumes | null): void {
    this.shown.profile = volumes;
    this.profile.show(volumes, { bar: themeColor("muted"), busiest: themeColor("accent") });
  }

  /** Calls `listener` when the oldest candles come into view. */
  onOldest(listener: () => void): void {
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && range.from < 12) listener();
    });
  }

  remove(): void {
    this.chart.remove();
  }
}
