// SPDX-License-Identifier: Apache-2.0
// Where weir tells what it found beside its store: what each receiver took, and what waits for it.
import type { SinkStatus } from "../../api/types";
import { Fact, Facts } from "../../components/Facts";
import { Hint } from "../../components/Hint";
import { Panel } from "../../components/Panel";
import { State } from "../../components/State";
import { formatCount } from "../../domain/format";

export function Sinks({ sinks }: { sinks: SinkStatus[] }) {
  return sinks.map((sink) => <Sink key={sink.name} sink={sink} />);
}

function Sink({ sink }: { sink: SinkStatus }) {
  const waiting = sink.waiting + sink.waiting_of_earlier;
  const lost = sink.dropped + sink.lost;
  return (
    <Panel title={`Sink ${sink.name}`}>
      <Facts>
        <Fact name="Receiver">{sink.receiver}</Fact>
        <Fact name="State">
          <State good={sink.ok}>
            {sink.ok
              ? "Takes events"
              : `Fails; events are kept on disk: ${sink.last_error ?? "not known why"}`}
          </State>
        </Fact>
        <Fact name="Told">{formatCount(sink.sent)} events</Fact>
        <Fact
          name={<Hint meaning="Kept until the receiver takes them, those of earlier runs too.">Waiting</Hint>}
        >
          {formatCount(waiting)}
        </Fact>
        {sink.refused > 0 && (
          <Fact name={<Hint meaning="The receiver will never take them.">Refused</Hint>}>
            <State good={false}>{formatCount(sink.refused)}</State>
          </Fact>
        )}
        {lost > 0 && (
          <Fact name={<Hint meaning="There was no room to keep them. The store has them.">Lost</Hint>}>
            <State good={false}>{formatCount(lost)}</State>
          </Fact>
        )}
      </Facts>
    </Panel>
  );
}
