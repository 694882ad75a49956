// SPDX-License-Identifier: Apache-2.0
// The conditions of the alerts page: they live in the page's address, go to the server as a query, and decide here
// which live events belong to the list.
import type { Detection, DetectionQuery, DetectionStatus, Severity } from "../api/types";
import { SEVERITIES, severityRank } from "./severity";
import { toMicroseconds } from "./time";

export interface AlertFilters {
  status: DetectionStatus | "suppressed" | "all";
  severity: Severity;
  type: string;
  host: string;
  flow: string;
  community: string;
  incident: string;
  q: string;
  from: string;
  to: string;
}

/** What the page shows before anyone asks for more: whatever the models find unusual. */
export const DEFAULT_FILTERS: AlertFilters = {
  status: "anomaly",
  severity: "none",
  type: "",
  host: "",
  flow: "",
  community: "",
  incident: "",
  q: "",
  from: "",
  to: "",
};

const NAMES = Object.keys(DEFAULT_FILTERS) as (keyof AlertFilters)[];
const STATUSES: readonly string[] = ["anomaly", "unscored", "normal", "suppressed", "all"];

function isValid(name: keyof AlertFilters, value: string): boolean {
  if (name === "status") return STATUSES.includes(value);
  if (name === "severity") return (SEVERITIES as readonly string[]).includes(value);
  if (name === "from" || name === "to") return !Number.isNaN(Date.parse(value));
  return true;
}

/** Unknown names and impossible values in an address are left out, not an error: people edit and cut addresses. */
export function readFilters(search: URLSearchParams): AlertFilters {
  const filters: Record<keyof AlertFilters, string> = { ...DEFAULT_FILTERS };
  for (const name of NAMES) {
    const value = search.get(name)?.trim();
    if (value && isValid(name, value)) filters[name] = value;
  }
  return filters as AlertFilters;
}

/** Only what differs from the default, so that addresses stay short. */
export function writeFilters(filters: AlertFilters): URLSearchParams {
  const search = new URLSearchParams();
  for (const name of NAMES) {
    const value = filters[name].trim();
    if (value !== DEFAULT_FILTERS[name] && value !== "") search.set(name, value);
  }
  return search;
}

export function countFilters(filters: AlertFilters): number {
  return [...writeFilters(filters).keys()].length;
}

export function alertsPath(filters: Partial<AlertFilters>): string {
  const search = writeFilters({ ...DEFAULT_FILTERS, ...filters }).toString();
  return search === "" ? "/alerts" : `/alerts?${search}`;
}

export function toQuery(filters: AlertFilters): DetectionQuery {
  const query: DetectionQuery = {};
  if (filters.status === "suppressed") query.suppressed = true;
  else if (filters.status !== "all") query.status = filters.status;
  if (filters.status === "anomaly") query.suppressed = false;
  if (filters.severity !== "none") query.min_severity = filters.severity;
  if (filters.type) query.attack_type = filters.type;
  if (filters.host) query.host = filters.host;
  if (filters.flow) query.flow_id = filters.flow;
  if (filters.community) query.community_id = filters.community;
  if (filters.incident) query.incident = filters.incident;
  if (filters.q) query.q = filters.q;
  if (filters.from) query.from = filters.from;
  if (filters.to) query.to = filters.to;
  return query;
}

/** One spelling per address: "::0:1" and "::1" are the same host. What is no address stays as it was typed. */
export function canonicalHost(host: string): string {
  if (!host.includes(":")) return host;
  try {
    return new URL(`http://[${host}]`).hostname.slice(1, -1);
  } catch {
    return host.toLowerCase();
  }
}

/** The server's conditions, for events that come live. */
export function matches(filters: AlertFilters, detection: Detection): boolean {
  const host = canonicalHost(filters.host);
  const text = filters.q.toLowerCase();
  const seen = toMicroseconds(detection.last_seen_at);
  return (
    hasStatus(filters.status, detection) &&
    (!filters.incident || detection.incident_id === filters.incident) &&
    severityRank(detection.severity) >= severityRank(filters.severity) &&
    (!filters.type || detection.attack_type === filters.type) &&
    (!host || canonicalHost(detection.src_ip) === host || canonicalHost(detection.dst_ip) === host) &&
    (!filters.flow || detection.flow_id === filters.flow) &&
    (!filters.community || detection.community_id === filters.community) &&
    (!text || searchable(detection).some((part) => part.toLowerCase().includes(text))) &&
    (!filters.from || seen >= toMicroseconds(filters.from)) &&
    (!filters.to || seen < toMicroseconds(filters.to))
  );
}

function hasStatus(wanted: AlertFilters["status"], { status, suppressed_by }: Detection): boolean {
  if (wanted === "all") return true;
  if (wanted === "suppressed") return suppressed_by !== null;
  return status === wanted && (wanted !== "anomaly" || suppressed_by === null);
}

function searchable(detection: Detection): string[] {
  return [detection.flow_id, detection.attack_type ?? "", detection.technique ?? ""];
}
