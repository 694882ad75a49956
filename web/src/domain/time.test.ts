// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  formatClock,
  formatDay,
  formatExact,
  fromInput,
  secondsBetween,
  toInput,
  toMicroseconds,
} from "./time";

const TIME = "2026-01-31T08:15:30.000125Z";

test("microseconds are kept", () => {
  expect(toMicroseconds(TIME) % 1e6).toBe(125);
  expect(secondsBetween("2026-01-31T08:15:29.999875Z", TIME)).toBeCloseTo(0.00025, 9);
  expect(formatExact(TIME, "utc")).toBe("2026-01-31 08:15:30.000125 UTC");
});

test("times without a fraction, or with a short one, are read", () => {
  expect(toMicroseconds("1970-01-01T00:00:01Z")).toBe(1e6);
  expect(toMicroseconds("1970-01-01T00:00:01.5Z")).toBe(1.5e6);
});

test("local times are those of the browser's zone", () => {
  const date = new Date(TIME);
  expect(formatClock(TIME, "local")).toBe(date.toTimeString().slice(0, 8));
  expect(formatDay(TIME, "local").slice(-2)).toBe(String(date.getDate()).padStart(2, "0"));
});

test.each(["utc", "local"] as const)(
  "a time goes into an input field and comes back unchanged (%s)",
  (zone) => {
    expect(fromInput(toInput("2026-01-31T08:15:30Z", zone), zone)).toBe("2026-01-31T08:15:30Z");
  },
);

test("an emptied input field is no time", () => {
  expect(fromInput("", "utc")).toBeNull();
  expect(toInput("rubbish", "utc")).toBe("");
});
