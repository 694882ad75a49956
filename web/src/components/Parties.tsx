// SPDX-License-Identifier: Apache-2.0
// Who did it to whom.
import { IconArrowRight } from "./icons";
import type { Detection } from "../api/types";
import { endpoint } from "../domain/attack";
import { plural } from "../domain/format";
import styles from "./Parties.module.css";

interface Props {
  detection: Pick<Detection, "src_ip" | "src_port" | "dst_ip" | "dst_port" | "protocol">;
  /** How many hosts, when the line stands for several flows. */
  targets?: number;
  withSourcePort?: boolean;
}

export function Parties({ detection, targets = 1, withSourcePort = false }: Props) {
  const { src_ip, src_port, dst_ip, dst_port, protocol } = detection;
  return (
    <span className={styles.parties}>
      <span className="mono">{withSourcePort ? endpoint(src_ip, src_port, protocol) : src_ip}</span>
      <IconArrowRight size={14} stroke={1.6} className={styles.arrow} aria-label="to" />
      <span className={targets > 1 ? undefined : "mono"}>
        {targets > 1 ? plural(targets, "host") : endpoint(dst_ip, dst_port, protocol)}
      </span>
    </span>
  );
}
