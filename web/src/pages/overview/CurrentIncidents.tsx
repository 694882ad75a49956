// SPDX-License-Identifier: Apache-2.0
// What is wrong now: the incidents that nobody has dealt with, the worst first.
import { SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { useIncidents } from "../../api/queries";
import type { Status } from "../../api/types";
import { Empty, Failure, Loading } from "../../components/Feedback";
import { IncidentLine } from "../../components/IncidentLine";
import { Panel } from "../../components/Panel";
import { TimeText } from "../../components/TimeText";
import { plural } from "../../domain/format";
import { needsAttention, worstFirst } from "../../domain/incident";
import styles from "./CurrentIncidents.module.css";

const SHOWN = 8;
/** The newest: what is older than so many others is not "now". */
const LOOKED_AT = 200;

const ORDERS = [
  { value: "worst", label: "Worst" },
  { value: "newest", label: "Newest" },
];

export function CurrentIncidents({ status }: { status: Status }) {
  const [order, setOrder] = useState("worst");
  const incidents = useIncidents({ limit: LOOKED_AT });
  const current = useMemo(() => {
    const items = (incidents.data?.items ?? []).filter(needsAttention);
    return order === "worst" ? items.toSorted(worstFirst) : items;
  }, [incidents.data, order]);
  return (
    <Panel
      title="What is wrong now"
      aside={
        <SegmentedControl size="xs" data={ORDERS} value={order} onChange={setOrder} aria-label="Order" />
      }
      flush
    >
      {incidents.isPending ? (
        <Loading what="incidents" />
      ) : incidents.isError && current.length === 0 ? (
        <Failure what="the incidents" error={incidents.error} retry={() => incidents.refetch()} />
      ) : current.length === 0 ? (
        <NoIncidents status={status} judged={(incidents.data?.items ?? []).length} />
      ) : (
        <div className={styles.list}>
          <ul aria-live="polite" aria-relevant="additions" aria-label="Current incidents">
            {current.slice(0, SHOWN).map((incident) => (
              <li key={incident.id}>
                <IncidentLine incident={incident} now={status.packet_time} />
              </li>
            ))}
          </ul>
          <p className={styles.foot}>
            {current.length > SHOWN && (
              <span>{plural(current.length - SHOWN, "more incident")} not shown.</span>
            )}
            <Link to="/incidents">All incidents</Link>
            <Link to="/alerts">All alerts, flow by flow</Link>
          </p>
        </div>
      )}
    </Panel>
  );
}

function NoIncidents({ status, judged }: { status: Status; judged: number }) {
  const since = new Date(Date.parse(status.now) - status.uptime_s * 1000).toISOString();
  if (judged > 0) {
    return (
      <Empty title="Nothing is open">
        All incidents have been dealt with. <Link to="/incidents">Look at them</Link>. New ones show here by
        themselves.
      </Empty>
    );
  }
  return (
    <Empty title="No attack seen">
      Since the start at <TimeText time={since} as="clock" />, weir looked at{" "}
      {plural(status.loss.packets.seen, "packet")} in {plural(status.loss.flows.started, "flow")} and found
      nothing unusual. New incidents show here by themselves.
    </Empty>
  );
}
