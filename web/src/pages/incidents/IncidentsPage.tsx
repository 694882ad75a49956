// SPDX-License-Identifier: Apache-2.0
// Every incident, newest first, by state and severity; the choice lives in the page's address.
import { Button, NativeSelect } from "@mantine/core";
import { useSearchParams } from "react-router";
import { useIncidentPages, useStatus } from "../../api/queries";
import type { IncidentQuery, IncidentState, Severity } from "../../api/types";
import { Empty, Failure, Loading } from "../../components/Feedback";
import { IncidentLine } from "../../components/IncidentLine";
import { PageHeader } from "../../components/PageHeader";
import { Panel } from "../../components/Panel";
import { STATE_NAME, STATES } from "../../domain/incident";
import { SEVERITIES, SEVERITY_NAME } from "../../domain/severity";
import styles from "./IncidentsPage.module.css";

const PAGE = 200;

export default function IncidentsPage() {
  const [search, setSearch] = useSearchParams();
  const state = STATES.find((one) => one === search.get("state"));
  const severity = SEVERITIES.find((one) => one === search.get("severity"));
  const choose = (name: string, value: string) => {
    const next = new URLSearchParams(search);
    if (value === "") next.delete(name);
    else next.set(name, value);
    setSearch(next, { replace: true });
  };
  return (
    <>
      <PageHeader
        title="Incidents"
        lead="What belongs together is one line: one actor, one kind of attack, one stretch of time."
      />
      <Panel
        title={state ? STATE_NAME[state] : "All states"}
        aside={
          <div className={styles.filters}>
            <NativeSelect
              size="xs"
              aria-label="State"
              value={state ?? ""}
              onChange={(event) => choose("state", event.currentTarget.value)}
              data={[
                { value: "", label: "All states" },
                ...STATES.map((value) => ({ value, label: STATE_NAME[value] })),
              ]}
            />
            <NativeSelect
              size="xs"
              aria-label="Severity"
              value={severity ?? ""}
              onChange={(event) => choose("severity", event.currentTarget.value)}
              data={[
                { value: "", label: "Any severity" },
                ...SEVERITIES.slice(1).map((value) => ({ value, label: `${SEVERITY_NAME[value]} or worse` })),
              ]}
            />
          </div>
        }
        flush
      >
        <List state={state} severity={severity} />
      </Panel>
    </>
  );
}

function List({ state, severity }: { state: IncidentState | undefined; severity: Severity | undefined }) {
  const query: IncidentQuery = { limit: PAGE };
  if (state) query.state = state;
  if (severity) query.min_severity = severity;
  const incidents = useIncidentPages(query);
  const status = useStatus();
  if (incidents.isPending) return <Loading what="incidents" />;
  if (!incidents.data) {
    return <Failure what="the incidents" error={incidents.error} retry={() => incidents.refetch()} />;
  }
  // One that grew while pages were read may stand on two of them.
  const items = [
    ...new Map(incidents.data.pages.flatMap((page) => page.items.map((item) => [item.id, item]))).values(),
  ];
  if (items.length === 0) return <Empty title="There is none">No incident is like that.</Empty>;
  return (
    <>
      <ul aria-label="Incidents">
        {items.map((incident) => (
          <li key={incident.id}>
            <IncidentLine incident={incident} now={status.data?.packet_time ?? null} />
          </li>
        ))}
      </ul>
      {incidents.hasNextPage && (
        <p className={styles.foot}>
          <Button
            variant="default"
            size="xs"
            loading={incidents.isFetchingNextPage}
            onClick={() => void incidents.fetchNextPage()}
          >
            Show older ones
          </Button>
        </p>
      )}
    </>
  );
}
