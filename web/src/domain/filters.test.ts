// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import {
  alertsPath,
  canonicalHost,
  countFilters,
  DEFAULT_FILTERS,
  matches,
  readFilters,
  toQuery,
  writeFilters,
  type AlertFilters,
} from "./filters";
import { detection } from "./test_data";

const FULL: AlertFilters = {
  status: "unscored",
  severity: "high",
  type: "dns_tunnel",
  host: "2001:db8::1",
  flow: "10.0.0.5:51515-10.0.0.9:443/tcp",
  community: "1:a+b/c=",
  incident: "0123456789abcdef",
  q: "50 % & more",
  from: "2026-01-31T08:00:00Z",
  to: "2026-01-31T09:00:00Z",
};

const wanted = (part: Partial<AlertFilters>): AlertFilters => ({ ...DEFAULT_FILTERS, ...part });

describe("conditions in an address", () => {
  test("come back exactly, whatever characters they hold", () => {
    expect(readFilters(new URLSearchParams(writeFilters(FULL).toString()))).toEqual(FULL);
  });

  test("are left out when they are as by default", () => {
    expect(writeFilters(DEFAULT_FILTERS).toString()).toBe("");
    expect(alertsPath({ host: "10.0.0.9" })).toBe("/alerts?host=10.0.0.9");
    expect(alertsPath({})).toBe("/alerts");
    expect(countFilters(FULL)).toBe(10);
  });

  test("are ignored when they are unknown or impossible", () => {
    const search = new URLSearchParams("status=evil&severity=worst&from=yesterday&page=3&host=%20");
    expect(readFilters(search)).toEqual(DEFAULT_FILTERS);
  });
});

describe("conditions as a query", () => {
  test("have the names of the API", () => {
    expect(toQuery(FULL)).toEqual({
      status: "unscored",
      min_severity: "high",
      attack_type: "dns_tunnel",
      host: "2001:db8::1",
      flow_id: FULL.flow,
      community_id: FULL.community,
      incident: FULL.incident,
      q: FULL.q,
      from: FULL.from,
      to: FULL.to,
    });
  });

  test("ask for anomalous flows by default, and for no status when any is meant", () => {
    expect(toQuery(DEFAULT_FILTERS)).toEqual({ status: "anomaly", suppressed: false });
    expect(toQuery(wanted({ status: "all" }))).toEqual({});
  });
});

describe("a live event belongs to the list", () => {
  test.each<[string, Partial<AlertFilters>]>([
    ["without conditions", {}],
    ["by the severity or a milder one", { severity: "medium" }],
    ["by its source", { host: "198.18.0.9" }],
    ["by its destination", { host: "198.18.1.5" }],
    ["by a part of its flow id", { q: ":40001-" }],
    ["by its attack type in any case", { q: "BRUTE" }],
    ["by its technique", { q: "t1110" }],
    ["from its very time on", { from: "2026-03-14T09:30:05Z" }],
  ])("%s", (_, part) => expect(matches(wanted(part), detection())).toBe(true));

  test.each<[string, Partial<AlertFilters>]>([
    ["another status", { status: "unscored" }],
    ["a worse severity", { severity: "critical" }],
    ["another type", { type: "port_scan" }],
    ["another host", { host: "198.18.0.90" }],
    ["only a part of the flow id", { flow: "198.18.0.9" }],
    ["another community id", { community: "1:xyz=" }],
    ["a text that is nowhere", { q: "nothing" }],
    ["up to but without its time", { to: "2026-03-14T09:30:05Z" }],
  ])("but not by %s", (_, part) => expect(matches(wanted(part), detection())).toBe(false));

  test("also when its IPv6 address is spelled in another way", () => {
    expect(canonicalHost("2001:DB8:0::0:1")).toBe("2001:db8::1");
    expect(matches(wanted({ host: "2001:DB8:0::0:1" }), detection({ src_ip: "2001:db8::1" }))).toBe(true);
  });
});

describe("what a rule hides", () => {
  const hidden = detection({ suppressed_by: "rule" });

  test("is not among the anomalous flows, but to be found", () => {
    expect(matches(DEFAULT_FILTERS, hidden)).toBe(false);
    expect(matches(wanted({ status: "suppressed" }), hidden)).toBe(true);
    expect(matches(wanted({ status: "all" }), hidden)).toBe(true);
    expect(matches(wanted({ status: "suppressed" }), detection())).toBe(false);
  });

  test("is asked for by a condition of its own", () => {
    expect(toQuery(DEFAULT_FILTERS)).toEqual({ status: "anomaly", suppressed: false });
    expect(toQuery(wanted({ status: "suppressed" }))).toEqual({ suppressed: true });
    expect(toQuery(wanted({ status: "normal" }))).toEqual({ status: "normal" });
  });
});
