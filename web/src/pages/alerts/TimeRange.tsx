// SPDX-License-Identifier: Apache-2.0
// From and to, in the zone that times are shown in. "Last hour" counts back from the newest packet: in a replay, that lies
// in the past.
import { Button, TextInput } from "@mantine/core";
import { useStatus } from "../../api/queries";
import { usePreferences } from "../../app/preferences";
import { fromInput, toInput, zoneName } from "../../domain/time";
import styles from "./FilterBar.module.css";

interface Props {
  from: string;
  to: string;
  onChange: (range: { from?: string; to?: string }) => void;
}

const PRESETS = [
  { label: "15 min", minutes: 15 },
  { label: "1 h", minutes: 60 },
  { label: "24 h", minutes: 24 * 60 },
];

export function TimeRange({ from, to, onChange }: Props) {
  const { zone } = usePreferences();
  const { data: status } = useStatus();
  const newest = status?.packet_time;
  const field = (name: "from" | "to", label: string, value: string) => (
    <TextInput
      type="datetime-local"
      step={1}
      label={`${label} (${zoneName(zone)})`}
      value={value === "" ? "" : toInput(value, zone)}
      onChange={(event) => onChange({ [name]: fromInput(event.currentTarget.value, zone) ?? "" })}
    />
  );
  return (
    <div className={styles.range}>
      {field("from", "From", from)}
      {field("to", "To", to)}
      {newest && (
        <div className={styles.presets} role="group" aria-label="The last">
          {PRESETS.map(({ label, minutes }) => (
            <Button
              key={label}
              variant="default"
              onClick={() =>
                onChange({ from: new Date(Date.parse(newest) - minutes * 60_000).toISOString(), to: "" })
              }
            >
              Last {label}
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}
