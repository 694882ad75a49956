// SPDX-License-Identifier: Apache-2.0
// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { answerWith, eventStream, json } from "../app/test_render";
import { detection } from "../domain/test_data";
import { backOff, LiveConnection, type LiveBatch } from "./live";

let live: LiveConnection;
let batches: LiveBatch[];

beforeEach(() => {
  vi.useFakeTimers();
  live = new LiveConnection();
  batches = [];
  live.onBatch((batch) => batches.push(batch));
});

afterEach(() => {
  live.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Each connection gets the next of the streams; the headers that it was asked with are kept. */
function serve(...streams: (ReturnType<typeof eventStream> | Response)[]) {
  const headers: Record<string, string>[] = [];
  answerWith({
    "/api/v1/stream": (_, init) => {
      headers.push(init.headers as Record<string, string>);
      const next = streams.shift();
      if (next === undefined) throw new TypeError("refused");
      return next instanceof Response ? next : next.response;
    },
  });
  return headers;
}

describe("the live connection", () => {
  test("hands on events in batches", async () => {
    const stream = eventStream();
    serve(stream);
    live.start();
    await vi.advanceTimersByTimeAsync(10);
    stream.send("detection", detection(), "1");
    stream.send("detection", detection({ flow_uid: "b" }), "2");
    await vi.advanceTimersByTimeAsync(300);
    expect(live.current().state).toBe("open");
    expect(batches).toHaveLength(1);
    expect(batches[0]?.detections.map(({ flow_uid }) => flow_uid)).toEqual([detection().flow_uid, "b"]);
    expect(batches[0]?.resync).toBe(false);
  });

  test("says that it is lost, comes back with the last event id, and asks for the lists to be read again", async () => {
    const [first, second] = [eventStream(), eventStream()];
    const headers = serve(first, second);
    live.start();
    await vi.advanceTimersByTimeAsync(10);
    first.send("throughput", {}, "41");
    await vi.advanceTimersByTimeAsync(300);
    first.end();
    await vi.advanceTimersByTimeAsync(10);
    expect(live.current().state).toBe("lost");
    expect(live.current().lastHeard).not.toBeNull();
    await vi.advanceTimersByTimeAsync(backOff(0) + 500);
    expect(live.current().state).toBe("open");
    expect(headers[1]?.["Last-Event-ID"]).toBe("41");
    expect(batches.at(-1)?.resync).toBe(true);
  });

  test("waits longer after each failure, but never more than 15 s", async () => {
    const tries: number[] = [];
    answerWith({
      "/api/v1/stream": () => {
        tries.push(Date.now());
        throw new TypeError("refused");
      },
    });
    live.start();
    await vi.advanceTimersByTimeAsync(46_000);
    expect(tries.slice(1).map((at, i) => (at - (tries[i] ?? 0)) / 1000)).toEqual([1, 2, 4, 8, 15, 15]);
  });

  test("takes 20 s of silence as a loss, although the connection is open", async () => {
    serve(eventStream(), eventStream());
    live.start();
    await vi.advanceTimersByTimeAsync(19_900);
    expect(live.current().state).toBe("open");
    await vi.advanceTimersByTimeAsync(200);
    expect(live.current().state).toBe("lost");
    await vi.advanceTimersByTimeAsync(1_100);
    expect(live.current().state).toBe("open");
  });

  test("does not try again by itself when weir wants somebody to log in", async () => {
    const headers = serve(json({ detail: "no" }, 401), eventStream());
    live.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(live.current().state).toBe("unauthorized");
    expect(headers).toHaveLength(1);
    live.start();
    await vi.advanceTimersByTimeAsync(10);
    expect(live.current().state).toBe("open");
    expect(headers).toHaveLength(2);
  });

  test("tells why weir said good-bye", async () => {
    const stream = eventStream();
    serve(stream);
    live.start();
    await vi.advanceTimersByTimeAsync(10);
    stream.send("bye", { reason: "weir is stopping" });
    stream.end();
    await vi.advanceTimersByTimeAsync(10);
    expect(live.current()).toMatchObject({ state: "lost", reason: "weir is stopping" });
  });

  test("forgets an event id that weir refuses", async () => {
    const stream = eventStream();
    const headers = serve(stream, json({ detail: "no such id" }, 400), eventStream());
    live.start();
    await vi.advanceTimersByTimeAsync(10);
    stream.send("throughput", {}, "9");
    await vi.advanceTimersByTimeAsync(300);
    stream.end();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(headers.map((header) => header["Last-Event-ID"])).toEqual([undefined, "9", undefined]);
  });

  test("passes on that events were missed", async () => {
    const stream = eventStream();
    serve(stream);
    live.start();
    await vi.advanceTimersByTimeAsync(10);
    stream.send("reset", { reason: "too slow" });
    await vi.advanceTimersByTimeAsync(300);
    expect(batches[0]?.resync).toBe(true);
  });
});
