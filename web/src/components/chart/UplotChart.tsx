// SPDX-License-Identifier: Apache-2.0
import "uplot/dist/uPlot.min.css";

import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import { usePreferences } from "../../app/preferences";
import { formatClock, formatDay, type Zone } from "../../domain/time";
import styles from "./Chart.module.css";
import type { ChartProps } from "./Chart";

interface Hover {
  index: number;
  left: number;
  width: number;
}

type Look = Pick<ChartProps, "format" | "syncKey"> & {
  series: { label: string; colour: string }[];
  height: number;
  zone: Zone;
};

function cssColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function options(look: Look, width: number, onHover: (hover: Hover | null) => void): uPlot.Options {
  const grid = { stroke: cssColour("--line"), width: 1 };
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: cssColour("--text-faint"), font, ticks: { show: false }, grid };
  return {
    width,
    height: look.height,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    tzDate: (seconds) =>
      look.zone === "utc" ? uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC") : new Date(seconds * 1e3),
    cursor: {
      y: false,
      points: { size: 7 },
      drag: { x: false, y: false },
      ...(look.syncKey === undefined ? {} : { sync: { key: look.syncKey, setSeries: false } }),
    },
    scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.12 : 1] } },
    axes: [
      { ...axis, grid: { show: false }, size: 24, space: 70, values: clockLabels(look.zone) },
      { ...axis, size: 72, space: 36, values: (_, splits) => splits.map((split) => look.format(split)) },
    ],
    series: [
      {},
      ...look.series.map(({ label, colour }) => ({
        label,
        stroke: cssColour(colour),
        width: 1.6,
        fill: `${cssColour(colour)}1c`,
        points: { show: false },
      })),
    ],
    hooks: {
      setCursor: [
        (plot) => {
          const { idx, left } = plot.cursor;
          const shown = idx !== null && idx !== undefined && left !== undefined && left >= 0;
          onHover(
            shown ? { index: idx, left: left + plot.bbox.left / devicePixelRatio, width: plot.width } : null,
          );
        },
      ],
    },
  };
}

function clockLabels(zone: Zone): uPlot.Axis.DynamicValues {
  return (_, splits, __, ___, step) =>
    splits.map((at) => {
      const clock = formatClock(at * 1000, zone);
      if (step >= 86_400) return formatDay(at * 1000, zone).slice(5);
      return step >= 60 ? clock.slice(0, 5) : clock;
    });
}

export default function UplotChart({ at, series, format, height = 132, syncKey }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data = useMemo<uPlot.AlignedData>(() => [at, ...series.map(({ values }) => values)], [at, series]);
  const latest = useRef(data);
  const [hover, setHover] = useState<Hover | null>(null);
  const { zone } = usePreferences();
  const scheme = useComputedColorScheme("light");
  // The plot is built anew only when its looks change; new points go through setData.
  const names = series.map(({ label, colour }) => `${label}|${colour}`).join();

  useEffect(() => {
    latest.current = data;
    plot.current?.setData(data);
  }, [data]);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const looks = names.split(",").map((name) => {
      const [label = "", colour = ""] = name.split("|");
      return { label, colour };
    });
    const look = { format, syncKey, height, zone, series: looks } as Look;
    const created = new uPlot(options(look, element.clientWidth || 300, setHover), latest.current, element);
    plot.current = created;
    const observer = new ResizeObserver(() => created.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      created.destroy();
      plot.current = null;
    };
  }, [names, format, syncKey, height, zone, scheme]);

  return (
    <>
      <div ref={box} className={styles.plot} />
      {hover !== null && at[hover.index] !== undefined && (
        <div
          className={styles.tip}
          style={
            hover.left > hover.width / 2
              ? { right: hover.width - hover.left + 10 }
              : { left: hover.left + 10 }
          }
        >
          <div className="faint figure">{formatClock((at[hover.index] ?? 0) * 1000, zone)}</div>
          {series.map(({ label, colour, values }) => (
            <div key={label} className={styles.tipLine}>
              <span>
                <span className={styles.key} style={{ background: `var(${colour})` }} />
                {label}
              </span>
              <span className="figure">{format(values[hover.index] ?? 0)}</span>
            </div>
          ))}
        </div>
      )}
    </>
  );
}
