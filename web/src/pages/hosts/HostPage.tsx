// SPDX-License-Identifier: Apache-2.0
// One host: what it did, what was done to it, and its newest logged flows.
import { Link, useParams } from "react-router";
import { useHost, useStatus } from "../../api/queries";
import type { Incident } from "../../api/types";
import { Empty, Failure, Loading } from "../../components/Feedback";
import { IncidentLine } from "../../components/IncidentLine";
import { PageHeader } from "../../components/PageHeader";
import { Panel } from "../../components/Panel";
import { alertsPath } from "../../domain/filters";
import { plural } from "../../domain/format";
import styles from "../incidents/IncidentPage.module.css";

export default function HostPage() {
  const { address = "" } = useParams();
  const host = useHost(address);
  const now = useStatus().data?.packet_time ?? null;
  if (host.isPending) return <Loading what="the host" />;
  if (!host.data) return <Failure what="this host" error={host.error} retry={() => host.refetch()} />;
  const { as_actor, as_target, newest_flows } = host.data;
  return (
    <>
      <PageHeader
        title={host.data.address}
        lead={
          <Link to={alertsPath({ host: host.data.address })}>
            {newest_flows.length === 0 ? "No alerts" : `Its alerts, flow by flow`}
          </Link>
        }
      />
      <div className={styles.stack}>
        <Incidents title="What it did" none="Nothing that stood out." incidents={as_actor} now={now} />
        <Incidents
          title="What was done to it"
          none="No attack on it was seen."
          incidents={as_target}
          now={now}
        />
      </div>
    </>
  );
}

interface Props {
  title: string;
  none: string;
  incidents: Incident[];
  now: string | null;
}

function Incidents({ title, none, incidents, now }: Props) {
  return (
    <Panel title={title} aside={<span className="faint">{plural(incidents.length, "incident")}</span>} flush>
      {incidents.length === 0 ? (
        <Empty title={none} />
      ) : (
        <ul aria-label={title}>
          {incidents.map((incident) => (
            <li key={incident.id}>
              <IncidentLine incident={incident} now={now} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
