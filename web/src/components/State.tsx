// SPDX-License-Identifier: Apache-2.0
// Well or not, by sign and word.
import { IconAlertTriangle, IconCircleCheck } from "./icons";
import type { ReactNode } from "react";
import styles from "./State.module.css";

export function State({ good, children }: { good: boolean; children: ReactNode }) {
  const Icon = good ? IconCircleCheck : IconAlertTriangle;
  return (
    <span className={styles.state} data-good={good}>
      <Icon size={16} stroke={1.8} aria-hidden />
      <span>{children}</span>
    </span>
  );
}
