// SPDX-License-Identifier: Apache-2.0
// Which features the flow page lists, and in what order.
import type { FeatureValue } from "../api/types";
import { featureTitle } from "./feature_title";
import { isOutside } from "./reasons";

export type SortKey = "order" | "name" | "value" | "median" | "distance";

export interface FeatureSort {
  by: SortKey;
  descending: boolean;
}

export interface Choice {
  search: string;
  onlyOutside: boolean;
  sort: FeatureSort;
}

/** How far outside the normal range, in widths of the range; 0 within, Infinity beyond a range without width. */
export function distance({ value, low, high }: Pick<FeatureValue, "value" | "low" | "high">): number {
  if (value === null || low === null || high === null) return 0;
  const beyond = Math.max(low - value, value - high, 0);
  return beyond === 0 ? 0 : beyond / (high - low);
}

export function chooseFeatures(
  features: readonly FeatureValue[],
  { search, onlyOutside, sort }: Choice,
  meanings: ReadonlyMap<string, string>,
): FeatureValue[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = features.filter((feature) => {
    if (onlyOutside && !isOutside(feature)) return false;
    const { name } = feature;
    const text = `${name} ${featureTitle(name, meanings.get(name))}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  if (sort.by === "order") return found;
  const { by, descending } = sort;
  return found.sort((a, b) => compare(a, b, by, descending ? -1 : 1));
}

/** What is undefined comes last, whichever way the list is sorted. */
function compare(a: FeatureValue, b: FeatureValue, by: Exclude<SortKey, "order">, sign: number): number {
  if (by === "name") return sign * a.name.localeCompare(b.name);
  const [x, y] =
    by === "distance"
      ? [distance(a), distance(b)]
      : by === "value"
        ? [a.value, b.value]
        : [a.median, b.median];
  if (x === null || y === null) return Number(x === null) - Number(y === null);
  return x === y ? 0 : sign * (x < y ? -1 : 1);
}
