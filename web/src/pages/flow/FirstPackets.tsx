// SPDX-License-Identifier: Apache-2.0
// The first packets as bars: up from the source, down from the destination, as high as they are large.
import type { FeatureValue } from "../../api/types";
import { Hint } from "../../components/Hint";
import { Panel } from "../../components/Panel";
import { earlyPackets, type EarlyPacket } from "../../domain/early";
import { formatBytes, formatSeconds } from "../../domain/format";
import styles from "./FirstPackets.module.css";

const HALF_PX = 56;

export function FirstPackets({ features }: { features: readonly FeatureValue[] }) {
  const packets = earlyPackets(features);
  if (packets.length === 0) return null;
  const largest = Math.max(...packets.map(({ bytes }) => bytes), 1);
  return (
    <Panel
      title="First packets"
      aside={
        <span className={styles.legend}>
          <span data-from="source">from the source</span>
          <span data-from="destination">from the destination</span>
        </span>
      }
    >
      <ol className={styles.chart}>
        {packets.map((packet) => (
          <Bar key={packet.number} packet={packet} largest={largest} />
        ))}
      </ol>
      <p className={styles.note}>
        <Hint meaning="Payload is what a packet carries beyond its headers. Packets without payload, such as plain acknowledgements, are a dot on the line.">
          Payload
        </Hint>{" "}
        of the first {packets.length === 1 ? "packet" : `${packets.length} packets`} in order; the largest is{" "}
        {formatBytes(largest)}. Below: the gap to the packet before.
      </p>
    </Panel>
  );
}

function Bar({ packet, largest }: { packet: EarlyPacket; largest: number }) {
  const { number, from, bytes, gapUs } = packet;
  const gap = gapUs === null ? "" : formatSeconds(gapUs / 1e6);
  const what = from === "either" ? "no payload" : `${formatBytes(bytes)} from the ${from}`;
  const text = `Packet ${number}: ${what}${gap === "" ? "" : `, ${gap} after the one before`}`;
  const style = { height: Math.max(4, (bytes / largest) * HALF_PX) };
  return (
    <li className={styles.packet} title={text}>
      <span className="visually-hidden">{text}</span>
      <span className={styles.half} data-from="source" aria-hidden>
        {from === "source" && <span className={styles.bar} style={style} />}
      </span>
      {from === "either" && <span className={styles.dot} aria-hidden />}
      <span className={styles.half} data-from="destination" aria-hidden>
        {from === "destination" && <span className={styles.bar} style={style} />}
      </span>
      <span className={styles.gap} aria-hidden>
        {gap}
      </span>
    </li>
  );
}
