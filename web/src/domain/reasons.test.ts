// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { contributionShares, isOutside, normalRange, placeOnLine, reasonSentence } from "./reasons";
import { reason } from "./test_data";

describe("a reason in a sentence", () => {
  test("compares a high value with the top of the normal range", () => {
    expect(reasonSentence(reason())).toBe(
      "Measured 120 packets, 60 times the top of the normal range (0 to 2 packets).",
    );
  });

  test("does not count how often a slight excess fits", () => {
    expect(reasonSentence(reason({ value: 2.2 }))).toBe(
      "Measured 2.2 packets; in normal traffic 0 to 2 packets.",
    );
  });

  test("says when normal traffic always has the same value", () => {
    expect(reasonSentence(reason({ low: 0, high: 0 }))).toBe(
      "Measured 120 packets; in normal traffic always 0 packets.",
    );
  });

  test("works for low values", () => {
    expect(reasonSentence(reason({ value: 90, low: 1_000, high: 2_000_000, unit: "us" }))).toBe(
      "Measured 90 µs; in normal traffic 1 ms to 2 s.",
    );
  });

  test("admits that a value within the range is odd only in company", () => {
    expect(reasonSentence(reason({ value: 1 }))).toBe(
      "Measured 1 packet, where 2 packets is typical: within the normal range (0 to 2 packets), but unusual together with the others.",
    );
    expect(reasonSentence(reason({ value: 2 }))).toMatch(/^Measured 2 packets: within/);
  });

  test("says that a value is undefined instead of giving it one", () => {
    expect(reasonSentence(reason({ value: null }))).toContain("Cannot be computed");
  });

  test("says when the range is not known", () => {
    expect(reasonSentence(reason({ low: null }))).toBe("Measured 120 packets; what is normal is not known.");
    expect(normalRange(reason({ high: null }))).toBe("not known");
  });
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
