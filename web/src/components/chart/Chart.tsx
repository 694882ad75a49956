// SPDX-License-Identifier: Apache-2.0
// A time series, drawn by uPlot, which is downloaded with the first chart. The text beside the chart says the same for
// people who do not see it.
import { lazy, Suspense } from "react";
import { Guard } from "../Guard";
import styles from "./Chart.module.css";

export interface Series {
  label: string;
  values: number[];
  /** A CSS variable, such as "--chart-1". */
  colour: string;
}

export interface ChartProps {
  /** Seconds since 1970, ascending. */
  at: number[];
  series: Series[];
  format: (value: number) => string;
  /** What it shows, for screen readers. */
  label: string;
  height?: number;
  /** Charts with the same key share their cursor. */
  syncKey?: string;
}

const UplotChart = lazy(() => import("./UplotChart"));

export function Chart(props: ChartProps) {
  const height = props.height ?? 132;
  const newest = props.series
    .map(({ label, values }) => `${label} ${props.format(values.at(-1) ?? 0)}`)
    .join(", ");
  return (
    <div
      className={styles.chart}
      style={{ height }}
      role="img"
      aria-label={`${props.label}. Newest: ${newest}.`}
    >
      {props.at.length > 1 ? (
        <Guard what="The chart">
          <Suspense fallback={null}>
            <UplotChart {...props} height={height} />
          </Suspense>
        </Guard>
      ) : (
        <p className={styles.wait}>The line begins with the second interval.</p>
      )}
    </div>
  );
}
