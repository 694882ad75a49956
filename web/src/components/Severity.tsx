// SPDX-License-Identifier: Apache-2.0
// Severity by word, by bars and by colour: never by colour alone.
import type { Severity } from "../api/types";
import { SEVERITY_NAME, severityRank } from "../domain/severity";
import styles from "./Severity.module.css";

export function SeverityBars({ severity }: { severity: Severity }) {
  const rank = severityRank(severity);
  return (
    <svg
      className={styles.bars}
      data-severity={severity}
      width="16"
      height="14"
      viewBox="0 0 16 14"
      aria-hidden
    >
      {[1, 2, 3, 4].map((bar) => (
        <rect
          key={bar}
          x={(bar - 1) * 4}
          y={11 - bar * 2.75}
          width="2.75"
          height={bar * 2.75 + 3}
          rx="1"
          opacity={bar <= rank ? 1 : 0.22}
        />
      ))}
    </svg>
  );
}

export function SeverityBadge({ severity }: { severity: Severity }) {
  return (
    <span className={styles.badge} data-severity={severity}>
      <SeverityBars severity={severity} />
      {SEVERITY_NAME[severity]}
    </span>
  );
}
