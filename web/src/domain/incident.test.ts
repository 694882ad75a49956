// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import {
  expiryOf,
  isGoingOn,
  NO_RULE,
  partiesText,
  portsText,
  ruleFor,
  ruleOf,
  worstFirst,
} from "./incident";
import { incident } from "./test_data";

describe("parties and ports in words", () => {
  test("one is named, several are counted, an estimate says so", () => {
    expect(partiesText({ count: 1, is_estimate: false, some: ["10.0.0.5"] }, "host")).toBe("10.0.0.5");
    expect(partiesText({ count: 3, is_estimate: false, some: ["a", "b", "c"] }, "host")).toBe("3 hosts");
    expect(partiesText({ count: 99_850, is_estimate: true, some: [] }, "source")).toBe(
      "about 99,850 sources",
    );
  });

  test("few ports are listed, many are counted", () => {
    expect(portsText({ ports: { count: 0, list: "" } })).toBe("");
    expect(portsText({ ports: { count: 1, list: "22" } })).toBe("port 22");
    expect(portsText({ ports: { count: 2, list: "80,443" } })).toBe("ports 80, 443");
    expect(portsText({ ports: { count: 1024, list: null } })).toBe("1,024 ports");
  });
});

test("the most severe incident comes first, then the one that was last active", () => {
  const quiet = incident({ id: "a", severity: "high", last_at: "2026-03-14T09:30:00.000000Z" });
  const busy = incident({ id: "b", severity: "high", last_at: "2026-03-14T09:40:00.000000Z" });
  const worst = incident({ id: "c", severity: "critical", last_at: "2026-03-14T09:00:00.000000Z" });
  expect([quiet, busy, worst].sort(worstFirst).map(({ id }) => id)).toEqual(["c", "b", "a"]);
});

test("an incident goes on until two minutes of packet time passed without a flow", () => {
  const one = { last_at: "2026-03-14T09:30:00.000000Z" };
  expect(isGoingOn(one, "2026-03-14T09:31:59.000000Z")).toBe(true);
  expect(isGoingOn(one, "2026-03-14T09:32:01.000000Z")).toBe(false);
  expect(isGoingOn(one, "2026-03-14T09:20:00.000000Z")).toBe(false);
  expect(isGoingOn(one, null)).toBe(false);
});

describe("a rule", () => {
  test("for an incident is as narrow as it can be said", () => {
    expect(ruleFor(incident())).toEqual({
      attack_type: "brute_force",
      source: "198.18.66.9",
      destination: "198.18.1.5",
      ports: "22",
    });
    const wide = incident({
      actors: { count: 40, is_estimate: false, some: ["a"] },
      ports: { count: 900, list: null },
    });
    expect(ruleFor(wide)).toEqual({ attack_type: "brute_force", destination: "198.18.1.5" });
  });

  test("holds what was typed, and is none when nothing was", () => {
    expect(ruleOf(NO_RULE)).toBeNull();
    expect(ruleOf({ ...NO_RULE, host: "  " })).toBeNull();
    expect(ruleOf({ ...NO_RULE, host: " 10.0.0.0/8 ", ports: "22" })).toEqual({
      host: "10.0.0.0/8",
      ports: "22",
    });
  });

  test("ends after so many days, or never", () => {
    expect(expiryOf(0, 0)).toBeNull();
    expect(expiryOf(7, Date.parse("2026-01-01T00:00:00Z"))).toBe("2026-01-08T00:00:00.000Z");
  });
});
