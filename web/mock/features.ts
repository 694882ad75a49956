// SPDX-License-Identifier: Apache-2.0
// Part of weir's feature catalogue, with a made-up normal range per feature, for the simulated sensor.
import type { FeatureCatalogue, FeatureValue } from "../src/api/types.ts";

type Item = FeatureCatalogue["items"][number];
export interface MockFeature extends Pick<Item, "name" | "family" | "unit" | "meaning"> {
  median: number;
  low: number;
  high: number;
}

function flow(
  name: string,
  unit: string,
  meaning: string,
  median: number,
  low: number,
  high: number,
): MockFeature {
  return { name, family: "flow", unit, meaning, median, low, high };
}

const PLAIN: readonly MockFeature[] = [
  flow("flow_duration_us", "us", "time from the first to the last packet", 184_000, 0, 62_000_000),
  flow("fwd_packets", "packets", "packets sent by the source", 6, 1, 210),
  flow("bwd_packets", "packets", "packets sent by the destination", 5, 0, 260),
  flow("fwd_payload_bytes", "bytes", "payload sent by the source", 420, 0, 61_000),
  flow("bwd_payload_bytes", "bytes", "payload sent by the destination", 1_180, 0, 940_000),
  flow("fwd_payload_mean_bytes", "bytes", "mean payload of a forward packet", 71, 0, 810),
  flow("bwd_payload_mean_bytes", "bytes", "mean payload of a backward packet", 205, 0, 1_390),
  flow("flow_packets_per_s", "packets/s", "packets of both directions over the duration", 42, 0.3, 2_100),
  flow(
    "flow_payload_bytes_per_s",
    "bytes/s",
    "payload of both directions over the duration",
    6_100,
    0,
    1_900_000,
  ),
  flow("flow_gap_mean_us", "us", "mean gap between consecutive packets of the flow", 21_000, 90, 5_100_000),
  flow("flow_gap_max_us", "us", "largest gap between consecutive packets of the flow", 91_000, 90, 7_700_000),
  flow("fwd_gap_mean_us", "us", "mean gap between consecutive forward packets", 39_000, 0, 8_000_000),
  flow(
    "payload_std_bytes",
    "bytes",
    "standard deviation of the payload of a packet, both directions",
    180,
    0,
    690,
  ),
  flow("syn_packets", "packets", "packets with SYN set, both directions", 2, 0, 2),
  flow("rst_packets", "packets", "packets with RST set, both directions", 0, 0, 1),
  flow("fin_packets", "packets", "packets with FIN set, both directions", 2, 0, 2),
  flow("psh_packets", "packets", "packets with PSH set, both directions", 3, 0, 96),
  flow("ack_packets", "packets", "packets with ACK set, both directions", 10, 0, 460),
  flow("bwd_fwd_packet_ratio", "ratio", "backward packets for each forward packet", 0.9, 0, 2.4),
  flow("fwd_data_packets", "packets", "forward packets that carry payload", 2, 0, 88),
  flow("retransmitted_packets", "packets", "TCP packets that bring nothing new, both directions", 0, 0, 4),
  flow("active_mean_us", "us", "mean time of a period without a gap above 5 s", 0, 0, 4_100_000),
  flow("idle_mean_us", "us", "mean time of a gap above 5 s", 0, 0, 45_000_000),
];

function early(number: number): MockFeature[] {
  const name = `early_${String(number).padStart(2, "0")}`;
  const payload = flow(
    `${name}_payload_bytes`,
    "bytes",
    `payload of packet ${number}: positive forward, negative backward`,
    0,
    -1_448,
    1_448,
  );
  const gap = flow(
    `${name}_gap_us`,
    "us",
    `gap between packets ${number - 1} and ${number}`,
    12_000,
    10,
    900_000,
  );
  return (number === 1 ? [payload] : [payload, gap]).map((feature) => ({ ...feature, family: "early" }));
}

export const FEATURES: readonly MockFeature[] = [
  ...PLAIN,
  ...Array.from({ length: 16 }, (_, i) => early(i + 1)).flat(),
];

export function featureValue(
  { name, unit, median, low, high }: MockFeature,
  value: number | null,
): FeatureValue {
  return { name, unit, value, median, low, high };
}

export function catalogue(): FeatureCatalogue {
  return {
    items: FEATURES.map(({ name, family, unit, meaning }) => {
      return { name, family, unit, meaning, formula: meaning, cic_alias: null, model_input: true };
    }),
  };
}
