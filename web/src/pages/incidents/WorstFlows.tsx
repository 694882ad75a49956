// SPDX-License-Identifier: Apache-2.0
// The flows that are worst, and the way to all of them.
import { Link } from "react-router";
import type { IncidentDetail } from "../../api/types";
import { Panel } from "../../components/Panel";
import { Parties } from "../../components/Parties";
import { TimeText } from "../../components/TimeText";
import { formatConfidence, formatNumber, plural } from "../../domain/format";
import styles from "./WorstFlows.module.css";

export function WorstFlows({ incident }: { incident: IncidentDetail }) {
  const all = `/alerts?incident=${incident.id}`;
  return (
    <Panel title="Worst flows" aside={<Link to={all}>All {plural(incident.flows, "flow")}</Link>} flush>
      {incident.worst_flows.length === 0 ? (
        <p className={styles.none}>They are no longer stored.</p>
      ) : (
        <ul aria-label="Worst flows">
          {incident.worst_flows.map((flow) => (
            <li key={flow.flow_uid}>
              <Link
                to={`/flows/${flow.flow_uid}`}
                state={{ from: `/incidents/${incident.id}` }}
                className={styles.line}
              >
                <TimeText time={flow.last_seen_at} as="clock" />
                <Parties detection={flow} withSourcePort />
                <span className="faint figure">
                  {flow.confidence !== null
                    ? formatConfidence(flow.confidence)
                    : flow.score !== null
                      ? `score ${formatNumber(flow.score)}`
                      : ""}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
