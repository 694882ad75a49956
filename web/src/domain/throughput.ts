// SPDX-License-Identifier: Apache-2.0
// Throughput points (counts per interval and sensor) as rates over time.
import type { ThroughputPoint } from "../api/types";

export interface Rates {
  /** Seconds since 1970, ends of the intervals, ascending. */
  at: number[];
  packets: number[];
  bits: number[];
  flows: number[];
  rejected: number[];
  dropped: number[];
}

export type RateName = Exclude<keyof Rates, "at">;

/** Points of several sensors that end at the same time are added up. */
export function toRates(points: readonly ThroughputPoint[]): Rates {
  const rates: Rates = { at: [], packets: [], bits: [], flows: [], rejected: [], dropped: [] };
  const timed = points
    .filter((point) => point.seconds > 0)
    .map((point) => ({ point, at: Date.parse(point.at) / 1000 }))
    .sort((a, b) => a.at - b.at);
  for (const { point, at } of timed) {
    if (rates.at.at(-1) !== at) {
      rates.at.push(at);
      for (const name of RATE_NAMES) rates[name].push(0);
    }
    const last = rates.at.length - 1;
    const add = (name: RateName, count: number) => {
      rates[name][last] = (rates[name][last] ?? 0) + count / point.seconds;
    };
    add("packets", point.packets);
    add("bits", point.bytes * 8);
    add("flows", point.flows_started);
    add("rejected", point.rejected_packets);
    add("dropped", point.dropped_packets);
  }
  return rates;
}

const RATE_NAMES: readonly RateName[] = ["packets", "bits", "flows", "rejected", "dropped"];

/** Old and new points as one list in order of time; a point that came twice (same sensor and time) counts once. */
export function appendPoints(
  known: readonly ThroughputPoint[],
  fresh: readonly ThroughputPoint[],
): ThroughputPoint[] {
  const key = (point: ThroughputPoint) => `${point.at} ${point.sensor}`;
  const seen = new Set(known.map(key));
  const added = fresh.filter((point) => !seen.has(key(point)));
  return [...known, ...added].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** The part of the points that ends within the last `seconds` before the newest. */
export function lastPart(points: readonly ThroughputPoint[], seconds: number): readonly ThroughputPoint[] {
  const newest = points.at(-1);
  if (!newest) return points;
  const from = Date.parse(newest.at) - seconds * 1000;
  return points.filter((point) => Date.parse(point.at) > from);
}
