// SPDX-License-Identifier: Apache-2.0
// What pages say of incidents.
import type { Incident, IncidentState, NewSuppression, SuppressionTrial } from "../api/types";
import { plural } from "./format";
import { severityRank } from "./severity";
import { secondsBetween, toMicroseconds } from "./time";

export const STATES: readonly IncidentState[] = ["open", "confirmed", "dismissed", "closed"];

export const STATE_NAME: Record<IncidentState, string> = {
  open: "Open",
  confirmed: "Confirmed",
  dismissed: "Dismissed",
  closed: "Closed",
};

export const STATE_MEANING: Record<IncidentState, string> = {
  open: "Nobody has judged it yet.",
  confirmed: "A true alarm. Kept as feedback for training.",
  dismissed: "A false alarm. Kept as feedback for training.",
  closed: "Dealt with. A new flow opens it again.",
};

/** Whether somebody still has to do something about it. */
export function needsAttention({ state }: Pick<Incident, "state">): boolean {
  return state === "open" || state === "confirmed";
}

/** The most severe first; among equals, the one that was last active. */
export function worstFirst(a: Incident, b: Incident): number {
  return (
    severityRank(b.severity) - severityRank(a.severity) ||
    toMicroseconds(b.last_at) - toMicroseconds(a.last_at)
  );
}

/** It had a flow within the last two minutes of packet time, which is as long as a flow may be silent. */
export function isGoingOn(incident: Pick<Incident, "last_at">, packetTime: string | null): boolean {
  // Time runs backwards where an older capture is replayed into the same database.
  return packetTime !== null && Math.abs(secondsBetween(incident.last_at, packetTime)) < 120;
}

type Parties = Incident["actors"];

/** "10.0.0.5", "3 hosts", "about 100,000 hosts" */
export function partiesText(parties: Parties, one: string): string {
  const [only] = parties.some;
  if (parties.count === 1 && only !== undefined) return only;
  return `${parties.is_estimate ? "about " : ""}${plural(parties.count, one)}`;
}

/** "port 22", "ports 80,443", "1,000 ports" */
export function portsText({ ports }: Pick<Incident, "ports">): string {
  if (ports.count === 0) return "";
  if (ports.count === 1) return `port ${ports.list ?? ""}`;
  if (ports.count <= 4 && ports.list !== null) return `ports ${ports.list.replaceAll(",", ", ")}`;
  return plural(ports.count, "port");
}

/** A rule that hides what this incident is made of: as narrow as one sentence can say it. */
export function ruleFor(incident: Incident): SuppressionTrial {
  const rule: SuppressionTrial = { attack_type: incident.attack_type };
  const [actor] = incident.actors.some;
  const [target] = incident.targets.some;
  if (incident.actors.count === 1 && actor !== undefined) rule.source = actor;
  if (incident.targets.count === 1 && target !== undefined) rule.destination = target;
  if (incident.ports.count > 0 && incident.ports.count <= 4 && incident.ports.list !== null) {
    rule.ports = incident.ports.list;
  }
  return rule;
}

export interface RuleText {
  source: string;
  destination: string;
  host: string;
  ports: string;
  attack_type: string;
  time_of_day: string;
}

export const NO_RULE: RuleText = {
  source: "",
  destination: "",
  host: "",
  ports: "",
  attack_type: "",
  time_of_day: "",
};

/** What was typed, without what was left empty; null when all was. */
export function ruleOf(text: RuleText): SuppressionTrial | null {
  const given = Object.entries(text).flatMap(([name, value]: [string, string]) =>
    value.trim() === "" ? [] : [[name, value.trim()]],
  );
  return given.length === 0 ? null : (Object.fromEntries(given) as SuppressionTrial);
}

/** When a rule of `days` made at `now` ends; 0 days: never. */
export function expiryOf(days: number, now: number): NewSuppression["expires_at"] {
  return days === 0 ? null : new Date(now + days * 86_400_000).toISOString();
}
