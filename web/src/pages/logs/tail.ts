import { compareNanos, flatten, lokiRange, type LogLine, type LokiStream } from '../../api/loki';
import { ApiError, withParams } from '../../api/client';
import { lineKey } from './line';

/** What the page holds while it follows: older lines go. */
export const TAIL_LINES = 5000;
/** Lines of the first message, and of the first one after a lost connection. */
const FIRST_LINES = 1000;
/** Lines that came late are asked for again after a lost connection. */
const OVERLAP_NANOS = 5_000_000_000n;
/** The most that a message names of what was left out. */
const NAMED = 1000;
const RETRY_MS = [500, 1000, 2000, 4000, 8000, 15_000];

/** A message of Loki's tail. */
export interface TailMessage {
  streams?: LokiStream[] | null;
  dropped_entries?: unknown[] | null;
}

/** The newest lines of a tail, within a bound. */
export class TailBuffer {
  /** The newest first. */
  lines: LogLine[] = [];
  /** Lines let go here to stay within the bound. */
  forgotten = 0;
  /** Lines the server left out because too many came at once. */
  skipped = 0;
  /** It left out more than it names. */
  skippedMore = false;
  private given = 0;

  constructor(private readonly bound = TAIL_LINES) {}

  get newest(): string | undefined {
    return this.lines[0]?.nanos;
  }

  /** Takes a message; how many of its lines are new. After a lost connection it may tell again what is known. */
  add(message: TailMessage, again = false): number {
    const skipped = message.dropped_entries?.length ?? 0;
    this.skipped += skipped;
    if (skipped >= NAMED) this.skippedMore = true;
    let fresh = flatten(message.streams ?? []);
    if (again) fresh = this.unknown(fresh);
    if (fresh.length === 0) return 0;
    fresh = fresh.map((line) => ({ ...line, id: `${line.nanos}-${String(this.given++)}` }));
    const lines = [...fresh, ...this.lines];
    const edge = this.newest;
    if (edge !== undefined && fresh.some((line) => compareNanos(line.nanos, edge) < 0)) {
      lines.sort((a, b) => compareNanos(b.nanos, a.nanos));
    }
    this.forgotten += Math.max(0, lines.length - this.bound);
    this.lines = lines.slice(0, this.bound);
    return fresh.length;
  }

  private unknown(lines: LogLine[]): LogLine[] {
    const known = new Map<string, number>();
    for (const line of this.lines) known.set(lineKey(line), (known.get(lineKey(line)) ?? 0) + 1);
    return lines.filter((line) => {
      const left = known.get(lineKey(line)) ?? 0;
      known.set(lineKey(line), left - 1);
      return left <= 0;
    });
  }
}

export interface TailState {
  lines: readonly LogLine[];
  /** Lines that came while the list is held. */
  waiting: number;
  forgotten: number;
  skipped: number;
  skippedMore: boolean;
  /** `refused`: the query cannot be followed, and is not tried again. */
  phase: 'connecting' | 'open' | 'lost' | 'refused';
  error: unknown;
}

const START: TailState = {
  lines: [],
  waiting: 0,
  forgotten: 0,
  skipped: 0,
  skippedMore: false,
  phase: 'connecting',
  error: null,
};

/** Follows a query over Loki's tail and connects again when the connection is lost. */
export class Tail {
  private buffer = new TailBuffer();
  private state: TailState = START;
  private readonly listeners = new Set<() => void>();
  private socket: WebSocket | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;
  private held = false;
  private ended = true;

  constructor(
    private readonly query: string,
    private readonly seconds: number,
  ) {}

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  readonly snapshot = () => this.state;

  start() {
    this.ended = false;
    this.connect();
  }

  stop() {
    this.ended = true;
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = undefined;
    if (socket?.readyState !== WebSocket.CONNECTING) socket?.close();
    else {
      // To close it before it is open is an error in the eyes of the browser.
      socket.onopen = () => {
        socket.close();
      };
    }
  }

  /** While held the list stays as it is; what comes is kept and counted. */
  hold(held: boolean) {
    this.held = held;
    if (!held) this.set({ lines: this.buffer.lines, waiting: 0 });
  }

  private connect() {
    const newest = this.buffer.newest;
    const start =
      newest === undefined
        ? `${String(Math.floor(Date.now() / 1000) - this.seconds)}000000000`
        : String(BigInt(newest) - OVERLAP_NANOS);
    const path = withParams('/loki/api/v1/tail', { query: this.query, start, limit: FIRST_LINES });
    const socket = new WebSocket(new URL(path, window.location.href.replace(/^http/, 'ws')));
    this.socket = socket;
    let again = newest !== undefined;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.tries = 0;
      this.set({ phase: 'open', error: null });
    };
    socket.onmessage = (event) => {
      if (this.socket !== socket) return;
      this.take(JSON.parse(String(event.data)) as TailMessage, again);
      again = false;
    };
    socket.onclose = (event) => {
      if (this.socket !== socket || this.ended) return;
      void this.lost(opened, event.reason);
    };
  }

  private take(message: TailMessage, again: boolean) {
    const added = this.buffer.add(message, again);
    const { lines, forgotten, skipped, skippedMore } = this.buffer;
    const missing = { forgotten, skipped, skippedMore };
    if (this.held) this.set({ waiting: this.state.waiting + added, ...missing });
    else this.set({ lines, waiting: 0, ...missing });
  }

  private async lost(opened: boolean, reason: string) {
    let error: unknown = reason === '' ? null : new Error(reason);
    if (!opened) {
      // A browser does not say why a connection was refused: the query says it when asked the other way.
      const now = Date.now() / 1000;
      error = await lokiRange(this.query, { from: now - 1, to: now }, 1).then(
        () => new Error('the server takes no more live tails now'),
        (why: unknown) => why,
      );
      if (this.ended) return;
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) {
        this.set({ phase: 'refused', error });
        return;
      }
    }
    this.set({ phase: 'lost', error });
    const wait = RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)];
    this.timer = setTimeout(() => {
      this.connect();
    }, wait);
  }

  private set(patch: Partial<TailState>) {
    this.state = { ...this.state, ...patch };
    for (const listener of this.listeners) listener();
  }
}
