// SPDX-License-Identifier: Apache-2.0
// What is wrong now: the newest alerts as they come, one line for what one actor does of one kind.
import { SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import type { Status } from "../../api/types";
import { Empty, Failure, Loading } from "../../components/Feedback";
import { Panel } from "../../components/Panel";
import { TimeText } from "../../components/TimeText";
import { plural } from "../../domain/format";
import { worstFirst } from "../../domain/merge";
import { ActivityLine } from "./ActivityLine";
import styles from "./NewestAlerts.module.css";
import { useActivities } from "./use_activities";

const SHOWN = 8;

const ORDERS = [
  { value: "newest", label: "Newest" },
  { value: "worst", label: "Worst" },
];

interface Props {
  status: Status;
  /** Begin of the run in packet time. */
  began: string | null;
}

export function NewestAlerts({ status, began }: Props) {
  const [order, setOrder] = useState("newest");
  const { pages, activities: newest } = useActivities();
  const activities = useMemo(
    () => (order === "worst" ? newest.toSorted(worstFirst) : newest),
    [newest, order],
  );
  const span = { from: began, to: status.packet_time };
  return (
    <Panel
      title="What is wrong now"
      aside={
        <SegmentedControl size="xs" data={ORDERS} value={order} onChange={setOrder} aria-label="Order" />
      }
      flush
    >
      {pages.isPending ? (
        <Loading what="alerts" />
      ) : pages.isError && activities.length === 0 ? (
        <Failure what="the alerts" error={pages.error} retry={() => pages.refetch()} />
      ) : activities.length === 0 ? (
        <NoAlerts status={status} />
      ) : (
        <div className={styles.list}>
          <ul aria-live="polite" aria-relevant="additions" aria-label="Newest alerts">
            {activities.slice(0, SHOWN).map((activity) => (
              <li key={`${activity.newest.attack_type ?? ""} ${activity.newest.src_ip}`}>
                <ActivityLine activity={activity} span={span} />
              </li>
            ))}
          </ul>
          <p className={styles.foot}>
            {activities.length > SHOWN && (
              <span>{plural(activities.length - SHOWN, "more line")} not shown.</span>
            )}
            <Link to="/alerts">All alerts, flow by flow</Link>
          </p>
        </div>
      )}
    </Panel>
  );
}

function NoAlerts({ status }: { status: Status }) {
  const since = new Date(Date.parse(status.now) - status.uptime_s * 1000).toISOString();
  return (
    <Empty title="No attack seen">
      Since the start at <TimeText time={since} as="clock" />, weir looked at{" "}
      {plural(status.loss.packets.seen, "packet")} in {plural(status.loss.flows.started, "flow")} and found
      nothing unusual. New alerts show here by themselves.
    </Empty>
  );
}
