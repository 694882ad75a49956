// SPDX-License-Identifier: Apache-2.0
// Who, whom, how much, and what ATT&CK calls it.
import { Link } from "react-router";
import type { IncidentDetail } from "../../api/types";
import { Fact, Facts } from "../../components/Facts";
import { Panel } from "../../components/Panel";
import { attackMeaning } from "../../domain/attack";
import { formatBytes, formatCount, plural } from "../../domain/format";
import { techniqueName } from "../../domain/mitre";
import styles from "./IncidentFacts.module.css";

const LISTED = 12;
const LONGEST_PORTS = 120;

export function IncidentFacts({ incident }: { incident: IncidentDetail }) {
  const meaning = attackMeaning(incident.attack_type);
  const ports = incident.ports.list ?? "";
  return (
    <Panel title="Facts">
      <Facts>
        <Fact name={plural(incident.actors.count, "actor")}>
          <Addresses parties={incident.actors} />
        </Fact>
        <Fact name={plural(incident.targets.count, "target")}>
          <Addresses parties={incident.targets} />
        </Fact>
        {incident.ports.count > 0 && (
          <Fact name={plural(incident.ports.count, "port")}>
            <span className={`mono ${styles.ports ?? ""}`}>
              {ports.length > LONGEST_PORTS
                ? `${ports.slice(0, LONGEST_PORTS)} …`
                : ports.replaceAll(",", ", ")}
            </span>
          </Fact>
        )}
        <Fact name="Protocol">{incident.protocols.join(", ")}</Fact>
        <Fact name="Traffic">
          {formatCount(incident.packets)} packets, {formatBytes(incident.bytes)}
        </Fact>
        {incident.technique !== null && (
          <Fact name="ATT&CK">
            {incident.technique} {techniqueName(incident.technique) ?? ""}
          </Fact>
        )}
      </Facts>
      {meaning !== null && <p className={styles.meaning}>{meaning}</p>}
    </Panel>
  );
}

function Addresses({ parties }: { parties: IncidentDetail["actors"] }) {
  const hidden = parties.count - Math.min(parties.some.length, LISTED);
  return (
    <ul className={styles.addresses}>
      {parties.some.slice(0, LISTED).map((address) => (
        <li key={address}>
          <Link to={`/hosts/${address}`} className="mono">
            {address}
          </Link>
        </li>
      ))}
      {hidden > 0 && (
        <li className="faint">
          and {parties.is_estimate ? "about " : ""}
          {formatCount(hidden)} more
        </li>
      )}
    </ul>
  );
}
