// SPDX-License-Identifier: Apache-2.0
// A value on a line with the normal range as a band and the training median as a tick. The numbers stand beside it in
// text, so the picture itself is hidden from screen readers.
import type { FeatureValue } from "../../api/types";
import { isOutside, placeOnLine } from "../../domain/reasons";
import styles from "./RangeLine.module.css";

interface Props {
  feature: Pick<FeatureValue, "value" | "median" | "low" | "high">;
  wide?: boolean;
}

export function RangeLine({ feature, wide = false }: Props) {
  const places = placeOnLine(feature);
  if (places === null) return <span className="faint">–</span>;
  const { low, high, median, value } = places;
  const percent = (share: number) => `${(share * 100).toFixed(2)}%`;
  return (
    <span className={styles.line} data-wide={wide} aria-hidden>
      <span
        className={styles.band}
        style={{ left: percent(low), width: percent(Math.max(high - low, 0.015)) }}
      />
      <span className={styles.median} style={{ left: percent(median) }} />
      <span className={styles.value} data-outside={isOutside(feature)} style={{ left: percent(value) }} />
    </span>
  );
}
