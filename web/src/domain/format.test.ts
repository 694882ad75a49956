// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import {
  formatBitRate,
  formatBytes,
  formatCompact,
  formatConfidence,
  formatFeature,
  formatNumber,
  formatRate,
  formatSeconds,
  formatShare,
  plural,
  pValueSentence,
} from "./format";

describe("numbers", () => {
  test.each([
    [0, "0"],
    [1234.5, "1,235"],
    [0.012345, "0.0123"],
    [-0.106, "\u22120.106"],
    [99.95, "100"],
    [1e-9, "1.00e\u22129"],
    [12_345_678, "12,345,678"],
  ])("%d is written as %s", (value, text) => expect(formatNumber(value)).toBe(text));

  test("counts carry their noun in the right number", () => {
    expect([plural(0, "flow"), plural(1, "flow"), plural(1204, "flow")]).toEqual([
      "0 flows",
      "1 flow",
      "1,204 flows",
    ]);
  });
});

describe("units", () => {
  test("prefixes are decimal, and nothing is shown as 1,000 of the smaller unit", () => {
    expect(formatBytes(999)).toBe("999 B");
    expect(formatBytes(999.6)).toBe("1 kB");
    expect(formatBytes(1_500_000)).toBe("1.5 MB");
    expect(formatBitRate(2_000_000)).toBe("2 Mbit/s");
    expect(formatRate(12_345)).toBe("12.3 k/s");
    expect(formatRate(5)).toBe("5/s");
    expect(formatCompact(118)).toBe("118");
  });

  test.each([
    [0, "0 s"],
    [0.00041, "410 µs"],
    [0.012, "12 ms"],
    [3.25, "3.25 s"],
    [59.97, "1 min"],
    [125, "2 min 5 s"],
    [3_780, "1 h 3 min"],
    [90_000, "1 d 1 h"],
  ])("%d seconds are written as %s", (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

  test("a small share is never rounded to nothing, nor a large one to all", () => {
    expect([0, 0.0004, 0.137, 0.9996, 1].map(formatShare)).toEqual([
      "0 %",
      "< 0.1 %",
      "13.7 %",
      "> 99.9 %",
      "100 %",
    ]);
    expect([0.996, 1, 0.724].map(formatConfidence)).toEqual(["99 % sure", "100 % sure", "72 % sure"]);
  });
});

describe("features", () => {
  test.each([
    [184_000, "us", "184 ms"],
    [1_448, "bytes", "1.45 kB"],
    [1_900_000, "bytes/s", "1.9 MB/s"],
    [1, "packets", "1 packet"],
    [42, "packets/s", "42 packets/s"],
    [0.9, "ratio", "0.9"],
    [8, "code", "8"],
    [4, null, "4"],
  ])("%d %s is written as %s", (value, unit, text) => expect(formatFeature(value, unit)).toBe(text));

  test("what the packets do not say is called undefined, not zero", () => {
    expect(formatFeature(null, "us")).toBe("undefined");
  });
});

describe("the p-value", () => {
  test.each([
    [0, "No normal flow in the training data looked this unusual."],
    [0.00052, "About 1 in 1,900 normal flows in the training data looks at least this unusual."],
    [0.1, "About 1 in 10 normal flows in the training data looks at least this unusual."],
    [0.7, "Most normal flows in the training data look at least this unusual."],
  ])("%d becomes a plain sentence", (p, text) => expect(pValueSentence(p)).toBe(text));
});
