// SPDX-License-Identifier: Apache-2.0
// The first page: what is wrong now, and whether weir itself can be trusted to see it.
import { useStatus, useSummary, useThroughput } from "../../api/queries";
import { Failure, Loading } from "../../components/Feedback";
import { PageHeader } from "../../components/PageHeader";
import { TimeText } from "../../components/TimeText";
import { formatCount, plural } from "../../domain/format";
import { attackName, inSentence } from "../../domain/attack";
import type { Status, Summary } from "../../api/types";
import { AttackTypes } from "./AttackTypes";
import { CurrentIncidents } from "./CurrentIncidents";
import { Health } from "./Health";
import { KeyFigures } from "./KeyFigures";
import { Traffic } from "./Traffic";
import styles from "./OverviewPage.module.css";

export function OverviewPage() {
  const status = useStatus();
  const summary = useSummary();
  const run = useThroughput(null, null);
  if (status.isPending) return <Loading what="the overview" />;
  if (!status.data) {
    return <Failure what="the overview" error={status.error} retry={() => status.refetch()} />;
  }
  return (
    <>
      <PageHeader title="Overview" lead={<Headline status={status.data} summary={summary.data} />} />
      <div className={styles.stack}>
        <KeyFigures status={status.data} summary={summary.data} points={run.data?.points ?? []} />
        <div className={styles.columns}>
          <CurrentIncidents status={status.data} />
          <div className={styles.stack}>
            <AttackTypes summary={summary.data} />
            <Health status={status.data} />
          </div>
        </div>
        <Traffic newest={status.data.packet_time} />
      </div>
    </>
  );
}

function Headline({ status, summary }: { status: Status; summary: Summary | undefined }) {
  const seen = plural(status.loss.packets.seen, "packet");
  if (!summary) return <>{seen} looked at</>;
  if (summary.by_status.anomaly === 0) return <>No attack seen in {seen}.</>;
  const types = summary.by_attack_type.filter(({ attack_type }) => attack_type && attack_type !== "unknown");
  const named = types.slice(0, 2).map(({ attack_type }) => inSentence(attackName(attack_type)));
  const more = types.length - named.length;
  return (
    <>
      <strong>{plural(summary.by_status.anomaly, "flow")}</strong>{" "}
      {summary.by_status.anomaly === 1 ? "stands" : "stand"} out
      {named.length > 0 && <>: {named.join(", ")}</>}
      {more > 0 && <> and {plural(more, "other kind")} of attack</>}.{" "}
      {status.packet_time !== null && (
        <span className="faint">
          {formatCount(status.loss.packets.seen)} packets looked at, up to{" "}
          <TimeText time={status.packet_time} />.
        </span>
      )}
    </>
  );
}
