// SPDX-License-Identifier: Apache-2.0
// A line across the top of the page about weir itself.
import type { ReactNode } from "react";
import styles from "./Banner.module.css";

interface Props {
  tone: "warning" | "danger";
  icon: ReactNode;
  children: ReactNode;
  action?: ReactNode;
}

export function Banner({ tone, icon, children, action }: Props) {
  return (
    <div className={styles.banner} data-tone={tone} role={tone === "danger" ? "alert" : "status"}>
      <span className={styles.icon}>{icon}</span>
      <p className={styles.text}>{children}</p>
      {action}
    </div>
  );
}
