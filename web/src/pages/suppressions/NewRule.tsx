// SPDX-License-Identifier: Apache-2.0
// A new rule: conditions, what they would have hidden, why, and for how long. An address may bring the conditions.
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState, type SyntheticEvent } from "react";
import { useSearchParams } from "react-router";
import { usePreview, useSuppress } from "../../api/queries";
import type { SuppressionTrial } from "../../api/types";
import { Panel } from "../../components/Panel";
import { formatCount, plural } from "../../domain/format";
import { expiryOf, NO_RULE, ruleOf, type RuleText } from "../../domain/incident";
import styles from "./SuppressionsPage.module.css";

const FIELDS: readonly { name: keyof RuleText; label: string; placeholder: string }[] = [
  { name: "source", label: "Source", placeholder: "10.0.0.5 or 10.0.0.0/8" },
  { name: "destination", label: "Destination", placeholder: "192.0.2.7" },
  { name: "host", label: "Either of them", placeholder: "10.0.0.5" },
  { name: "ports", label: "Ports of the destination", placeholder: "22,8000-8080" },
  { name: "attack_type", label: "Attack type", placeholder: "scan" },
  { name: "time_of_day", label: "Time of day (UTC)", placeholder: "22:00-06:00" },
];

const LIFETIMES = [
  { value: "7", label: "a week" },
  { value: "1", label: "a day" },
  { value: "30", label: "30 days" },
  { value: "365", label: "a year" },
  { value: "0", label: "until it is removed" },
];

const PREVIEW_DAYS = 7;
const PAUSE_MS = 400;

export function NewRule() {
  const [search, setSearch] = useSearchParams();
  const [text, setText] = useState<RuleText>(() => ({
    ...NO_RULE,
    ...Object.fromEntries(Object.keys(NO_RULE).map((name) => [name, search.get(name) ?? ""])),
  }));
  const [reason, setReason] = useState("");
  const [days, setDays] = useState("7");
  const suppress = useSuppress();
  const rule = ruleOf(text);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (rule === null || reason.trim() === "") return;
    suppress.mutate(
      { ...rule, reason: reason.trim(), expires_at: expiryOf(Number(days), Date.now()) ?? null },
      {
        onSuccess: () => {
          setText(NO_RULE);
          setReason("");
          setSearch({}, { replace: true });
        },
      },
    );
  };
  return (
    <Panel title="New rule">
      <form onSubmit={submit}>
        <p className="soft">It hides what meets all conditions that are filled in.</p>
        <div className={styles.fields}>
          {FIELDS.map(({ name, label, placeholder }) => (
            <TextInput
              key={name}
              label={label}
              placeholder={placeholder}
              value={text[name]}
              onChange={(event) => setText({ ...text, [name]: event.currentTarget.value })}
            />
          ))}
        </div>
        <Preview rule={rule} />
        <div className={styles.actions}>
          <TextInput
            label="Reason"
            required
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <NativeSelect
            label="It holds"
            data={LIFETIMES}
            value={days}
            onChange={(event) => setDays(event.currentTarget.value)}
          />
          <Button type="submit" disabled={rule === null || reason.trim() === ""} loading={suppress.isPending}>
            Suppress
          </Button>
        </div>
        {suppress.isError && (
          <p role="alert" className={styles.error}>
            {suppress.error.message}
          </p>
        )}
      </form>
    </Panel>
  );
}

function Preview({ rule }: { rule: SuppressionTrial | null }) {
  const [settled] = useDebouncedValue(JSON.stringify(rule), PAUSE_MS);
  const trial = JSON.parse(settled) as SuppressionTrial | null;
  const preview = usePreview(trial === null ? null : { ...trial, days: PREVIEW_DAYS });
  if (trial === null) return null;
  return (
    <div className={styles.preview} aria-live="polite">
      {preview.isError ? (
        <span className={styles.error}>{preview.error.message}</span>
      ) : !preview.data ? (
        "Looking at what it would have hidden …"
      ) : (
        <>
          It would have hidden <strong>{plural(preview.data.would_hide, "flow")}</strong> of{" "}
          {preview.data.complete ? "" : "the newest "}
          {formatCount(preview.data.looked_at)} in the last {PREVIEW_DAYS} days.
          <Examples ids={preview.data.examples.slice(0, 3).map(({ flow_id }) => flow_id)} />
        </>
      )}
    </div>
  );
}

function Examples({ ids }: { ids: string[] }) {
  if (ids.length === 0) return null;
  return (
    <ul className={styles.examples} aria-label="Examples">
      {ids.map((id) => (
        <li key={id} className="mono">
          {id}
        </li>
      ))}
    </ul>
  );
}
