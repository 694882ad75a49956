// SPDX-License-Identifier: Apache-2.0
// The conditions: the common ones in reach, the rest one click away.
import { Button, CloseButton, Collapse, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconAdjustmentsHorizontal, IconSearch } from "../../components/icons";
import { useState } from "react";
import { useSummary } from "../../api/queries";
import type { Severity } from "../../api/types";
import { attackName, STATUS_NAME } from "../../domain/attack";
import { countFilters, DEFAULT_FILTERS, type AlertFilters } from "../../domain/filters";
import { SEVERITIES, SEVERITY_NAME } from "../../domain/severity";
import styles from "./FilterBar.module.css";
import { TimeRange } from "./TimeRange";

interface Props {
  filters: AlertFilters;
  onChange: (next: AlertFilters) => void;
}

const STATUS_OPTIONS = [
  ...(["anomaly", "unscored", "normal"] as const).map((value) => ({ value, label: STATUS_NAME[value] })),
  { value: "suppressed", label: "Hidden by a rule" },
  { value: "all", label: "Any status" },
];

const SEVERITY_OPTIONS = SEVERITIES.map((value) => ({ value, label: severityLabel(value) }));

function severityLabel(severity: Severity): string {
  if (severity === "none") return "Any severity";
  return severity === "critical" ? SEVERITY_NAME.critical : `${SEVERITY_NAME[severity]} or worse`;
}

export function FilterBar({ filters, onChange }: Props) {
  const hidden = [filters.flow, filters.community, filters.incident, filters.from, filters.to].filter(
    (value) => value !== "",
  ).length;
  const [more, setMore] = useState(hidden > 0);
  const set = (part: Partial<AlertFilters>) => onChange({ ...filters, ...part });
  return (
    <search className={styles.bar} aria-label="Conditions">
      <div className={styles.line}>
        <TextFilter
          label="Search"
          placeholder="Address, port, attack type, technique"
          value={filters.q}
          onChange={(q) => set({ q })}
          search
        />
        <TextFilter
          label="Host"
          placeholder="10.0.0.9"
          value={filters.host}
          onChange={(host) => set({ host })}
          mono
        />
        <TypeFilter value={filters.type} onChange={(type) => set({ type })} />
        <NativeSelect
          label="Severity"
          data={SEVERITY_OPTIONS}
          value={filters.severity}
          onChange={(event) => set({ severity: event.currentTarget.value as Severity })}
        />
        <NativeSelect
          label="Status"
          data={STATUS_OPTIONS}
          value={filters.status}
          onChange={(event) => set({ status: event.currentTarget.value as AlertFilters["status"] })}
        />
        <Button
          variant="default"
          leftSection={<IconAdjustmentsHorizontal size={16} stroke={1.7} aria-hidden />}
          aria-expanded={more}
          onClick={() => setMore(!more)}
        >
          {hidden > 0 ? `More (${hidden})` : "More"}
        </Button>
        {countFilters(filters) > 0 && (
          <Button variant="subtle" onClick={() => onChange(DEFAULT_FILTERS)}>
            Clear
          </Button>
        )}
      </div>
      <Collapse expanded={more}>
        <div className={styles.line}>
          <TimeRange from={filters.from} to={filters.to} onChange={(range) => set(range)} />
          <TextFilter label="Flow id" value={filters.flow} onChange={(flow) => set({ flow })} mono />
          <TextFilter
            label="Community id"
            placeholder="1:…"
            value={filters.community}
            onChange={(community) => set({ community })}
            mono
          />
          <TextFilter
            label="Incident"
            value={filters.incident}
            onChange={(incident) => set({ incident })}
            mono
          />
        </div>
      </Collapse>
    </search>
  );
}

function TypeFilter({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { data: summary } = useSummary();
  const known =
    summary?.by_attack_type.map(({ attack_type }) => attack_type).filter((type) => type !== "") ?? [];
  const types = value === "" || known.includes(value) ? known : [...known, value];
  return (
    <NativeSelect
      label="Attack type"
      data={[
        { value: "", label: "Any type" },
        ...types.map((type) => ({ value: type, label: attackName(type) })),
      ]}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

interface TextFilterProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  mono?: boolean;
  search?: boolean;
}

/** Waits until the typing stops before it asks; follows the address when that changes by other means. */
function TextFilter({
  label,
  value,
  onChange,
  placeholder = "",
  mono = false,
  search = false,
}: TextFilterProps) {
  const [text, setText] = useState(value);
  const [shown, setShown] = useState(value);
  if (shown !== value) {
    setShown(value);
    setText(value);
  }
  const send = useDebouncedCallback(onChange, 350);
  const change = (next: string) => {
    setText(next);
    send(next.trim());
  };
  return (
    <TextInput
      className={search ? styles.search : undefined}
      classNames={mono ? { input: "mono" } : {}}
      label={label}
      placeholder={placeholder}
      type="text"
      inputMode={search ? "search" : "text"}
      spellCheck={false}
      autoComplete="off"
      maxLength={200}
      leftSection={search ? <IconSearch size={16} stroke={1.7} aria-hidden /> : undefined}
      rightSection={
        text === "" ? null : (
          <CloseButton size="sm" aria-label={`Clear ${label}`} onClick={() => change("")} />
        )
      }
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") onChange(text.trim());
      }}
    />
  );
}
