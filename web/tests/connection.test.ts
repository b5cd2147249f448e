import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Connection, type ConnectionState } from "@/realtime/connection";
import type { Frame } from "@/realtime/frames";

/** A WebSocket whose server is the test. */
class Line {
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly sent: string[] = [];
  closed = false;

  constructor(readonly url: string) {}

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.onopen?.();
  }

  tell(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  durable(...numbers: number[]): void {
    for (const seq of numbers) this.tell({ type: "notice", seq, at: "2026-11-22T10:00:00Z", data: {} });
  }

  breakOff(code = 1006): void {
    this.onclose?.({ code });
  }
}

function setUp() {
  const lines: Line[] = [];
  const frames: Frame[] = [];
  const states: ConnectionState[] = [];
  const connected: boolean[] = [];
  let refusals = 0;
  const connection = new Connection(
    "ws://here/ws/user/7",
    {
      frame: (frame) => frames.push(frame),
      state: (state) => states.push(state),
      connected: (resumed) => connected.push(resumed),
      refused: () => (refusals += 1),
    },
    {
      open: (url) => {
        const line = new Line(url);
        lines.push(line);
        return line as unknown as WebSocket;
      },
      now: () => Date.now(),
      random: () => 1,
    },
  );
  const last = () => {
    const line = lines.at(-1);
    if (!line) throw new Error("expected a line");
    return line;
  };
  const numbers = () => frames.map((frame) => frame.seq);
  return { connection, lines, last, frames, numbers, states, connected, refusals: () => refusals };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("the live line", () => {
  it("tells what comes, in order", () => {
    const { connection, last, numbers, states, connected } = setUp();
    connection.start();
    expect(last().url).toBe("ws://here/ws/user/7");
    last().open();
    last().durable(4, 5);
    last().tell({ type: "stats", seq: null, at: "x", data: {} });
    expect(numbers()).toEqual([4, 5, null]);
    expect(states).toEqual(["connecting", "live"]);
    expect(connected).toEqual([false]);
    connection.stop();
  });

  it("resumes behind the last frame and tells none twice", () => {
    const { connection, last, lines, numbers, connected } = setUp();
    connection.start();
    last().open();
    last().durable(1, 2, 3);
    last().breakOff();
    vi.advanceTimersByTime(500);
    expect(lines).toHaveLength(2);
    expect(last().url).toBe("ws://here/ws/user/7?since=3");
    last().open();
    last().durable(3, 4);
    expect(numbers()).toEqual([1, 2, 3, 4]);
    expect(connected).toEqual([false, true]);
    connection.stop();
  });

  it("asks for a frame that is missing instead of skipping it", () => {
    const { connection, last, lines, numbers } = setUp();
    connection.start();
    last().open();
    last().durable(1, 3);
    expect(numbers()).toEqual([1]);
    vi.advanceTimersByTime(0);
    expect(lines).toHaveLength(2);
    expect(last().url).toContain("since=1");
    connection.stop();
  });

  it("goes on, and says so, when what is missing is not to be had any more", () => {
    const { connection, last, lines, numbers, connected } = setUp();
    connection.start();
    last().open();
    last().durable(1);
    last().breakOff();
    vi.advanceTimersByTime(500);
    last().open();
    last().durable(40, 41); // the server keeps frames for a while only
    expect(numbers()).toEqual([1, 40, 41]);
    expect(connected).toEqual([false, true, false]);
    last().durable(43);
    vi.advanceTimersByTime(0);
    expect(lines).toHaveLength(3);
    expect(last().url).toContain("since=41");
    connection.stop();
  });

  it("does not wait for ever for a server that does not answer", () => {
    const { connection, last, lines } = setUp();
    connection.start();
    const first = last();
    vi.advanceTimersByTime(20_000);
    expect(first.closed).toBe(true);
    expect(lines.length).toBeGreaterThan(1);
    connection.stop();
  });

  it("waits longer after every failure, up to a bound, and starts anew after a success", () => {
    const { connection, last, lines } = setUp();
    connection.start();
    for (const pause of [500, 1000, 2000, 4000, 8000, 15_000, 15_000]) {
      last().breakOff();
      const before = lines.length;
      vi.advanceTimersByTime(pause - 1);
      expect(lines).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(lines).toHaveLength(before + 1);
    }
    last().open();
    last().durable(1);
    last().breakOff();
    const before = lines.length;
    vi.advanceTimersByTime(500);
    expect(lines).toHaveLength(before + 1);
    connection.stop();
  });

  it("notices silence: asks for a sign of life, then dials again", () => {
    const { connection, last, lines, states } = setUp();
    connection.start();
    const first = last();
    first.open();
    vi.advanceTimersByTime(8_000);
    expect(first.sent).toContain('{"type":"ping"}');
    first.tell({ type: "pong", seq: null, at: null, data: null });
    vi.advanceTimersByTime(8_000);
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(12_000);
    expect(first.closed).toBe(true);
    expect(lines.length).toBeGreaterThan(1);
    expect(states).toContain("lost");
    connection.stop();
  });

  it("does not sit a pause out when the network comes back", () => {
    const { connection, last, lines } = setUp();
    connection.start();
    last().breakOff();
    last().breakOff();
    window.dispatchEvent(new Event("online"));
    expect(lines).toHaveLength(2);
    connection.stop();
  });

  it("says when it is not let in", () => {
    const { connection, last, refusals } = setUp();
    connection.start();
    last().breakOff();
    expect(refusals()).toBe(1);
    vi.advanceTimersByTime(500);
    last().open();
    last().breakOff(4401);
    expect(refusals()).toBe(2);
    connection.stop();
  });

  it("is over when it is stopped", () => {
    const { connection, last, lines, frames } = setUp();
    connection.start();
    const line = last();
    line.open();
    connection.stop();
    line.durable(1);
    vi.advanceTimersByTime(60_000);
    window.dispatchEvent(new Event("online"));
    expect(frames).toEqual([]);
    expect(lines).toHaveLength(1);
  });

  it("lives through what is no frame", () => {
    const { connection, last, frames } = setUp();
    connection.start();
    last().open();
    last().onmessage?.({ data: "not JSON" });
    last().tell([1, 2]);
    expect(frames).toEqual([]);
    connection.stop();
  });
});
