// SPDX-License-Identifier: Apache-2.0
// The live connection: follows /api/v1/stream, and comes back by itself when it breaks.
//
// One per page. Listeners get events in small batches (a scan can bring thousands in a second; a screen needs four
// repaints). After every break listeners are told to read their lists again ("resync"), since weir may be another process
// by then. States:
//
//   connecting ──▶ open ──▶ lost ──(1, 2, 4, 8, 15 s)──▶ connecting
//        └───────────────▶ unauthorized ──(somebody logs in)──▶ connecting
import { problemText } from "./client";
import { SseParser, type ServerEvent } from "./sse";
import type { Detection, Incident, Status, ThroughputPoint } from "./types";

export type ConnectionState = "connecting" | "open" | "lost" | "unauthorized";

export interface Connection {
  state: ConnectionState;
  /** Wall clock of the newest sign of life, in milliseconds since 1970; null before the first. */
  lastHeard: number | null;
  /** Why it was lost, in a sentence, when weir said so. */
  reason: string | null;
}

export interface LiveBatch {
  incidents: Incident[];
  detections: Detection[];
  throughput: ThroughputPoint[];
  status: Status | null;
  resync: boolean;
}

const BATCH_MS = 250;
/** weir sends a status every second and a comment every 15 s: silence for longer means a dead connection. */
const SILENCE_MS = 20_000;
const BACK_OFF_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

export function backOff(attempt: number): number {
  return BACK_OFF_MS[Math.min(attempt, BACK_OFF_MS.length - 1)] ?? 15_000;
}

export class LiveConnection {
  private connection: Connection = { state: "connecting", lastHeard: null, reason: null };
  private readonly stateListeners = new Set<() => void>();
  private readonly batchListeners = new Set<(batch: LiveBatch) => void>();
  private batch = emptyBatch();
  private batchTimer: ReturnType<typeof setTimeout> | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | null = null;
  private silenceTimer: ReturnType<typeof setTimeout> | null = null;
  private attempt = 0;
  private broken = false;
  private lastEventId: string | null = null;
  private reading: AbortController | null = null;

  readonly current = (): Connection => this.connection;

  readonly onState = (listener: () => void): (() => void) => {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  };

  readonly onBatch = (listener: (batch: LiveBatch) => void): (() => void) => {
    this.batchListeners.add(listener);
    return () => this.batchListeners.delete(listener);
  };

  /** Connects at once; an open connection is replaced. Also what "retry now" and a new token call. */
  start(): void {
    this.stop();
    const reading = new AbortController();
    this.reading = reading;
    if (this.connection.state !== "lost") this.enter("connecting");
    void this.follow(reading.signal).then((reason) => {
      if (!reading.signal.aborted) this.lose(reason);
    });
  }

  stop(): void {
    if (this.retryTimer !== null) clearTimeout(this.retryTimer);
    if (this.silenceTimer !== null) clearTimeout(this.silenceTimer);
    this.retryTimer = this.silenceTimer = null;
    this.reading?.abort();
    this.reading = null;
  }

  /** Reads the stream to its end; resolves with why it ended. */
  private async follow(signal: AbortSignal): Promise<string | null> {
    try {
      const response = await fetch("/api/v1/stream", { headers: this.headers(), signal, cache: "no-store" });
      if (response.status === 401) return "unauthorized";
      if (!response.ok || response.body === null) {
        this.lastEventId = null;
        return await problemText(response);
      }
      this.opened();
      return await this.read(response.body, signal);
    } catch {
      return null;
    }
  }

  private async read(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<string | null> {
    const parser = new SseParser();
    const text = new TextDecoder();
    const reader = body.getReader();
    let farewell: string | null = null;
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return farewell;
      this.heard();
      for (const event of parser.push(text.decode(value, { stream: true }))) {
        farewell = this.take(event) ?? farewell;
      }
    }
  }

  private headers(): Record<string, string> {
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (this.lastEventId !== null) headers["Last-Event-ID"] = this.lastEventId;
    return headers;
  }

  private opened(): void {
    this.attempt = 0;
    this.heard();
    if (this.broken) this.collect((batch) => (batch.resync = true));
    this.broken = false;
    this.enter("open");
  }

  private heard(): void {
    this.connection = { ...this.connection, lastHeard: Date.now() };
    if (this.silenceTimer !== null) clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => {
      this.stop();
      this.lose(null);
    }, SILENCE_MS);
  }

  /** Returns the reason of a `bye`. */
  private take(event: ServerEvent): string | null {
    if (event.id !== null) this.lastEventId = event.id;
    switch (event.event) {
      case "incident":
        this.collect((batch) => batch.incidents.push(JSON.parse(event.data) as Incident));
        return null;
      case "detection":
        this.collect((batch) => batch.detections.push(JSON.parse(event.data) as Detection));
        return null;
      case "throughput":
        this.collect((batch) => batch.throughput.push(JSON.parse(event.data) as ThroughputPoint));
        return null;
      case "status":
        this.collect((batch) => (batch.status = JSON.parse(event.data) as Status));
        return null;
      case "reset":
        this.collect((batch) => (batch.resync = true));
        return null;
      case "bye":
        return (JSON.parse(event.data) as { reason: string }).reason;
      default:
        return null;
    }
  }

  private collect(add: (batch: LiveBatch) => void): void {
    add(this.batch);
    this.batchTimer ??= setTimeout(() => {
      this.batchTimer = null;
      const batch = this.batch;
      this.batch = emptyBatch();
      for (const listener of [...this.batchListeners]) listener(batch);
    }, BATCH_MS);
  }

  private lose(reason: string | null): void {
    if (this.silenceTimer !== null) clearTimeout(this.silenceTimer);
    this.silenceTimer = null;
    this.broken = true;
    if (reason === "unauthorized") {
      this.enter("unauthorized");
      return;
    }
    this.enter("lost", reason);
    this.retryTimer = setTimeout(() => this.start(), backOff(this.attempt));
    this.attempt += 1;
  }

  private enter(state: ConnectionState, reason: string | null = null): void {
    this.connection = { ...this.connection, state, reason };
    for (const listener of [...this.stateListeners]) listener();
  }
}

function emptyBatch(): LiveBatch {
  return { incidents: [], detections: [], throughput: [], status: null, resync: false };
}
