// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { SseParser } from "./sse";

const STREAM = 'id: 7\nevent: detection\ndata: {"a":1}\n\n: still here\n\nevent: status\ndata: {}\n\n';

describe("the event parser", () => {
  test("gives each event with its name, data and id", () => {
    expect(new SseParser().push(STREAM)).toEqual([
      { event: "detection", data: '{"a":1}', id: "7" },
      { event: "status", data: "{}", id: "7" },
    ]);
  });

  test("gives the same events however the text is cut", () => {
    const whole = new SseParser().push(STREAM);
    for (let size = 1; size < STREAM.length; size++) {
      const parser = new SseParser();
      const events = [];
      for (let at = 0; at < STREAM.length; at += size)
        events.push(...parser.push(STREAM.slice(at, at + size)));
      expect(events).toEqual(whole);
    }
  });

  test.each(["\r\n", "\r", "\n"])("takes %j as the end of a line, also when it is cut in two", (end) => {
    const parser = new SseParser();
    const events = Array.from(`data: x${end}${end}data: y${end}${end}z`).flatMap((character) =>
      parser.push(character),
    );
    expect(events.map(({ data }) => data)).toEqual(["x", "y"]);
  });

  test("joins several data lines, and keeps one leading blank out of each", () => {
    expect(new SseParser().push("data: a\ndata:  b\ndata:c\n\n")[0]?.data).toBe("a\n b\nc");
  });

  test("does not give an event without data, and forgets its name", () => {
    expect(new SseParser().push("event: detection\n\ndata: x\n\n")).toEqual([
      { event: "message", data: "x", id: null },
    ]);
  });

  test("ignores comments, unknown fields, and an id with a null character", () => {
    expect(new SseParser().push(": hello\nretry: 5\nid: a\0b\ndata: x\n\n")).toEqual([
      { event: "message", data: "x", id: null },
    ]);
  });

  test("skips a byte order mark at the beginning", () => {
    expect(new SseParser().push("\ufeffdata: x\n\n")).toHaveLength(1);
  });
});
