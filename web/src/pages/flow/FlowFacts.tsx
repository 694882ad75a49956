// SPDX-License-Identifier: Apache-2.0
import { Link } from "react-router";
import type { DetectionDetail } from "../../api/types";
import { CopyText } from "../../components/CopyText";
import { Fact, Facts } from "../../components/Facts";
import { Hint } from "../../components/Hint";
import { Panel } from "../../components/Panel";
import { TimeText } from "../../components/TimeText";
import { END_REASON } from "../../domain/attack";
import { alertsPath } from "../../domain/filters";
import { formatBytes, formatCount, formatSeconds } from "../../domain/format";
import { secondsBetween } from "../../domain/time";

export function FlowFacts({ flow }: { flow: DetectionDetail }) {
  const hasPorts = ["tcp", "udp", "sctp"].includes(flow.protocol);
  const named = Number.isNaN(Number(flow.protocol));
  return (
    <Panel title="The flow">
      <Facts>
        <Fact name={<Hint meaning="The side that began the conversation.">Source</Hint>}>
          <Host ip={flow.src_ip} port={hasPorts ? flow.src_port : null} />
        </Fact>
        <Fact name="Destination">
          <Host ip={flow.dst_ip} port={hasPorts ? flow.dst_port : null} />
        </Fact>
        <Fact name="Protocol">
          {named ? `${flow.protocol.toUpperCase()}, ` : "IP protocol "}
          {named ? `IPv${flow.ip_version}` : `${flow.protocol_number}, IPv${flow.ip_version}`}
          {flow.vlan !== null && `, VLAN ${flow.vlan}`}
          {flow.tunnel_id !== null && `, tunnel ${flow.tunnel_id}`}
        </Fact>
        <Fact name="Started">
          <TimeText time={flow.started_at} as="exact" />
        </Fact>
        <Fact name="Last packet">
          <TimeText time={flow.last_seen_at} as="exact" />
        </Fact>
        <Fact name="Duration">{formatSeconds(secondsBetween(flow.started_at, flow.last_seen_at))}</Fact>
        <Fact name="Packets">{formatCount(flow.packets)}</Fact>
        <Fact
          name={
            <Hint meaning="IP bytes in both directions: headers and payload, without the link layer.">
              Bytes
            </Hint>
          }
        >
          {formatBytes(flow.bytes)} <span className="faint">({formatCount(flow.bytes)} B)</span>
        </Fact>
        <Fact name="Ended">{END_REASON[flow.end_reason]}</Fact>
        <Fact name="Sensor">{flow.sensor}</Fact>
        <Fact
          name={
            <Hint meaning="An identifier that Zeek, Suricata and others give to the same conversation.">
              Community id
            </Hint>
          }
        >
          <CopyText text={flow.community_id} label="community id" />
        </Fact>
        <Fact
          name={
            <Hint meaning="weir's own name for this one flow record; the same capture always gives the same.">
              Flow uid
            </Hint>
          }
        >
          <CopyText text={flow.flow_uid} label="flow uid" />
        </Fact>
      </Facts>
    </Panel>
  );
}

function Host({ ip, port }: { ip: string; port: number | null }) {
  return (
    <>
      <Link to={alertsPath({ host: ip })} className="mono" title="All alerts of this host">
        {ip}
      </Link>
      {port !== null && <span className="soft"> port {port}</span>}
    </>
  );
}
