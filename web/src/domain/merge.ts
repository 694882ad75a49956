// SPDX-License-Identifier: Apache-2.0
// Lists of detections that live events flow into.
import type { Detection, Severity } from "../api/types";
import { severityRank } from "./severity";
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

export interface Activity {
  /** The newest of its detections. */
  newest: Detection;
  count: number;
  worst: Severity;
  targets: number;
  /** Earliest start, as weir writes times. */
  since: string;
  /** When its flows were last seen, in milliseconds since 1970. */
  times: number[];
}

/**
 * What one actor does of one kind is one line ("Port scan, 10.0.0.9, 532 flows to 12 hosts"), so that a scan does not push
 * everything else off the first page. The newest activity comes first.
 */
export function groupActivities(detections: readonly Detection[]): Activity[] {
  const groups = new Map<string, Detection[]>();
  for (const detection of detections) {
    const key = `${detection.status} ${detection.attack_type ?? ""} ${detection.src_ip}`;
    const group = groups.get(key);
    if (group) group.push(detection);
    else groups.set(key, [detection]);
  }
  return [...groups.values()].map(toActivity).sort((a, b) => newestFirst(a.newest, b.newest));
}

function toActivity(group: Detection[]): Activity {
  const [newest] = [...group].sort(newestFirst) as [Detection, ...Detection[]];
  const [worst] = [...group].sort((a, b) => severityRank(b.severity) - severityRank(a.severity)) as [
    Detection,
  ];
  return {
    newest,
    count: group.length,
    worst: worst.severity,
    targets: new Set(group.map(({ dst_ip }) => dst_ip)).size,
    since: group.map(({ started_at }) => started_at).reduce((a, b) => (a < b ? a : b)),
    times: group.map(({ last_seen_at }) => Date.parse(last_seen_at)),
  };
}

/** The most severe first; among equals, the newest. */
export function worstFirst(a: Activity, b: Activity): number {
  return severityRank(b.worst) - severityRank(a.worst) || newestFirst(a.newest, b.newest);
}

/** How many of `times` fall into each of `bins` equal parts of [from, to]; what lies outside is not counted. */
export function histogram(times: readonly number[], from: number, to: number, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  if (to <= from) return counts;
  for (const time of times) {
    if (time < from || time > to) continue;
    const bin = Math.min(bins - 1, Math.floor(((time - from) / (to - from)) * bins));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}
