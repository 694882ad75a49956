// SPDX-License-Identifier: Apache-2.0
// One incident: its story, its course, who and whom, its worst flows, what else its actors did, and what to do about it.
import { Link, useParams } from "react-router";
import { ApiError } from "../../api/client";
import { useIncident, useStatus } from "../../api/queries";
import type { IncidentDetail } from "../../api/types";
import { Empty, Failure, Loading } from "../../components/Feedback";
import { IconArrowLeft, IconQuestionMark } from "../../components/icons";
import { IncidentLine } from "../../components/IncidentLine";
import { PageHeader } from "../../components/PageHeader";
import { Panel } from "../../components/Panel";
import { SeverityBadge } from "../../components/Severity";
import { TimeText } from "../../components/TimeText";
import { isGoingOn, STATE_NAME } from "../../domain/incident";
import { Course } from "./Course";
import { IncidentFacts } from "./IncidentFacts";
import styles from "./IncidentPage.module.css";
import { Judge } from "./Judge";
import { WorstFlows } from "./WorstFlows";

export default function IncidentPage() {
  const { id = "" } = useParams();
  const incident = useIncident(id);
  if (incident.isPending) return <Loading what="the incident" />;
  if (!incident.data) return <NoIncident error={incident.error} retry={() => incident.refetch()} />;
  return <Incident incident={incident.data} />;
}

function Incident({ incident }: { incident: IncidentDetail }) {
  const packetTime = useStatus().data?.packet_time ?? null;
  return (
    <>
      <PageHeader
        before={<BackLink />}
        title={incident.title}
        lead={
          <div className={styles.lead}>
            <SeverityBadge severity={incident.severity} />
            <span>{STATE_NAME[incident.state]}</span>
            <span className="faint">
              <TimeText time={incident.first_at} /> to <TimeText time={incident.last_at} as="clock" />
              {isGoingOn(incident, packetTime) && ", going on"}
            </span>
          </div>
        }
      />
      <div className={styles.grid}>
        <div className={styles.stack}>
          <Panel title="What happened">
            <p className={styles.story}>{incident.story}</p>
          </Panel>
          <Course incident={incident} />
          <WorstFlows incident={incident} />
          {incident.related.length > 0 && (
            <Panel title="What else these actors did" flush>
              <ul aria-label="Related incidents">
                {incident.related.map((one) => (
                  <li key={one.id}>
                    <IncidentLine incident={one} now={packetTime} />
                  </li>
                ))}
              </ul>
            </Panel>
          )}
        </div>
        <div className={styles.stack}>
          <Judge key={incident.id} incident={incident} />
          <IncidentFacts incident={incident} />
        </div>
      </div>
    </>
  );
}

function BackLink() {
  return (
    <Link to="/incidents" className={styles.back}>
      <IconArrowLeft size={16} stroke={1.8} aria-hidden />
      Incidents
    </Link>
  );
}

function NoIncident({ error, retry }: { error: Error | null; retry: () => unknown }) {
  return (
    <>
      <PageHeader before={<BackLink />} title="Incident" />
      {error instanceof ApiError && error.status === 404 ? (
        <Empty
          title="There is no such incident"
          icon={<IconQuestionMark size={28} stroke={1.5} aria-hidden />}
        >
          Its flows may have turned out to be of another kind, so that they are part of another incident now.
        </Empty>
      ) : (
        <Failure what="this incident" error={error ?? new Error("No answer.")} retry={retry} />
      )}
    </>
  );
}
