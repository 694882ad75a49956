// SPDX-License-Identifier: Apache-2.0
// @vitest-environment jsdom
import { expect, test } from "vitest";
import { detection } from "../domain/test_data";
import { withLive } from "./use_alert_feed";

const flow = (uid: string, second: number) =>
  detection({ flow_uid: uid, last_seen_at: `2026-03-14T09:30:0${second}.000000Z` });
const known = {
  pages: [
    { items: [flow("c", 5), flow("b", 4)], next_cursor: "b" },
    { items: [flow("a", 3)], next_cursor: null },
  ],
  pageParams: ["", "b"],
};
const uids = (pages: { items: { flow_uid: string }[] }[] | undefined) =>
  pages?.map(({ items }) => items.map(({ flow_uid }) => flow_uid).join(""));

test("live events join the first page, in order", () => {
  expect(uids(withLive(known, [flow("d", 9)])?.pages)).toEqual(["dcb", "a"]);
});

test("a flow from an older page that comes again is not shown twice", () => {
  expect(uids(withLive(known, [flow("a", 8)])?.pages)).toEqual(["acb", ""]);
});

test("the cursors stay, so that older pages can still be loaded", () => {
  const merged = withLive(known, [flow("d", 9)]);
  expect(merged?.pages.map(({ next_cursor }) => next_cursor)).toEqual(["b", null]);
  expect(merged?.pageParams).toEqual(["", "b"]);
});

test("nothing is made up before the first page is there", () => {
  expect(withLive(undefined, [flow("d", 9)])).toBeUndefined();
});
