// SPDX-License-Identifier: Apache-2.0
// What somebody says of an incident: a true alarm, a false one, dealt with; or a rule that hides its like from now on.
import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { useJudge } from "../../api/queries";
import type { IncidentDetail, IncidentState } from "../../api/types";
import { Panel } from "../../components/Panel";
import { TimeText } from "../../components/TimeText";
import { ruleFor, STATE_MEANING, STATE_NAME } from "../../domain/incident";
import styles from "./Judge.module.css";

const ACTIONS: readonly { state: IncidentState; label: string }[] = [
  { state: "confirmed", label: "Confirm" },
  { state: "dismissed", label: "Dismiss" },
  { state: "closed", label: "Close" },
  { state: "open", label: "Reopen" },
];

export function Judge({ incident }: { incident: IncidentDetail }) {
  const [comment, setComment] = useState("");
  const judge = useJudge(incident.id);
  const say = (state: IncidentState) =>
    judge.mutate(
      { state, comment: comment.trim() === "" ? incident.comment : comment.trim() },
      { onSuccess: () => setComment("") },
    );
  return (
    <Panel title="Judgement">
      <p aria-live="polite">
        <strong>{STATE_NAME[incident.state]}</strong>{" "}
        {incident.state_at !== null && (
          <span className="faint">
            {incident.state_by !== null && <>by {incident.state_by} </>}
            on <TimeText time={incident.state_at} />
          </span>
        )}
      </p>
      <p className="soft">{STATE_MEANING[incident.state]}</p>
      {incident.comment !== null && <blockquote className={styles.comment}>{incident.comment}</blockquote>}
      <Textarea
        className={styles.field}
        label="Comment"
        rows={3}
        maxLength={2000}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
      />
      <div className={styles.actions}>
        {ACTIONS.filter(({ state }) => state !== incident.state).map(({ state, label }) => (
          <Button
            key={state}
            size="xs"
            variant={state === "confirmed" ? "filled" : "default"}
            loading={judge.isPending && judge.variables.state === state}
            disabled={judge.isPending}
            onClick={() => say(state)}
          >
            {label}
          </Button>
        ))}
        <Button
          size="xs"
          variant="subtle"
          component={Link}
          to={`/suppressions?${new URLSearchParams(Object.entries(ruleFor(incident)).map(([name, value]) => [name, String(value)])).toString()}`}
        >
          Suppress its like …
        </Button>
      </div>
      {judge.isError && (
        <p role="alert" className={styles.error}>
          {judge.error.message}
        </p>
      )}
    </Panel>
  );
}
