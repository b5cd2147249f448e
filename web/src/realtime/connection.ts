/**
 * One WebSocket that never gives up: reconnects with growing pauses, asks for what it missed by the last sequence
 * number, passes on every durable frame exactly once and in order, and notices a line that has gone silent.
 */
import { type Frame, parseFrame } from "./frames";

export type ConnectionState = "connecting" | "live" | "lost";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** The server tells figures every two seconds; a line silent for so long is dead. */
const SILENCE_MS = 12_000;
const PING_MS = 4_000;
/** Sent by the server when the session was ended. */
const SESSION_ENDED = 4401;

export interface Listener {
  frame(frame: Frame): void;
  state(state: ConnectionState): void;
  /** Connected; `resumed` tells whether nothing was missed since the frames before. */
  connected(resumed: boolean): void;
  /** The server ended the session, or refuses to open the socket: find out whether anybody is logged in. */
  refused(): void;
}

export interface Ways {
  open(url: string): WebSocket;
  now(): number;
  random(): number;
}

const BROWSER: Ways = {
  open: (url) => new WebSocket(url),
  now: () => Date.now(),
  random: () => Math.random(),
};

export class Connection {
  private socket: WebSocket | null = null;
  private last: number | null = null;
  /** Where the server was asked to go on from, until it has answered with a frame. */
  private asked: number | null = null;
  private failures = 0;
  private heard = 0;
  private opened = false;
  private stopped = true;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly url: string,
    private readonly listener: Listener,
    private readonly ways: Ways = BROWSER,
  ) {}

  /** The sequence number of the last durable frame. */
  get seq(): number | null {
    return this.last;
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    window.addEventListener("online", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
    this.watch = setInterval(() => this.check(), PING_MS);
    this.listener.state("connecting");
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    window.removeEventListener("online", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
    clearInterval(this.watch);
    clearTimeout(this.retry);
    this.drop();
  }

  private connect(): void {
    clearTimeout(this.retry);
    this.drop();
    const since = this.last;
    this.asked = since;
    const socket = this.ways.open(since === null ? this.url : `${this.url}?since=${since}`);
    this.socket = socket;
    this.opened = false;
    this.heard = this.ways.now();
    socket.onopen = () => {
      this.opened = true;
      this.heard = this.ways.now();
      this.listener.state("live");
      this.listener.connected(since !== null);
    };
    socket.onmessage = (message: MessageEvent<unknown>) => this.take(parseFrame(message.data));
    socket.onclose = (event) => this.lost(event.code);
  }

  /** Let go of the socket without hearing of it again. */
  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private take(frame: Frame | null): void {
    this.heard = this.ways.now();
    if (!frame) return;
    if (this.opened) this.failures = 0;
    if (frame.seq !== null) {
      if (this.last !== null && frame.seq <= this.last) return; // told before the line broke
      if (this.last !== null && frame.seq > this.last + 1) {
        if (this.asked !== this.last) {
          this.again(0); // one is missing: ask for it
          return;
        }
        // The server was asked for it and goes on later: it does not keep frames for ever.
        this.listener.connected(false);
      }
      this.asked = null;
      this.last = frame.seq;
    }
    this.listener.frame(frame);
  }

  private lost(code: number): void {
    this.socket = null;
    if (this.stopped) return;
    if (code === SESSION_ENDED || !this.opened) this.listener.refused();
    this.failures += 1;
    const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.failures - 1));
    this.again(most * (0.5 + this.ways.random() / 2));
  }

  private again(pause: number): void {
    this.drop();
    this.listener.state("lost");
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), pause);
  }

  private check(): void {
    if (!this.socket) return;
    if (this.ways.now() - this.heard > SILENCE_MS) this.again(0);
    else if (this.opened && this.ways.now() - this.heard > PING_MS) this.socket.send('{"type":"ping"}');
  }

  /** The network is back, or somebody looks again: do not sit the pause out. */
  private readonly hurry = (): void => {
    if (this.stopped || document.hidden || this.socket) {
      if (this.socket) this.check();
      return;
    }
    this.connect();
  };
}
