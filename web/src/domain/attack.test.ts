// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import {
  attackMeaning,
  attackName,
  detectionTitle,
  endpoint,
  humanise,
  inSentence,
  unscoredSentence,
} from "./attack";
import { techniqueName } from "./mitre";
import { detection } from "./test_data";

describe("names", () => {
  test.each([
    ["dns_tunnel", "DNS tunnel"],
    ["port_scan", "Port scan"],
    ["ddos", "DDoS"],
    ["a new label", "A new label"],
    ["bad_ip_header_length", "Bad IP header length"],
  ])("%s is written as %s", (label, name) => expect(humanise(label)).toBe(name));

  test("stand in a sentence without a capital, except acronyms", () => {
    expect(["Port scan", "DNS tunnel", "DoS", "SYN flood"].map(inSentence)).toEqual([
      "port scan",
      "DNS tunnel",
      "DoS",
      "SYN flood",
    ]);
  });

  test("of attacks that the model cannot name say so", () => {
    expect(attackName("unknown")).toBe("Unknown attack type");
    expect(attackName(null)).toBe("Unknown attack type");
    expect(techniqueName("T9999")).toBeNull();
  });
});

test("a flow that could not be judged is never called normal", () => {
  expect(detectionTitle(detection({ status: "unscored", attack_type: null }))).toBe("Not judged");
  expect(detectionTitle(detection({ attack_type: "unknown" }))).toBe("Unusual flow");
  expect(detectionTitle(detection({ status: "normal", attack_type: null }))).toBe("Normal flow");
  expect(unscoredSentence("overload")).toContain("more flows than");
  expect(unscoredSentence("something new")).toContain("no verdict");
});

test("slow attacks are not explained as floods", () => {
  expect(attackMeaning("slow_dos")).toContain("kept open");
  expect(attackMeaning("never heard of")).toBeNull();
});

test("ports are shown where the protocol has them, with brackets around IPv6", () => {
  expect(endpoint("10.0.0.5", 443, "tcp")).toBe("10.0.0.5:443");
  expect(endpoint("2001:db8::1", 53, "udp")).toBe("[2001:db8::1]:53");
  expect(endpoint("10.0.0.5", 0, "icmp")).toBe("10.0.0.5");
});
