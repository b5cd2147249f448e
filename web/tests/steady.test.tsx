import { act, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { STILL_MS, useSteady } from "@/ui/steady";

interface Row {
  id: string;
  text: string;
}

function List({ rows, world }: { rows: readonly Row[]; world?: string }) {
  const { items, handlers } = useSteady(rows, world);
  return (
    <ul {...handlers}>
      {items.map((row) => (
        <li key={row.id}>{row.text}</li>
      ))}
    </ul>
  );
}

const A = { id: "a", text: "A" };
const B = { id: "b", text: "B" };
const C = { id: "c", text: "C" };
const shown = () => screen.getAllByRole("listitem").map((item) => item.textContent);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("a live list", () => {
  it("moves while nobody points at it", () => {
    const { rerender } = render(<List rows={[A]} />);
    rerender(<List rows={[B, A]} />);
    expect(shown()).toEqual(["B", "A"]);
  });

  it("stands still under the pointer, though what it says is live", () => {
    const { rerender } = render(<List rows={[A, B]} />);
    fireEvent.pointerMove(screen.getByRole("list"));
    rerender(<List rows={[C, { ...B, text: "B now" }]} />);
    expect(shown()).toEqual(["A", "B now"]);
    fireEvent.pointerLeave(screen.getByRole("list"));
    expect(shown()).toEqual(["C", "B now"]);
  });

  it("moves on after a while under a pointer that rests", () => {
    const { rerender } = render(<List rows={[A]} />);
    fireEvent.pointerMove(screen.getByRole("list"));
    rerender(<List rows={[B, A]} />);
    void act(() => vi.advanceTimersByTime(STILL_MS));
    expect(shown()).toEqual(["B", "A"]);
  });

  it("shows another list at once", () => {
    const { rerender } = render(<List rows={[A]} world="open" />);
    fireEvent.pointerMove(screen.getByRole("list"));
    rerender(<List rows={[B]} world="closed" />);
    expect(shown()).toEqual(["B"]);
  });
});
