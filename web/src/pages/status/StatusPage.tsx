// SPDX-License-Identifier: Apache-2.0
// How weir itself is doing: the account of every packet, row and detection, queues, store, versions, access.
import { useStatus } from "../../api/queries";
import type { Status } from "../../api/types";
import { Fact, Facts } from "../../components/Facts";
import { Failure, Loading } from "../../components/Feedback";
import { Hint } from "../../components/Hint";
import { PageHeader } from "../../components/PageHeader";
import { Panel } from "../../components/Panel";
import { sensorWord } from "../../components/SensorState";
import { State } from "../../components/State";
import { TimeText } from "../../components/TimeText";
import { formatBytes, formatCount, formatNumber, formatSeconds, formatShare } from "../../domain/format";
import { Access } from "./Access";
import { Account } from "./Account";
import { Sinks } from "./Sinks";
import styles from "./StatusPage.module.css";

export default function StatusPage() {
  const status = useStatus();
  if (status.isPending) return <Loading what="the status" />;
  if (!status.data) return <Failure what="the status" error={status.error} retry={() => status.refetch()} />;
  return (
    <>
      <PageHeader title="Status" lead="How weir itself is doing, and where every packet went." />
      <div className={styles.stack}>
        <Account loss={status.data.loss} />
        <div className={styles.columns}>
          <Sensor status={status.data} />
          <Models status={status.data} />
          <Storage status={status.data} />
          <Sinks sinks={status.data.sinks} />
          <Checkpoints checkpoint={status.data.checkpoint} />
          <Access />
        </div>
      </div>
    </>
  );
}

function Sensor({ status }: { status: Status }) {
  return (
    <Panel title="Sensor">
      <Facts>
        <Fact name="State">
          <State good={status.state !== "failed"}>{sensorWord(status)}</State>
        </Fact>
        <Fact name="Name">{status.sensor}</Fact>
        <Fact name="Source">{status.source}</Fact>
        {status.progress !== null && !status.live && (
          <Fact name="Replayed">{formatShare(status.progress)}</Fact>
        )}
        <Fact
          name={
            <Hint meaning="Time in the traffic. In a replay it is the time of the recording.">
              Newest packet
            </Hint>
          }
        >
          {status.packet_time === null ? "none yet" : <TimeText time={status.packet_time} as="exact" />}
        </Fact>
        <Fact
          name={
            <Hint meaning="Processor time that a packet takes until its flow's features are computed.">
              Cost of a packet
            </Hint>
          }
        >
          {status.capture.cpu_ns_per_packet === null
            ? "not known yet"
            : `${formatCount(Math.round(status.capture.cpu_ns_per_packet))} ns`}
        </Fact>
        <Fact name="Running for">{formatSeconds(status.uptime_s)}</Fact>
        <Fact name="Memory">{formatBytes(status.rss_bytes)}</Fact>
        <Fact name="Version">weir {status.version}</Fact>
      </Facts>
    </Panel>
  );
}

function Models({ status }: { status: Status }) {
  const { scoring, model } = status;
  return (
    <Panel title="Models">
      <Facts>
        <Fact name="Bundle">{model.version}</Fact>
        <Fact name="Trained on">{model.trained_on}</Fact>
        <Fact name={<Hint meaning="Whether it knows what is normal on this network.">Calibration</Hint>}>
          {model.calibration}
        </Fact>
        <Fact
          name={
            <Hint meaning="Scores beyond this number are alerts. It belongs to the model.">Threshold</Hint>
          }
        >
          {model.threshold === null ? "not known" : formatNumber(model.threshold, 4)}
        </Fact>
        <Fact
          name={
            <Hint meaning="The threshold follows what is normal here, slowly, within bounds, and never learns from what was flagged.">
              Slow adaptation
            </Hint>
          }
        >
          {model.adaptation === null ? "off" : model.adaptation.sentence}
        </Fact>
        <Fact name={<Hint meaning="How long the oldest row has been waiting for its verdict.">Lag</Hint>}>
          <State good={scoring.lag_s <= 10}>{formatSeconds(scoring.lag_s)}</State>
        </Fact>
        <Fact
          name={
            <Hint meaning="Rows that the models judge in one second of work, measured over this run.">
              Speed
            </Hint>
          }
        >
          {formatCount(scoring.rows_per_s_capacity)} rows/s
        </Fact>
        <Fact name="Waiting">{formatCount(status.loss.rows.queued)} rows</Fact>
      </Facts>
    </Panel>
  );
}

function Storage({ status }: { status: Status }) {
  const { store, loss } = status;
  return (
    <Panel title="Store">
      <Facts>
        <Fact name="Database">{store.name}</Fact>
        <Fact name="State">
          <State good={store.ok}>
            {store.ok ? "Answers" : "Does not answer; detections are kept on disk"}
          </State>
        </Fact>
        <Fact name="Size">{store.bytes === null ? "not measured yet" : formatBytes(store.bytes)}</Fact>
        <Fact name={<Hint meaning="When the oldest detection that is kept was found.">Goes back to</Hint>}>
          {store.oldest === null ? "nothing yet" : <TimeText time={store.oldest} as="exact" />}
        </Fact>
        <Fact
          name={
            <Hint meaning="Old detections dropped since the start, by age (keep_days) or size (keep_mb).">
              Dropped
            </Hint>
          }
        >
          {store.upkeep_problem === null ? (
            formatCount(store.dropped_by_age + store.dropped_by_size)
          ) : (
            <State good={false}>{store.upkeep_problem}</State>
          )}
        </Fact>
        <Fact name="Stored">{formatCount(loss.detections.stored)} records</Fact>
        <Fact name={<Hint meaning="Detections in memory, on their way to the database.">Waiting</Hint>}>
          {formatCount(loss.detections.queued)}
        </Fact>
        <Fact
          name={<Hint meaning="Detections kept in a file until the database takes them again.">Spooled</Hint>}
        >
          {formatCount(loss.detections.spooled)}
          {loss.detections.spooled_by_earlier_runs > 0 &&
            `, and ${formatCount(loss.detections.spooled_by_earlier_runs)} of earlier runs`}
        </Fact>
      </Facts>
    </Panel>
  );
}

function Checkpoints({ checkpoint }: { checkpoint: Status["checkpoint"] }) {
  if (checkpoint === null) return null;
  return (
    <Panel title="Checkpoints">
      <Facts>
        <Fact
          name={
            <Hint meaning="Of open flows and hosts; the next start goes on with the last one.">Last</Hint>
          }
        >
          {checkpoint.last_at === null ? "none yet" : <TimeText time={checkpoint.last_at} as="exact" />}
        </Fact>
        <Fact name="Flows">{formatCount(checkpoint.flows)}</Fact>
        <Fact name="Size">{formatBytes(checkpoint.bytes)}</Fact>
        <Fact name="Took">{formatSeconds(checkpoint.seconds)}</Fact>
        <Fact
          name={<Hint meaning="The longest time for which capture stood still for one.">Longest pause</Hint>}
        >
          {formatNumber(checkpoint.longest_pause_s * 1000, 2)} ms
        </Fact>
      </Facts>
    </Panel>
  );
}
