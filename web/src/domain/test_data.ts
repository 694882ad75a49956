// SPDX-License-Identifier: Apache-2.0
// Examples for tests: a detection and a loss account that add up, to be changed where a test needs it.
import type { Detection, Incident, LossAccount, Reason } from "../api/types";

export function detection(part: Partial<Detection> = {}): Detection {
  return {
    flow_uid: "0123456789abcdef0123456789abcdef",
    flow_id: "198.18.0.9:40001-198.18.1.5:22/tcp",
    community_id: "1:abc=",
    sensor: "test",
    ip_version: 4,
    src_ip: "198.18.0.9",
    src_port: 40_001,
    dst_ip: "198.18.1.5",
    dst_port: 22,
    protocol: "tcp",
    protocol_number: 6,
    vlan: null,
    tunnel_id: null,
    started_at: "2026-03-14T09:30:00.000000Z",
    last_seen_at: "2026-03-14T09:30:05.000000Z",
    alerted_at: "2026-03-14T09:30:10.000000Z",
    scored_at: "2026-04-01T12:00:00.000000Z",
    packets: 30,
    bytes: 6_400,
    end_reason: "end_of_flow",
    status: "anomaly",
    unscored_reason: null,
    score: -0.12,
    margin: 0.07,
    p_value: 0.0004,
    attack_type: "brute_force",
    confidence: 0.9,
    severity: "high",
    technique: "T1110",
    model_version: "default@1",
    incident_id: null,
    suppressed_by: null,
    ...part,
  };
}

export function incident(part: Partial<Incident> = {}): Incident {
  return {
    id: "0123456789abcdef",
    title: "Brute force against 198.18.1.5 by 198.18.66.9",
    attack_type: "brute_force",
    grouped_by: "actor",
    severity: "high",
    technique: "T1110",
    state: "open",
    state_by: null,
    state_at: null,
    comment: null,
    first_at: "2026-03-14T09:30:00.000000Z",
    last_at: "2026-03-14T09:35:00.000000Z",
    flows: 60,
    packets: 1_800,
    bytes: 384_000,
    actors: { count: 1, is_estimate: false, some: ["198.18.66.9"] },
    targets: { count: 1, is_estimate: false, some: ["198.18.1.5"] },
    ports: { count: 1, list: "22" },
    protocols: ["tcp"],
    updated_at: "2026-04-01T12:00:00.000000Z",
    ...part,
  };
}

export function reason(part: Partial<Reason> = {}): Reason {
  return {
    feature: "syn_packets",
    unit: "packets",
    value: 120,
    median: 2,
    low: 0,
    high: 2,
    contribution: 0.1,
    sentence: "Packets with SYN set, both directions: 120 packets; normal here is up to 2 packets.",
    ...part,
  };
}

export function lossAccount(): LossAccount {
  return {
    balanced: true,
    packets: {
      seen: 1_000,
      in_flows: 990,
      rejected: { arp: 8, llc: 2 },
      kernel_drops: 3,
      interface_drops: 1,
    },
    flows: { started: 40, ended: 30, open: 10 },
    rows: { total: 60, scored: 44, repeated: 6, coalesced: 4, queued: 1, unscored: { model_failed: 5 } },
    detections: { total: 9, stored: 7, spooled: 1, queued: 1, lost: 0, spooled_by_earlier_runs: 0 },
  };
}
