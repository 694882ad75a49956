// SPDX-License-Identifier: Apache-2.0
// One incident as one line: how bad, what, who, how much, when. Opens its page.
import { Link } from "react-router";
import type { Incident } from "../api/types";
import { formatCount, plural } from "../domain/format";
import { isGoingOn, partiesText, portsText, STATE_NAME } from "../domain/incident";
import { attackName } from "../domain/attack";
import { techniqueName } from "../domain/mitre";
import { IconArrowRight } from "./icons";
import styles from "./IncidentLine.module.css";
import { SeverityBadge } from "./Severity";
import { TimeText } from "./TimeText";

interface Props {
  incident: Incident;
  /** Newest packet time, to tell what is going on. */
  now: string | null;
}

export function IncidentLine({ incident, now }: Props) {
  const technique = techniqueName(incident.technique ?? "") ?? incident.technique ?? "";
  const ports = portsText(incident);
  return (
    <Link to={`/incidents/${incident.id}`} className={styles.line} data-state={incident.state}>
      <span className={styles.severity}>
        <SeverityBadge severity={incident.severity} />
      </span>
      <span className={styles.words}>
        <span className={styles.title}>
          {attackName(incident.attack_type)}
          <span className={styles.count}>{plural(incident.flows, "flow")}</span>
          {incident.state !== "open" && <span className={styles.state}>{STATE_NAME[incident.state]}</span>}
          <span className={styles.technique}>{technique}</span>
        </span>
        <span className={styles.parties}>
          <span className={incident.actors.count === 1 ? "mono" : undefined}>
            {partiesText(incident.actors, "source")}
          </span>
          <IconArrowRight size={14} stroke={1.6} className={styles.arrow} aria-label="to" />
          <span className={incident.targets.count === 1 ? "mono" : undefined}>
            {partiesText(incident.targets, "host")}
          </span>
          {ports !== "" && <span className="faint">{ports}</span>}
        </span>
      </span>
      <span className={styles.facts}>
        <TimeText time={incident.last_at} as="clock" />
        {isGoingOn(incident, now) ? (
          <span className={styles.going}>going on</span>
        ) : (
          <span className="faint figure">{formatCount(incident.packets)} packets</span>
        )}
      </span>
    </Link>
  );
}
