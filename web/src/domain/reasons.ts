// SPDX-License-Identifier: Apache-2.0
// Features against what training saw as normal, in words and as places on a line.
import type { FeatureValue, Reason } from "../api/types";
import { formatFeature } from "./format";

type Ranged = Pick<FeatureValue, "value" | "median" | "low" | "high">;

export type Placement = "below" | "within" | "above" | "undefined" | "unknown";

export function placement({ value, low, high }: Ranged): Placement {
  if (value === null) return "undefined";
  if (low === null || high === null) return "unknown";
  if (value < low) return "below";
  return value > high ? "above" : "within";
}

export function isOutside(feature: Ranged): boolean {
  const place = placement(feature);
  return place === "below" || place === "above";
}

export function normalRange(feature: Pick<FeatureValue, "low" | "high" | "unit">): string {
  if (feature.low === null || feature.high === null) return "not known";
  const low = formatFeature(feature.low, feature.unit);
  const high = formatFeature(feature.high, feature.unit);
  return low === high ? `always ${low}` : `${withoutUnitOf(low, high)} to ${high}`;
}

/** "0 to 2 packets" instead of "0 packets to 2 packets". */
function withoutUnitOf(low: string, high: string): string {
  const [number = "", unit] = low.split(" ");
  const other = high.split(" ")[1];
  return unit !== undefined && (unit === other || `${unit}s` === other) ? number : low;
}

/** Lengths of bars, 0 to 1 of the largest; what pulls towards normal is negative. */
export function contributionShares(reasons: readonly Reason[]): number[] {
  const largest = Math.max(...reasons.map((reason) => Math.abs(reason.contribution ?? 0)), 0);
  return reasons.map((reason) => (largest === 0 ? 0 : (reason.contribution ?? 0) / largest));
}

/**
 * Where value, median and normal range stand on a line from 0 to 1. Values that dwarf the range are drawn on a
 * logarithmic line, so that the range does not shrink to a dot.
 */
export function placeOnLine(
  feature: Ranged,
): { low: number; high: number; median: number; value: number } | null {
  const { value, low, high } = feature;
  if (value === null || low === null || high === null) return null;
  const median = feature.median ?? (low + high) / 2;
  const all = [value, low, high, median];
  const bend = bent(all) ? (x: number) => Math.sign(x) * Math.log1p(Math.abs(x)) : (x: number) => x;
  const bends = all.map(bend);
  const from = Math.min(...bends);
  const span = Math.max(...bends) - from;
  const place = (x: number) => (span === 0 ? 0.5 : 0.04 + (0.92 * (bend(x) - from)) / span);
  return { low: place(low), high: place(high), median: place(median), value: place(value) };
}

function bent(values: readonly number[]): boolean {
  const sizes = values.map(Math.abs).filter((size) => size > 0);
  return sizes.length > 1 && Math.max(...sizes) / Math.min(...sizes) > 50;
}
