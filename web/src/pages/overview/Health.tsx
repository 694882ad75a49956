// SPDX-License-Identifier: Apache-2.0
// weir itself in four lines: sensor, model, store, account. The status page has the rest.
import { Progress } from "@mantine/core";
import { Link } from "react-router";
import type { Status } from "../../api/types";
import { Fact, Facts } from "../../components/Facts";
import { Hint } from "../../components/Hint";
import { Panel } from "../../components/Panel";
import { sensorWord } from "../../components/SensorState";
import { State } from "../../components/State";
import { addsUp, addUp } from "../../domain/account";
import { formatShare } from "../../domain/format";

export function Health({ status }: { status: Status }) {
  const unscored = addUp(status.loss.rows.unscored);
  const balanced = status.loss.balanced && addsUp(status.loss);
  return (
    <Panel title="Sensor" aside={<Link to="/status">Status</Link>}>
      <Facts>
        <Fact name="State">
          <State good={status.state !== "failed"}>{sensorWord(status)}</State>
        </Fact>
        <Fact name="Source">{status.source}</Fact>
        {status.progress !== null && !status.live && (
          <Fact name="Replayed">
            <span className="figure">{formatShare(Math.floor(status.progress * 1000) / 1000)}</span>
            <Progress
              value={status.progress * 100}
              size={4}
              mt={4}
              aria-label="Share of the capture that was replayed"
            />
          </Fact>
        )}
        <Fact name="Model">
          <State good={unscored === 0}>
            {status.model.version}
            {unscored > 0 &&
              `, ${formatShare(unscored / Math.max(1, status.loss.rows.total))} of rows not judged`}
          </State>
        </Fact>
        <Fact name="Store">
          <State good={status.store.ok}>
            {status.store.ok ? status.store.name : `${status.store.name} does not answer`}
          </State>
        </Fact>
        <Fact
          name={
            <Hint meaning="Every packet, row and detection must be somewhere: counted, rejected with a reason, or dropped and known.">
              Account
            </Hint>
          }
        >
          <State good={balanced}>{balanced ? "Adds up" : "Does not add up"}</State>
        </Fact>
      </Facts>
    </Panel>
  );
}
