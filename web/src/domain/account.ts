// SPDX-License-Identifier: Apache-2.0
// The loss account as sums that anyone can check: a total, and the parts that must add up to it.
import type { LossAccount } from "../api/types";

export interface Part {
  name: string;
  count: number;
  /** good: as it should be; other: rightly left out; waiting: on its way; lost: something to look at. */
  tone: "good" | "other" | "waiting" | "lost";
  meaning: string;
}

export interface Sum {
  name: string;
  total: number;
  parts: Part[];
  /** total minus the parts: 0 when it adds up. */
  difference: number;
}

type Counts = Record<string, number>;

export function addUp(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function sum(name: string, total: number, parts: Part[]): Sum {
  return { name, total, parts, difference: total - parts.reduce((all, part) => all + part.count, 0) };
}

export function accountSums(loss: LossAccount): Sum[] {
  const { packets, flows, rows, detections } = loss;
  return [
    sum("Packets seen", packets.seen, [
      { name: "in flows", count: packets.in_flows, tone: "good", meaning: "Counted in a flow." },
      {
        name: "rejected",
        count: addUp(packets.rejected),
        tone: "other",
        meaning: "Not part of any flow, because it is not IP or cannot be read; the reasons are below.",
      },
    ]),
    sum("Flows started", flows.started, [
      { name: "ended", count: flows.ended, tone: "good", meaning: "Their last row was written." },
      { name: "open", count: flows.open, tone: "waiting", meaning: "Still being watched." },
    ]),
    sum("Rows for the models", rows.total, [
      { name: "scored", count: rows.scored, tone: "good", meaning: "Judged by the models." },
      {
        name: "repeated",
        count: rows.repeated,
        tone: "good",
        meaning: "The end of a flow that brought nothing new: its verdict stands.",
      },
      {
        name: "replaced",
        count: rows.coalesced,
        tone: "other",
        meaning: "A newer row of the same flow came before this one was judged, so only the newer one was.",
      },
      { name: "waiting", count: rows.queued, tone: "waiting", meaning: "In the queue of the models." },
      {
        name: "not judged",
        count: addUp(rows.unscored),
        tone: "lost",
        meaning: "The models gave no verdict; the reasons are below.",
      },
    ]),
    sum("Detection records", detections.total, [
      {
        name: "stored",
        count: detections.stored,
        tone: "good",
        meaning: "In the database; a flow that is judged anew is written anew.",
      },
      {
        name: "spooled",
        count: detections.spooled,
        tone: "waiting",
        meaning: "Kept on disk until the database takes them.",
      },
      {
        name: "waiting",
        count: detections.queued,
        tone: "waiting",
        meaning: "In the queue of the database.",
      },
      {
        name: "lost",
        count: detections.lost,
        tone: "lost",
        meaning: "Damaged on the disk, or neither the database nor the disk took them at a stop.",
      },
    ]),
  ];
}

export function addsUp(loss: LossAccount): boolean {
  return accountSums(loss).every((one) => one.difference === 0);
}

/** Reasons with a count, most first; those that never happened are left out. */
export function reasonsOf(counts: Counts): [string, number][] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([a, x], [b, y]) => y - x || a.localeCompare(b));
}

export function droppedPackets(loss: LossAccount): number {
  return loss.packets.kernel_drops + loss.packets.interface_drops;
}
