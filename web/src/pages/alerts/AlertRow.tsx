// SPDX-License-Identifier: Apache-2.0
import type { KeyboardEvent } from "react";
import type { Detection } from "../../api/types";
import { Parties } from "../../components/Parties";
import { SeverityBadge } from "../../components/Severity";
import { TimeText } from "../../components/TimeText";
import { detectionTitle, isNamed } from "../../domain/attack";
import { formatBytes, formatCompact, formatConfidence, formatNumber, NONE } from "../../domain/format";
import styles from "./AlertTable.module.css";

interface Props {
  detection: Detection;
  index: number;
  focusable: boolean;
  offset: number;
  height: number;
  onOpen: () => void;
  onFocus: () => void;
  /** Keys that move between rows. */
  onKey: (event: KeyboardEvent) => void;
}

export function AlertRow({ detection, index, focusable, offset, height, onOpen, onFocus, onKey }: Props) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      tabIndex={focusable ? 0 : -1}
      className={styles.row}
      style={{ height, transform: `translateY(${offset}px)` }}
      onClick={onOpen}
      onFocus={onFocus}
      onKeyDown={(event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          onOpen();
        } else {
          onKey(event);
        }
      }}
    >
      <span role="gridcell" className={styles.severity}>
        <SeverityBadge severity={detection.severity} />
      </span>
      <span role="gridcell" className={styles.type}>
        {detectionTitle(detection)}
        {detection.confidence !== null && isNamed(detection.attack_type) && (
          <span className={styles.sure}>{formatConfidence(detection.confidence)}</span>
        )}
      </span>
      <span role="gridcell" className={styles.parties}>
        <Parties detection={detection} withSourcePort />
      </span>
      <span role="gridcell" className={styles.detail}>
        {detection.protocol.toUpperCase()}
      </span>
      <span role="gridcell" className={`figure ${styles.detail ?? ""}`}>
        {formatCompact(detection.packets)}
        <span className={styles.unit}> packets</span>
      </span>
      <span role="gridcell" className={`figure ${styles.detail ?? ""}`}>
        {formatBytes(detection.bytes)}
      </span>
      <span role="gridcell" className={`figure ${styles.score ?? ""}`}>
        {detection.score === null ? NONE : formatNumber(detection.score)}
      </span>
      <span role="gridcell" className={styles.time}>
        <TimeText time={detection.last_seen_at} />
      </span>
    </div>
  );
}
