// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { contributionShares, isOutside, normalRange, placeOnLine } from "./reasons";
import { reason } from "./test_data";

test("the normal range is told with its unit once, and admitted when it is not known", () => {
  expect(normalRange(reason())).toBe("0 to 2 packets");
  expect(normalRange(reason({ low: 0, high: 0 }))).toBe("always 0 packets");
  expect(normalRange(reason({ high: null }))).toBe("not known");
});

test("the ends of the normal range belong to it", () => {
  expect([0, 2, -0.001, 2.001].map((value) => isOutside(reason({ value })))).toEqual([
    false,
    false,
    true,
    true,
  ]);
  expect(isOutside(reason({ value: null }))).toBe(false);
});

test("contributions are shares of the largest, and what speaks for normal stays negative", () => {
  const parts = [0.2, 0.1, -0.05, null].map((contribution) => reason({ contribution }));
  expect(contributionShares(parts)).toEqual([1, 0.5, -0.25, 0]);
  expect(contributionShares([reason({ contribution: 0 })])).toEqual([0]);
});

describe("a value on a line", () => {
  test("keeps the order of value and range, also when the value dwarfs the range", () => {
    const place = placeOnLine(reason({ value: 1e6 }));
    expect(place?.low).toBeLessThan(place?.high ?? 0);
    expect((place?.high ?? 0) - (place?.low ?? 0)).toBeGreaterThan(0.05);
    expect(place?.value).toBeGreaterThan(place?.high ?? 1);
  });

  test("stays within the line", () => {
    for (const value of [-500, 0, 1, 2, 99]) {
      const place = placeOnLine(reason({ value }));
      for (const part of Object.values(place ?? {})) {
        expect(part).toBeGreaterThanOrEqual(0);
        expect(part).toBeLessThanOrEqual(1);
      }
    }
  });

  test("is not drawn for what is undefined, and is in the middle when all are the same", () => {
    expect(placeOnLine(reason({ value: null }))).toBeNull();
    expect(placeOnLine(reason({ value: 3, low: 3, high: 3, median: 3 }))?.value).toBe(0.5);
  });
});
