// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { ThroughputPoint } from "../api/types";
import { appendPoints, lastPart, toRates } from "./throughput";

const point = (second: number, part: Partial<ThroughputPoint> = {}): ThroughputPoint => ({
  at: new Date(second * 1000).toISOString(),
  sensor: "a",
  seconds: 10,
  packets: 100,
  bytes: 1_000,
  flows_started: 5,
  flows_open: 7,
  rejected_packets: 2,
  dropped_packets: 1,
  ...part,
});

test("counts become rates per second, bytes become bits", () => {
  expect(toRates([point(10)])).toEqual({
    at: [10],
    packets: [10],
    bits: [800],
    flows: [0.5],
    rejected: [0.2],
    dropped: [0.1],
  });
});

test("sensors that measured the same interval are added up", () => {
  expect(toRates([point(10), point(10, { sensor: "b", packets: 50 })]).packets).toEqual([15]);
});

test("an interval without length makes no infinite rate", () => {
  expect(toRates([point(10, { seconds: 0 })]).at).toEqual([]);
});

test("a point that comes twice counts once, and order is by time", () => {
  const points = appendPoints([point(10), point(30)], [point(20), point(30), point(30, { sensor: "b" })]);
  expect(points.map(({ at, sensor }) => `${Date.parse(at) / 1000}${sensor}`)).toEqual([
    "10a",
    "20a",
    "30a",
    "30b",
  ]);
});

test("the last part reaches back from the newest point", () => {
  expect(lastPart([point(10), point(20), point(30)], 20)).toHaveLength(2);
  expect(lastPart([], 20)).toEqual([]);
});
