// SPDX-License-Identifier: Apache-2.0
// Lists of detections that live events flow into.
import type { Detection } from "../api/types";
import { toMicroseconds } from "./time";

/** The server's order: newest first by (last_seen_at, flow_uid). */
export function newestFirst(a: Detection, b: Detection): number {
  const byTime = toMicroseconds(b.last_seen_at) - toMicroseconds(a.last_seen_at);
  if (byTime !== 0) return byTime;
  return a.flow_uid < b.flow_uid ? 1 : a.flow_uid > b.flow_uid ? -1 : 0;
}

/** Both lists as one, each flow once, as it is in `fresh` when it is in both. */
export function mergeDetections(known: readonly Detection[], fresh: readonly Detection[]): Detection[] {
  const byUid = new Map(known.map((detection) => [detection.flow_uid, detection]));
  for (const detection of fresh) byUid.set(detection.flow_uid, detection);
  return [...byUid.values()].sort(newestFirst);
}
