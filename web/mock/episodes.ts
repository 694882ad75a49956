// SPDX-License-Identifier: Apache-2.0
// What happens in the simulated network: attacks as episodes of packet time, each with the flows that it makes.
import type { Severity } from "../src/api/types.ts";

export interface Episode {
  type: string;
  severity: Severity;
  technique: string | null;
  actor: string;
  targets: readonly string[];
  protocol: "tcp" | "udp";
  port: (n: number) => number;
  /** Seconds since the beginning. */
  from: number;
  to: number;
  flowsPerTick: number;
  confidence: number | null;
  packets: number;
  bytes: number;
  /** Features that stand out, with their values, worst first. */
  odd: readonly [string, number][];
}

const SERVERS = ["198.18.10.5", "198.18.10.7", "198.18.10.9", "198.18.10.21"] as const;

export const EPISODES: readonly Episode[] = [
  {
    type: "port_scan",
    severity: "medium",
    technique: "T1046",
    actor: "198.18.66.4",
    targets: SERVERS,
    protocol: "tcp",
    port: (n) => 1 + ((n * 37) % 1024),
    from: 40,
    to: 110,
    flowsPerTick: 12,
    confidence: 0.97,
    packets: 2,
    bytes: 100,
    odd: [
      ["rst_packets", 2],
      ["flow_gap_mean_us", 61],
      ["flow_packets_per_s", 16_300],
    ],
  },
  {
    type: "brute_force",
    severity: "high",
    technique: "T1110",
    actor: "198.18.66.9",
    targets: ["198.18.10.7"],
    protocol: "tcp",
    port: () => 22,
    from: 150,
    to: 330,
    flowsPerTick: 3,
    confidence: 0.91,
    packets: 34,
    bytes: 6_900,
    odd: [
      ["fin_packets", 4],
      ["bwd_payload_mean_bytes", 1_420],
      ["bwd_fwd_packet_ratio", 2.6],
    ],
  },
  {
    type: "syn_flood",
    severity: "critical",
    technique: "T1498",
    actor: "198.18.66.20",
    targets: ["198.18.10.5"],
    protocol: "tcp",
    port: () => 443,
    from: 360,
    to: 420,
    flowsPerTick: 40,
    confidence: 0.99,
    packets: 118,
    bytes: 4_720,
    odd: [
      ["syn_packets", 118],
      ["flow_packets_per_s", 48_000],
      ["fwd_gap_mean_us", 8_900_000],
      ["bwd_packets", 0],
    ],
  },
  {
    type: "dns_tunnel",
    severity: "high",
    technique: "T1071.004",
    actor: "2001:2:0:1::31",
    targets: ["2001:2:0:53::1"],
    protocol: "udp",
    port: () => 53,
    from: 450,
    to: 640,
    flowsPerTick: 1,
    confidence: 0.78,
    packets: 412,
    bytes: 88_400,
    odd: [
      ["fwd_packets", 233],
      ["fwd_payload_mean_bytes", 871],
    ],
  },
  {
    type: "unknown",
    severity: "low",
    technique: null,
    actor: "198.18.20.44",
    targets: ["198.18.10.21"],
    protocol: "tcp",
    port: () => 8080,
    from: 500,
    to: 560,
    flowsPerTick: 1,
    confidence: null,
    packets: 58,
    bytes: 91_000,
    odd: [["idle_mean_us", 51_000_000]],
  },
];
