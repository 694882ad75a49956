// SPDX-License-Identifier: Apache-2.0
// Every input of the model as measured, against the training median and the normal range.
import { Button, Checkbox, Table, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconSearch } from "../../components/icons";
import { useMemo, useState } from "react";
import { useFeatureCatalogue } from "../../api/queries";
import type { DetectionDetail, FeatureValue } from "../../api/types";
import { Hint } from "../../components/Hint";
import { Panel } from "../../components/Panel";
import { chooseFeatures, type FeatureSort, type SortKey } from "../../domain/feature_list";
import { featureTitle } from "../../domain/feature_title";
import { formatFeature, plural } from "../../domain/format";
import { isOutside, normalRange, placement } from "../../domain/reasons";
import styles from "./FeatureTable.module.css";
import { RangeLine } from "./RangeLine";

/** Rows before "show all". */
const FIRST = 20;

export function FeatureTable({ flow }: { flow: DetectionDetail }) {
  const [search, setSearch] = useState("");
  const [onlyOutside, setOnlyOutside] = useState(false);
  const [sort, setSort] = useState<FeatureSort>({ by: "distance", descending: true });
  const [all, setAll] = useState(false);
  const { data: catalogue } = useFeatureCatalogue();
  const meanings = useMemo(
    () => new Map(catalogue?.items.map(({ name, meaning }) => [name, meaning])),
    [catalogue],
  );
  const outside = flow.features.filter(isOutside).length;
  const found = chooseFeatures(flow.features, { search, onlyOutside, sort }, meanings);
  const shown = all ? found : found.slice(0, FIRST);
  if (flow.features.length === 0) {
    return (
      <Panel title="All features">
        <p className="soft">
          The model that judged this flow is no longer known, so its features cannot be named.
        </p>
      </Panel>
    );
  }
  return (
    <Panel
      title="All features"
      flush
      aside={
        <span className="faint figure">
          {outside} of {plural(flow.features.length, "feature")} out of range
        </span>
      }
    >
      <div className={styles.tools}>
        <TextInput
          aria-label="Search features"
          placeholder="Search by name or meaning"
          leftSection={<IconSearch size={16} stroke={1.7} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <Hint meaning="Forward packets go from the source of the flow to its destination, backward packets the other way. The source is the side that began.">
          Forward and backward
        </Hint>
        <Checkbox
          label="Only out of range"
          checked={onlyOutside}
          onChange={(event) => setOnlyOutside(event.currentTarget.checked)}
        />
      </div>
      <Table.ScrollContainer minWidth={640}>
        <Table className={styles.table} verticalSpacing={6} horizontalSpacing="sm" highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <SortHead name="Feature" by="name" sort={sort} onSort={setSort} />
              <SortHead name="Measured" by="value" sort={sort} onSort={setSort} numeric />
              <SortHead
                name={
                  <Hint meaning="Half of the normal training flows had less, half had more.">Median</Hint>
                }
                label="Median"
                by="median"
                sort={sort}
                onSort={setSort}
                numeric
              />
              <Table.Th className={styles.range}>
                <Hint meaning="98 of 100 normal training flows lay in this range.">Normal range</Hint>
              </Table.Th>
              <SortHead name="Against normal" by="distance" sort={sort} onSort={setSort} />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((feature) => (
              <FeatureRow key={feature.name} feature={feature} meaning={meanings.get(feature.name)} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {shown.length === 0 && <p className={styles.none}>No feature matches.</p>}
      {shown.length < found.length && (
        <div className={styles.none}>
          <Button variant="default" size="xs" onClick={() => setAll(true)}>
            Show all {found.length} features
          </Button>
        </div>
      )}
    </Panel>
  );
}

interface SortHeadProps {
  name: React.ReactNode;
  label?: string;
  by: SortKey;
  sort: FeatureSort;
  onSort: (sort: FeatureSort) => void;
  numeric?: boolean;
}

/** First click: the most interesting end first; then the other; then the model's order again. */
function SortHead({ name, label, by, sort, onSort, numeric = false }: SortHeadProps) {
  const active = sort.by === by;
  const firstDescending = by !== "name";
  const next: FeatureSort = !active
    ? { by, descending: firstDescending }
    : sort.descending === firstDescending
      ? { by, descending: !firstDescending }
      : { by: "order", descending: false };
  const Icon = sort.descending ? IconArrowDown : IconArrowUp;
  const text = label ?? (typeof name === "string" ? name : by);
  return (
    <Table.Th
      aria-sort={active ? (sort.descending ? "descending" : "ascending") : "none"}
      className={numeric ? styles.number : undefined}
    >
      {label !== undefined && name}
      <button
        type="button"
        className={styles.sort}
        onClick={() => onSort(next)}
        aria-label={`Sort by ${text}`}
      >
        {label === undefined && name}
        {active ? <Icon size={13} aria-hidden /> : <span className={styles.idle}>↕</span>}
      </button>
    </Table.Th>
  );
}

function FeatureRow({ feature, meaning }: { feature: FeatureValue; meaning: string | undefined }) {
  const place = placement(feature);
  const outside = isOutside(feature);
  return (
    <Table.Tr data-outside={outside}>
      <Table.Td>
        {featureTitle(feature.name, meaning)}
        <div className={`mono ${styles.technical ?? ""}`}>{feature.name}</div>
      </Table.Td>
      <Table.Td className={styles.number}>
        <span className={outside ? styles.outside : undefined}>
          {formatFeature(feature.value, feature.unit)}
        </span>
        {outside && <div className={styles.mark}>{place} normal</div>}
      </Table.Td>
      <Table.Td className={styles.number}>
        {feature.median === null ? "–" : formatFeature(feature.median, feature.unit)}
      </Table.Td>
      <Table.Td className={styles.range}>{normalRange(feature)}</Table.Td>
      <Table.Td className={styles.place}>
        <RangeLine feature={feature} />
      </Table.Td>
    </Table.Tr>
  );
}
