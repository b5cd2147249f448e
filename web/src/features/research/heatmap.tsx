import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Fold, HeatMapAnswer, RunDetail, SweepItem } from "@/client";
import { getSweepHeatMapOptions } from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { Select } from "@/ui/field";
import { LoadProblem, Skeleton } from "@/ui/state";
import { Card, CardTitle } from "@/ui/surface";
import { Segments } from "@/ui/tabs";
import { useScore } from "./figures";
import { REFRESH_MS, underWay } from "./state";

const FOLDS: readonly Fold[] = ["max", "median"];
/** Strong enough to be told apart, weak enough for the number on it to be read. */
const STRONGEST = 62;

/** Two parameters and the score, with a legend and a line that says what a cell is. */
export function HeatMapCard({ run, sweep }: { run: RunDetail; sweep: SweepItem }) {
  const { t } = useTranslation();
  const axes = [...sweep.axes].sort((a, b) => b.values.length - a.values.length).map((axis) => axis.name);
  const [x, setX] = useState(axes[0] ?? "");
  const [y, setY] = useState(axes[1] ?? "");
  const [fold, setFold] = useState<Fold>("max");
  const running = underWay(run);
  const { data, error, refetch } = useQuery({
    ...getSweepHeatMapOptions({ path: { run_id: run.id }, query: { x, ...(y ? { y } : {}), fold } }),
    placeholderData: keepPreviousData,
    refetchInterval: running ? 3 * REFRESH_MS : false,
    staleTime: running ? 0 : 30_000,
  });
  // Whoever chooses the other axis' parameter means to turn the map.
  const choose = (axis: "x" | "y", name: string) => {
    if (axis === "x") {
      if (name === y) setY(x);
      setX(name);
    } else {
      if (name === x) setX(y);
      setY(name);
    }
  };
  return (
    <Card aria-labelledby="sweep-map">
      <CardTitle id="sweep-map" title={t("research.sweep.heatmap")}>
        {axes.length > 2 && (
          <Segments
            label={t("research.sweep.fold")}
            value={fold}
            options={FOLDS.map((value) => ({ value, label: t(`research.sweep.folds.${value}`) }))}
            onChange={setFold}
          />
        )}
      </CardTitle>
      {axes.length > 1 && (
        <div className="flex flex-wrap gap-2 px-4 pb-2 sm:px-5">
          {(["x", "y"] as const).map((axis) => (
            <Select
              key={axis}
              label={t(`research.sweep.${axis}`)}
              title={t(`research.sweep.${axis}`)}
              className="w-40"
              value={axis === "x" ? x : y}
              onChange={(event) => choose(axis, event.target.value)}
            >
              {axes.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
          ))}
        </div>
      )}
      <div className="px-4 pb-4 sm:px-5">
        {error && !data ? (
          <LoadProblem error={error} retry={() => void refetch()} />
        ) : data ? (
          <HeatMap map={data} />
        ) : (
          <Skeleton className="h-64" />
        )}
      </div>
    </Card>
  );
}

function HeatMap({ map }: { map: HeatMapAnswer }) {
  const { t } = useTranslation();
  const format = useFormat();
  const score = useScore();
  const grid = useRef<HTMLTableElement>(null);
  const [focus, setFocus] = useState({ row: 0, column: 0 });
  const [shown, setShown] = useState<{ row: number; column: number } | null>(null);
  const scores = map.cells.flat().filter((cell) => cell !== null);
  const numbers = scores.map(Number);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const rows = map.y?.values ?? [""];
  const columns = map.x.values;
  const at = {
    row: Math.min(focus.row, rows.length - 1),
    column: Math.min(focus.column, columns.length - 1),
  };

  const tint = (value: string) => (high > low ? (Number(value) - low) / (high - low) : 1) * STRONGEST;
  const cellWords = (row: number, column: number) => {
    const value = score(map.objective, map.cells[row]?.[column] ?? null);
    const x = `${map.x.name} = ${columns[column]}`;
    const said = map.y
      ? t("research.sweep.cell", { x, y: `${map.y.name} = ${rows[row]}`, score: value })
      : t("research.sweep.cell_one", { x, score: value });
    return `${said} · ${t("research.sweep.cell_sets", { sets: format.integer(map.trials[row]?.[column] ?? 0) })}`;
  };
  const move = (event: KeyboardEvent) => {
    const steps: Record<string, readonly [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const row = Math.max(0, Math.min(rows.length - 1, at.row + step[0]));
    const column = Math.max(0, Math.min(columns.length - 1, at.column + step[1]));
    setFocus({ row, column });
    grid.current?.querySelector<HTMLElement>(`[data-cell="${row}-${column}"]`)?.focus();
  };

  if (!scores.length) return <p className="py-8 text-center text-muted">{t("research.sweep.nothing")}</p>;
  const measure = t(`research.measures.${map.objective}`);
  return (
    <>
      <p aria-live="polite" className="tnum min-h-5 pb-2 text-xs whitespace-normal text-soft">
        {shown ? cellWords(shown.row, shown.column) : <span className="text-muted">{t("research.sweep.hover")}</span>}
      </p>
      <div className="overflow-x-auto pb-1">
        <table
          ref={grid}
          role="grid"
          aria-label={t("research.sweep.heatmap")}
          className="border-separate border-spacing-0.5 text-center text-xs"
          onKeyDown={move}
          onPointerLeave={() => setShown(null)}
        >
          <thead>
            <tr>
              <th scope="col" className="px-1.5 text-left font-medium whitespace-nowrap text-muted">
                {map.y ? `${map.y.name} ↓ · ${map.x.name} →` : `${map.x.name} →`}
              </th>
              {columns.map((value) => (
                <th key={value} scope="col" className="tnum px-1.5 py-1 font-medium text-muted">
                  {value}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((value, row) => (
              <tr key={value}>
                <th scope="row" className="tnum px-1.5 text-right font-medium text-muted">
                  {value}
                </th>
                {columns.map((name, column) => {
                  const cell = map.cells[row]?.[column] ?? null;
                  return (
                    <td
                      key={name}
                      data-cell={`${row}-${column}`}
                      tabIndex={at.row === row && at.column === column ? 0 : -1}
                      aria-label={cellWords(row, column)}
                      className="tnum h-8 min-w-12 rounded px-1.5"
                      style={{
                        backgroundColor:
                          cell === null ? "var(--sunken)" : `color-mix(in srgb, var(--heat) ${tint(cell)}%, var(--surface))`,
                      }}
                      onFocus={() => {
                        setFocus({ row, column });
                        setShown({ row, column });
                      }}
                      onBlur={() => setShown(null)}
                      onPointerEnter={() => setShown({ row, column })}
                    >
                      {score(map.objective, cell)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 pt-3 text-xs text-muted">
        <span>{t("research.sweep.legend", { measure })}</span>
        <span className="tnum inline-flex items-center gap-2">
          {score(map.objective, scores[numbers.indexOf(low)] ?? null)}
          <span
            aria-hidden="true"
            className="h-2.5 w-28 rounded-full border border-line"
            style={{ background: `linear-gradient(90deg, var(--surface), color-mix(in srgb, var(--heat) ${STRONGEST}%, var(--surface)))` }}
          />
          {score(map.objective, scores[numbers.indexOf(high)] ?? null)}
        </span>
        <span className="inline-flex items-center gap-1.5">
          <span aria-hidden="true" className="size-2.5 rounded-sm bg-sunken" />
          {t("research.sweep.legend_none")}
        </span>
      </div>
    </>
  );
}
