// SPDX-License-Identifier: Apache-2.0
import { useEffect, type ReactNode } from "react";
import styles from "./PageHeader.module.css";

interface Props {
  title: string;
  /** One sentence under the title. */
  lead?: ReactNode;
  aside?: ReactNode;
  before?: ReactNode;
}

export function PageHeader({ title, lead, aside, before }: Props) {
  useEffect(() => {
    document.title = `${title} · weir`;
  }, [title]);
  return (
    <div className={styles.header}>
      {before}
      <div className={styles.line}>
        <div className={styles.words}>
          <h1 className={styles.title}>{title}</h1>
          {lead && <div className={styles.lead}>{lead}</div>}
        </div>
        {aside}
      </div>
    </div>
  );
}
