// SPDX-License-Identifier: Apache-2.0
import { Link } from "react-router";
import type { Summary } from "../../api/types";
import { Panel } from "../../components/Panel";
import { attackName } from "../../domain/attack";
import { alertsPath } from "../../domain/filters";
import { formatCount } from "../../domain/format";
import styles from "./AttackTypes.module.css";

const SHOWN = 7;

export function AttackTypes({ summary }: { summary: Summary | undefined }) {
  const types = summary?.by_attack_type ?? [];
  const most = types[0]?.count ?? 1;
  return (
    <Panel title="By attack type">
      {types.length === 0 ? (
        <p className="soft">Nothing to count yet.</p>
      ) : (
        <ul className={styles.list}>
          {types.slice(0, SHOWN).map(({ attack_type, count }) => (
            <li key={attack_type}>
              <Link to={alertsPath({ type: attack_type })} className={styles.line}>
                <span>{attackName(attack_type || null)}</span>
                <span className="figure soft">{formatCount(count)}</span>
                <span className={styles.track} aria-hidden>
                  <span className={styles.bar} style={{ width: `${Math.max(2, (count / most) * 100)}%` }} />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
