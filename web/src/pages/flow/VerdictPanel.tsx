// SPDX-License-Identifier: Apache-2.0
import { Progress } from "@mantine/core";
import type { DetectionDetail } from "../../api/types";
import { Fact, Facts } from "../../components/Facts";
import { Hint } from "../../components/Hint";
import { Panel } from "../../components/Panel";
import { State } from "../../components/State";
import { TimeText } from "../../components/TimeText";
import {
  attackMeaning,
  attackName,
  isNamed,
  STATUS_MEANING,
  STATUS_NAME,
  unscoredSentence,
} from "../../domain/attack";
import { formatConfidence, pValueSentence } from "../../domain/format";
import { techniqueName } from "../../domain/mitre";
import { ScoreLine } from "./ScoreLine";
import styles from "./VerdictPanel.module.css";

export function VerdictPanel({ flow }: { flow: DetectionDetail }) {
  return (
    <Panel title="Verdict">
      <p className={styles.status}>
        <State good={flow.status === "normal"}>
          <strong>{STATUS_NAME[flow.status]}</strong>
        </State>
      </p>
      <p className={styles.meaning}>
        {flow.status === "unscored" ? unscoredSentence(flow.unscored_reason) : STATUS_MEANING[flow.status]}
        {flow.p_value !== null && ` ${pValueSentence(flow.p_value)}`}
      </p>
      <ScoreLine flow={flow} />
      <Facts>
        {flow.status === "anomaly" && <AttackFact flow={flow} />}
        {flow.technique !== null && flow.technique !== "" && (
          <Fact
            name={
              <Hint meaning="Name of the behaviour in MITRE's ATT&CK catalogue of attack techniques.">
                ATT&CK
              </Hint>
            }
          >
            {flow.technique}
            {techniqueName(flow.technique) !== null && (
              <span className="soft"> {techniqueName(flow.technique)}</span>
            )}
          </Fact>
        )}
        <Fact name="Model">
          {flow.model_version}
          {flow.model && <div className={styles.small}>trained on {flow.model.trained_on}</div>}
        </Fact>
        {flow.alerted_at !== null && (
          <Fact
            name={
              <Hint meaning="Time in the traffic at which the flow was found unusual for the first time.">
                Alert since
              </Hint>
            }
          >
            <TimeText time={flow.alerted_at} />
          </Fact>
        )}
        <Fact
          name={<Hint meaning="When weir judged it, by the clock of the machine it runs on.">Judged</Hint>}
        >
          <TimeText time={flow.scored_at} />
        </Fact>
      </Facts>
    </Panel>
  );
}

function AttackFact({ flow }: { flow: DetectionDetail }) {
  const meaning = attackMeaning(flow.attack_type ?? "");
  return (
    <Fact name="Attack type">
      {attackName(flow.attack_type)}
      {flow.confidence !== null && isNamed(flow.attack_type) && (
        <>
          <span className="soft"> {formatConfidence(flow.confidence)}</span>
          <Progress
            value={flow.confidence * 100}
            size={4}
            mt={5}
            mb={5}
            aria-label="How sure the model is of the type"
          />
        </>
      )}
      {meaning !== null && <div className={styles.small}>{meaning}</div>}
      {flow.attack_type === "unknown" && (
        <div className={styles.small}>It is unusual, but like none of the attacks that the model knows.</div>
      )}
    </Fact>
  );
}
