// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { mergeDetections } from "./merge";
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
