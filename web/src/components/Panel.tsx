// SPDX-License-Identifier: Apache-2.0
import { useId, type ReactNode } from "react";
import styles from "./Panel.module.css";

interface Props {
  title: string;
  /** Beside the title: a number, a link, a control. */
  aside?: ReactNode;
  children: ReactNode;
  /** Lists and tables reach the edges. */
  flush?: boolean;
  className?: string | undefined;
}

export function Panel({ title, aside, children, flush = false, className = "" }: Props) {
  const id = useId();
  return (
    <section className={`${styles.panel ?? ""} ${className}`} aria-labelledby={id}>
      <div className={styles.head}>
        <h2 id={id} className={styles.title}>
          {title}
        </h2>
        {aside}
      </div>
      <div className={flush ? styles.flush : styles.body}>{children}</div>
    </section>
  );
}
