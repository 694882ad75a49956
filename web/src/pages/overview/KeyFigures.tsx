// SPDX-License-Identifier: Apache-2.0
// The handful of numbers that say whether today is a normal day.
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Status, Summary, ThroughputPoint } from "../../api/types";
import { Hint } from "../../components/Hint";
import { Sparkline } from "../../components/Sparkline";
import { droppedPackets } from "../../domain/account";
import { alertsPath } from "../../domain/filters";
import { formatBitRate, formatCount, formatRate, formatSeconds, formatShare } from "../../domain/format";
import { toRates } from "../../domain/throughput";
import styles from "./KeyFigures.module.css";

interface Props {
  status: Status;
  summary: Summary | undefined;
  points: readonly ThroughputPoint[];
}

export function KeyFigures({ status, summary, points }: Props) {
  const rates = toRates(points);
  const last = (values: number[]) => values.at(-1) ?? 0;
  const drops = droppedPackets(status.loss);
  const lag = status.scoring.lag_s;
  return (
    <ul className={styles.row}>
      <Figure
        name={
          <Hint meaning="Flows that the model finds unlike the normal traffic it was trained on.">
            Anomalous flows
          </Hint>
        }
        value={
          <Link to="/alerts" className={styles.link}>
            {summary ? formatCount(summary.by_status.anomaly) : "…"}
          </Link>
        }
        tone={summary && summary.by_status.anomaly > 0 ? "bad" : "plain"}
        note={<NotJudged summary={summary} />}
      />
      <Figure
        name="Packets"
        value={formatRate(last(rates.packets))}
        graph={<Sparkline values={rates.packets} colour="--chart-1" />}
      />
      <Figure
        name="Traffic"
        value={formatBitRate(last(rates.bits))}
        graph={<Sparkline values={rates.bits} colour="--chart-2" />}
      />
      <Figure
        name={
          <Hint meaning="A flow is one conversation between two hosts: same addresses, ports and protocol.">
            New flows
          </Hint>
        }
        value={formatRate(last(rates.flows))}
        graph={<Sparkline values={rates.flows} colour="--chart-3" />}
      />
      <Figure
        name={
          <Hint meaning="Packets that the kernel or the network card lost before weir could see them.">
            Packets dropped
          </Hint>
        }
        value={formatCount(drops)}
        tone={drops > 0 ? "bad" : "good"}
        note={drops > 0 ? `${formatShare(drops / (drops + status.loss.packets.seen))} of all` : "none lost"}
      />
      <Figure
        name={
          <Hint meaning="How long the oldest flow row has been waiting for the model's verdict.">
            Scoring lag
          </Hint>
        }
        value={formatSeconds(lag)}
        tone={lag > 10 ? "bad" : "good"}
        note={lag > 10 ? "the models cannot keep up" : "keeping up"}
      />
    </ul>
  );
}

function NotJudged({ summary }: { summary: Summary | undefined }) {
  const unscored = summary?.by_status.unscored ?? 0;
  if (unscored === 0) return <>every flow was judged</>;
  return <Link to={alertsPath({ status: "unscored" })}>{formatCount(unscored)} could not be judged</Link>;
}

interface FigureProps {
  name: ReactNode;
  value: ReactNode;
  tone?: "plain" | "good" | "bad";
  note?: ReactNode;
  graph?: ReactNode;
}

function Figure({ name, value, tone = "plain", note, graph }: FigureProps) {
  return (
    <li className={styles.figure}>
      <div className={styles.name}>{name}</div>
      <div className={`figure ${styles.value ?? ""}`} data-tone={tone}>
        {value}
      </div>
      <div className={styles.note}>{graph ?? note}</div>
    </li>
  );
}
