// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import type { FeatureValue } from "../api/types";
import { earlyPackets } from "./early";
import { chooseFeatures, distance, type Choice } from "./feature_list";
import { featureTitle } from "./feature_title";

const feature = (name: string, value: number | null, part: Partial<FeatureValue> = {}): FeatureValue => ({
  name,
  unit: "bytes",
  value,
  median: 5,
  low: 0,
  high: 10,
  ...part,
});

describe("the first packets", () => {
  test("are read with side, size and gap, up to the first that never came", () => {
    const features = [
      feature("early_01_payload_bytes", 0),
      feature("early_02_payload_bytes", 41),
      feature("early_03_payload_bytes", -1_448),
      feature("early_04_payload_bytes", null),
      feature("early_02_gap_us", 410),
      feature("early_03_gap_us", 90),
      feature("early_fwd_payload_bytes", 41),
    ];
    expect(earlyPackets(features)).toEqual([
      { number: 1, bytes: 0, from: "either", gapUs: null },
      { number: 2, bytes: 41, from: "source", gapUs: 410 },
      { number: 3, bytes: 1_448, from: "destination", gapUs: 90 },
    ]);
  });

  test("are none when the model does not look at them", () => {
    expect(earlyPackets([feature("fwd_packets", 3)])).toEqual([]);
  });
});

describe("the list of features", () => {
  const features = [
    feature("b_bytes", 5),
    feature("a_bytes", 60),
    feature("c_bytes", null),
    feature("d_bytes", -5),
  ];
  const choose = (part: Partial<Choice>) =>
    chooseFeatures(
      features,
      { search: "", onlyOutside: false, sort: { by: "order", descending: false }, ...part },
      new Map([["d_bytes", "payload of a turn"]]),
    ).map(({ name }) => name.charAt(0));

  test("is in the model's order at first", () => expect(choose({})).toEqual(["b", "a", "c", "d"]));

  test("can be ordered by how far a value is from normal", () => {
    expect(choose({ sort: { by: "distance", descending: true } })).toEqual(["a", "d", "b", "c"]);
    expect(distance(feature("x", 11, { low: 3, high: 3 }))).toBe(Infinity);
  });

  test("has undefined values last, whichever way it is ordered", () => {
    expect(choose({ sort: { by: "value", descending: true } })).toEqual(["a", "b", "d", "c"]);
    expect(choose({ sort: { by: "value", descending: false } })).toEqual(["d", "b", "a", "c"]);
  });

  test("can be searched by all words of name and meaning, in any order", () => {
    expect(choose({ search: "turn PAYLOAD" })).toEqual(["d"]);
    expect(choose({ search: "a_" })).toEqual(["a"]);
    expect(choose({ search: "nothing" })).toEqual([]);
  });

  test("can be cut down to what is out of range", () =>
    expect(choose({ onlyOutside: true })).toEqual(["a", "d"]));
});

test("a feature is called by its meaning, or by its name when the catalogue does not know it", () => {
  expect(featureTitle("x", "packets sent by the source")).toBe("Packets sent by the source");
  expect(featureTitle("tcp_odd_packets", undefined)).toBe("TCP odd packets");
});
