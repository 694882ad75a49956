// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { groupActivities, histogram, mergeDetections, worstFirst } from "./merge";
import { detection } from "./test_data";

const at = (second: number) => `2026-03-14T09:30:${String(second).padStart(2, "0")}.000000Z`;
const flow = (uid: string, second: number, part = {}) =>
  detection({ flow_uid: uid, last_seen_at: at(second), ...part });
const uids = (list: { flow_uid: string }[]) => list.map(({ flow_uid }) => flow_uid).join("");

describe("merging live events into a list", () => {
  test("puts the newest first, and orders equal times by flow uid as the server does", () => {
    expect(uids(mergeDetections([flow("b", 5), flow("a", 3)], [flow("d", 9), flow("c", 5)]))).toBe("dcba");
  });

  test("shows a flow once, as it was told last, at its newer place", () => {
    const merged = mergeDetections([flow("b", 5), flow("a", 3)], [flow("a", 8, { packets: 77 })]);
    expect(uids(merged)).toBe("ab");
    expect(merged[0]?.packets).toBe(77);
  });

  test("tells times apart that differ by a microsecond", () => {
    const [early, late] = ["2026-03-14T09:30:05.000001Z", "2026-03-14T09:30:05.000002Z"];
    const list = [
      detection({ flow_uid: "z", last_seen_at: early }),
      detection({ flow_uid: "a", last_seen_at: late }),
    ];
    expect(uids(mergeDetections(list, []))).toBe("az");
  });
});

describe("activities", () => {
  const flows = [
    flow("1", 1, { severity: "low" }),
    flow("2", 9, { dst_ip: "198.18.1.6", severity: "critical" }),
    flow("3", 5, { attack_type: "port_scan", severity: "medium" }),
    flow("4", 3, { src_ip: "198.18.0.10" }),
  ];

  test("are one per actor and kind, newest first", () => {
    expect(groupActivities(flows).map(({ newest, count }) => [newest.flow_uid, count])).toEqual([
      ["2", 2],
      ["3", 1],
      ["4", 1],
    ]);
  });

  test("tell the worst severity and the number of targets", () => {
    expect(groupActivities(flows)[0]).toMatchObject({ worst: "critical", targets: 2 });
  });

  test("can be ordered by severity", () => {
    const severities = groupActivities(flows)
      .sort(worstFirst)
      .map(({ worst }) => worst);
    expect(severities).toEqual(["critical", "high", "medium"]);
  });
});

test("a histogram counts both ends and leaves out what lies beyond", () => {
  expect(histogram([-1, 0, 4, 5, 10, 11], 0, 10, 2)).toEqual([2, 2]);
  expect(histogram([1], 5, 5, 2)).toEqual([0, 0]);
});
