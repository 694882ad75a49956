// SPDX-License-Identifier: Apache-2.0
// The table of alerts. Only the rows in sight are in the page, so a million behind them cost nothing. Arrow keys move
// between rows, Enter opens one; on a phone each row is a card.
import { Loader } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowUp } from "../../components/icons";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { useLocation, useNavigate } from "react-router";
import type { Detection } from "../../api/types";
import { plural } from "../../domain/format";
import { AlertRow } from "./AlertRow";
import styles from "./AlertTable.module.css";

interface Props {
  items: readonly Detection[];
  /** How many came while someone was reading further down. */
  unseen: number;
  onShowNew: () => void;
  onAtTop: () => void;
  loadMore: (() => void) | null;
  loadingMore: boolean;
  atEnd: boolean;
}

const ROW_PX = 44;
const CARD_PX = 104;
const COLUMNS = [
  "Severity",
  "Attack type",
  "From and to",
  "Protocol",
  "Packets",
  "Bytes",
  "Score",
  "Last seen",
];

/** Where each list (by its address) was left, so that "back" comes back to the same line. */
const leftAt = new Map<string, number>();

export function AlertTable({ items, unseen, onShowNew, onAtTop, loadMore, loadingMore, atEnd }: Props) {
  const body = useRef<HTMLDivElement>(null);
  const narrow = useMediaQuery("(max-width: 48rem)", window.innerWidth <= 768);
  const [margin, setMargin] = useState(0);
  const [active, setActive] = useState(0);
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const address = pathname + search;

  const rows = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => (narrow ? CARD_PX : ROW_PX),
    overscan: 12,
    scrollMargin: margin,
    getItemKey: (index) => items[index]?.flow_uid ?? index,
  });

  useLayoutEffect(() => setMargin(body.current?.offsetTop ?? 0), [address, narrow]);
  useEffect(() => rows.measure(), [rows, narrow]);
  useKeptPosition(address);

  const last = rows.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    if (loadMore !== null && last >= items.length - 25) loadMore();
  }, [last, items.length, loadMore]);

  useEffect(() => {
    const look = () => window.scrollY < 8 && onAtTop();
    window.addEventListener("scroll", look, { passive: true });
    return () => window.removeEventListener("scroll", look);
  }, [onAtTop]);

  const open = (detection: Detection) => {
    leftAt.set(address, window.scrollY);
    void navigate(`/flows/${detection.flow_uid}`, { state: { from: address } });
  };
  const focusRow = (index: number) => {
    const next = Math.max(0, Math.min(items.length - 1, index));
    setActive(next);
    rows.scrollToIndex(next, { align: "auto" });
    requestAnimationFrame(() => body.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus());
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12 }[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? items.length - 1 : step && active + step;
    if (to === undefined) return;
    event.preventDefault();
    focusRow(to);
  };

  return (
    <div
      className={styles.table}
      role="grid"
      aria-label="Alerts"
      aria-rowcount={atEnd ? items.length + 1 : -1}
    >
      <div className={styles.newer} aria-live="polite">
        {unseen > 0 && (
          <button type="button" className={styles.pill} onClick={onShowNew}>
            <IconArrowUp size={14} stroke={2} aria-hidden />
            {plural(unseen, "new alert")}
          </button>
        )}
      </div>
      <div role="rowgroup">
        <div role="row" aria-rowindex={1} className={styles.head}>
          {COLUMNS.map((column) => (
            <span key={column} role="columnheader" tabIndex={-1}>
              {column}
            </span>
          ))}
        </div>
      </div>
      <div
        ref={body}
        role="rowgroup"
        tabIndex={-1}
        className={styles.body}
        style={{ height: rows.getTotalSize() }}
      >
        {rows.getVirtualItems().map((row) => {
          const detection = items[row.index];
          return (
            detection && (
              <AlertRow
                key={row.key}
                detection={detection}
                index={row.index}
                focusable={row.index === Math.min(active, items.length - 1)}
                offset={row.start - margin}
                height={row.size}
                onOpen={() => open(detection)}
                onFocus={() => setActive(row.index)}
                onKey={onKey}
              />
            )
          );
        })}
      </div>
      <p className={styles.end}>{loadingMore ? <Loader size="xs" /> : atEnd ? "That is all." : ""}</p>
    </div>
  );
}

function useKeptPosition(address: string): void {
  useLayoutEffect(() => {
    window.scrollTo({ top: leftAt.get(address) ?? 0 });
    leftAt.delete(address);
  }, [address]);
}
