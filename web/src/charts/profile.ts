/** Volume by price: bars behind the candles, from the price scale to the left. */
import type { IPrimitivePaneRenderer, ISeriesApi, ISeriesPrimitive, SeriesAttachedParameter } from "lightweight-charts";

type RenderTarget = Parameters<IPrimitivePaneRenderer["draw"]>[0];

export interface Volumes {
  /** The prices that the bins divide evenly. */
  low: number;
  high: number;
  /** From the lowest price up. */
  volumes: readonly number[];
  valueLow: number;
  valueHigh: number;
}

interface Colors {
  bar: string;
  /** Of the bin that traded most. */
  busiest: string;
}

/** The longest bar: a share of the pane, and no more pixels than that. */
const SHARE = 0.2;
const LONGEST = 150;

export class Profile implements ISeriesPrimitive {
  private series: ISeriesApi<"Candlestick"> | null = null;
  private requestUpdate: () => void = () => undefined;
  private shown: Volumes | null = null;
  private colors: Colors = { bar: "", busiest: "" };

  attached({ series, requestUpdate }: SeriesAttachedParameter): void {
    this.series = series as ISeriesApi<"Candlestick">;
    this.requestUpdate = requestUpdate;
  }

  detached(): void {
    this.series = null;
  }

  show(volumes: Volumes | null, colors: Colors): void {
    this.shown = volumes;
    this.colors = colors;
    this.requestUpdate();
  }

  paneViews() {
    return [{ zOrder: () => "bottom" as const, renderer: () => ({ draw: (target: RenderTarget) => this.draw(target) }) }];
  }

  private draw(target: RenderTarget): void {
    const { series, shown, colors } = this;
    if (!series || !shown) return;
    const most = Math.max(...shown.volumes);
    const step = (shown.high - shown.low) / shown.volumes.length;
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      const longest = Math.min(LONGEST, mediaSize.width * SHARE);
      shown.volumes.forEach((volume, bin) => {
        const low = shown.low + bin * step;
        const bottom = series.priceToCoordinate(low);
        const top = series.priceToCoordinate(low + step);
        if (top === null || bottom === null) return;
        const middle = low + step / 2;
        const width = (volume / most) * longest;
        context.globalAlpha = volume === most ? 0.6 : middle > shown.valueLow && middle < shown.valueHigh ? 0.4 : 0.2;
        context.fillStyle = volume === most ? colors.busiest : colors.bar;
        context.fillRect(mediaSize.width - width, top, width, Math.max(1, bottom - top - 1));
      });
      context.globalAlpha = 1;
    });
  }
}
