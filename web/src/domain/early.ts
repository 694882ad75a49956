// SPDX-License-Identifier: Apache-2.0
// The first packets of a flow, read back from its early_* features: who sent each, how large, and how long after the one
// before.
import type { FeatureValue } from "../api/types";

export interface EarlyPacket {
  /** 1 is the first. */
  number: number;
  /** Payload. */
  bytes: number;
  /** Which side sent it. The catalogue tells it by the sign of the payload, so it is not known for empty packets. */
  from: "source" | "destination" | "either";
  /** Microseconds since the packet before; null for the first. */
  gapUs: number | null;
}

/** Empty when the model has no such features. A packet that never came is undefined there, and ends the list. */
export function earlyPackets(features: readonly FeatureValue[]): EarlyPacket[] {
  const values = new Map(features.map(({ name, value }) => [name, value]));
  const packets: EarlyPacket[] = [];
  for (let number = 1; ; number++) {
    const at = `early_${String(number).padStart(2, "0")}`;
    const payload = values.get(`${at}_payload_bytes`) ?? null;
    if (payload === null) return packets;
    packets.push({
      number,
      bytes: Math.abs(payload),
      from: payload > 0 ? "source" : payload < 0 ? "destination" : "either",
      gapUs: values.get(`${at}_gap_us`) ?? null,
    });
  }
}
