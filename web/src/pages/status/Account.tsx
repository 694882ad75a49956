// SPDX-License-Identifier: Apache-2.0
// The loss account, set out so that anyone can add it up.
import type { LossAccount } from "../../api/types";
import { Panel } from "../../components/Panel";
import { State } from "../../components/State";
import { accountSums, addsUp, reasonsOf, type Sum } from "../../domain/account";
import { humanise } from "../../domain/attack";
import { formatCount, formatShare, plural } from "../../domain/format";
import styles from "./Account.module.css";

export function Account({ loss }: { loss: LossAccount }) {
  const good = loss.balanced && addsUp(loss);
  return (
    <Panel
      title="Account"
      aside={
        <State good={good}>{good ? "Everything is accounted for" : "The account does not add up"}</State>
      }
    >
      <div className={styles.sums}>
        {accountSums(loss).map((sum) => (
          <SumLine key={sum.name} sum={sum} />
        ))}
      </div>
      <div className={styles.tables}>
        <ReasonTable
          title="Packets rejected, by reason"
          reasons={reasonsOf(loss.packets.rejected)}
          total={loss.packets.seen}
          none="No packet was rejected."
        />
        <ReasonTable
          title="Rows not judged, by reason"
          reasons={reasonsOf(loss.rows.unscored)}
          total={loss.rows.total}
          none="Every row was judged."
        />
        <Drops loss={loss} />
      </div>
    </Panel>
  );
}

function SumLine({ sum }: { sum: Sum }) {
  return (
    <section className={styles.sum} aria-label={sum.name}>
      <p className={styles.equation}>
        <span className={styles.term}>
          <strong className="figure">{formatCount(sum.total)}</strong> {sum.name.toLowerCase()}
        </span>
        <span className={styles.sign}>=</span>
        {sum.parts.map((part, i) => (
          <span key={part.name} className={styles.term} title={part.meaning}>
            {i > 0 && <span className={styles.sign}>+ </span>}
            <span className={styles.key} data-tone={part.tone} aria-hidden />
            <span className="figure">{formatCount(part.count)}</span> {part.name}
          </span>
        ))}
      </p>
      <div className={styles.bar} aria-hidden>
        {sum.parts.map(
          (part) =>
            part.count > 0 && <span key={part.name} data-tone={part.tone} style={{ flexGrow: part.count }} />,
        )}
      </div>
      {sum.difference !== 0 && (
        <p className={styles.difference}>
          {formatCount(Math.abs(sum.difference))} {sum.difference > 0 ? "missing" : "too many"}. While weir
          runs, its counters are read one after another; if this stays, it is a fault.
        </p>
      )}
    </section>
  );
}

interface ReasonTableProps {
  title: string;
  reasons: [string, number][];
  total: number;
  none: string;
}

function ReasonTable({ title, reasons, total, none }: ReasonTableProps) {
  return (
    <div>
      <h3 className={styles.small}>{title}</h3>
      {reasons.length === 0 ? (
        <p className="soft">{none}</p>
      ) : (
        <ul className={styles.reasons}>
          {reasons.map(([name, count]) => (
            <li key={name}>
              <span>{humanise(name)}</span>
              <span className="figure">{formatCount(count)}</span>
              <span className="figure faint">{formatShare(count / Math.max(1, total))}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Drops({ loss }: { loss: LossAccount }) {
  const { kernel_drops, interface_drops } = loss.packets;
  const none = kernel_drops + interface_drops === 0;
  return (
    <div>
      <h3 className={styles.small}>Packets that never reached weir</h3>
      {none ? (
        <p className="soft">None was lost on the way.</p>
      ) : (
        <>
          <ul className={styles.reasons}>
            <li>
              <span>Dropped by the kernel</span>
              <span className="figure">{formatCount(kernel_drops)}</span>
            </li>
            <li>
              <span>Dropped by the interface</span>
              <span className="figure">{formatCount(interface_drops)}</span>
            </li>
          </ul>
          <p className={styles.advice}>
            {plural(kernel_drops + interface_drops, "packet")} on top of those seen. A larger ring or a
            capture filter helps.
          </p>
        </>
      )}
    </div>
  );
}
