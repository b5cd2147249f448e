/** Boxes behind the candles: where a signal wants to enter, and since when. */
import type {
  IChartApi,
  IPrimitivePaneRenderer,
  ISeriesApi,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  UTCTimestamp,
} from "lightweight-charts";

type RenderTarget = Parameters<IPrimitivePaneRenderer["draw"]>[0];

export interface Zone {
  /** Open time of the candle that it begins and ends with; null = it goes on. */
  from: UTCTimestamp;
  to: UTCTimestamp | null;
  low: number;
  high: number;
  color: string;
}

export class Zones implements ISeriesPrimitive {
  private chart: IChartApi | null = null;
  private series: ISeriesApi<"Candlestick"> | null = null;
  private requestUpdate: () => void = () => undefined;
  private zones: readonly Zone[] = [];

  attached({ chart, series, requestUpdate }: SeriesAttachedParameter): void {
    this.chart = chart;
    this.series = series as ISeriesApi<"Candlestick">;
    this.requestUpdate = requestUpdate;
  }

  detached(): void {
    this.chart = this.series = null;
  }

  show(zones: readonly Zone[]): void {
    this.zones = zones;
    this.requestUpdate();
  }

  paneViews() {
    return [{ zOrder: () => "bottom" as const, renderer: () => ({ draw: (target: RenderTarget) => this.draw(target) }) }];
  }

  private draw(target: RenderTarget): void {
    const { chart, series } = this;
    if (!chart || !series) return;
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      for (const zone of this.zones) {
        const top = series.priceToCoordinate(zone.high);
        const bottom = series.priceToCoordinate(zone.low);
        const left = chart.timeScale().timeToCoordinate(zone.from) ?? 0;
        const right = zone.to === null ? mediaSize.width : chart.timeScale().timeToCoordinate(zone.to);
        if (top === null || bottom === null || right === null) continue;
        const height = Math.max(2, bottom - top);
        context.globalAlpha = 0.16;
        context.fillStyle = zone.color;
        context.fillRect(left, top, right - left, height);
        context.globalAlpha = 0.7;
        context.fillRect(left, top, 2, height);
        context.globalAlpha = 1;
      }
    });
  }
}
