// SPDX-License-Identifier: Apache-2.0
// A word of the trade with its meaning: by pointer, by keyboard and for screen readers.
import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./Hint.module.css";

export function Hint({ children, meaning }: { children: ReactNode; meaning: string }) {
  return (
    <Tooltip label={meaning} multiline maw={300} withArrow events={{ hover: true, focus: true, touch: true }}>
      <button type="button" className={styles.hint}>
        {children}
        <span className="visually-hidden">: {meaning}</span>
      </button>
    </Tooltip>
  );
}
