// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { accountSums, addsUp, droppedPackets, reasonsOf } from "./account";
import { lossAccount } from "./test_data";

test("an account in which everything is somewhere adds up", () => {
  expect(accountSums(lossAccount()).map(({ difference }) => difference)).toEqual([0, 0, 0, 0]);
  expect(addsUp(lossAccount())).toBe(true);
});

test.each([
  ["a packet", (loss: ReturnType<typeof lossAccount>) => (loss.packets.in_flows -= 1), 0],
  ["a flow", (loss: ReturnType<typeof lossAccount>) => (loss.flows.open -= 1), 1],
  ["a row", (loss: ReturnType<typeof lossAccount>) => (loss.rows.unscored.model_failed = 4), 2],
  ["a detection", (loss: ReturnType<typeof lossAccount>) => (loss.detections.stored -= 1), 3],
])("%s that is nowhere shows in its sum", (_, lose, index) => {
  const loss = lossAccount();
  lose(loss);
  expect(addsUp(loss)).toBe(false);
  expect(accountSums(loss)[index]?.difference).toBe(1);
});

test("drops are counted on top of what was seen", () => {
  expect(droppedPackets(lossAccount())).toBe(4);
});

test("reasons come most first, without those that never happened", () => {
  expect(reasonsOf({ llc: 2, arp: 8, ptp: 0, bad_ip_version: 2 })).toEqual([
    ["arp", 8],
    ["bad_ip_version", 2],
    ["llc", 2],
  ]);
});
