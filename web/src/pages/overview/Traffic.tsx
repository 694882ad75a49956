// SPDX-License-Identifier: Apache-2.0
// How much traffic there is: now, and over the run.
import { SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";
import { useThroughput } from "../../api/queries";
import { Chart } from "../../components/chart/Chart";
import { Failure, Loading } from "../../components/Feedback";
import { Panel } from "../../components/Panel";
import { formatBitRate, formatRate } from "../../domain/format";
import { toRates, type Rates } from "../../domain/throughput";
import styles from "./Traffic.module.css";

const RANGES = [
  { value: "300", label: "5 min" },
  { value: "3600", label: "1 h" },
  { value: "run", label: "Whole run" },
];

export function Traffic({ newest }: { newest: string | null }) {
  const [range, setRange] = useState("run");
  const throughput = useThroughput(range === "run" ? null : Number(range), newest);
  const rates = useMemo(() => toRates(throughput.data?.points ?? []), [throughput.data]);
  return (
    <Panel
      title="Traffic"
      aside={
        <SegmentedControl size="xs" data={RANGES} value={range} onChange={setRange} aria-label="Time shown" />
      }
    >
      {throughput.isPending ? (
        <Loading what="throughput" />
      ) : throughput.isError && rates.at.length === 0 ? (
        <Failure what="the throughput" error={throughput.error} retry={() => throughput.refetch()} />
      ) : (
        <Charts rates={rates} />
      )}
    </Panel>
  );
}

function Charts({ rates }: { rates: Rates }) {
  const series = useMemo(
    () => ({
      packets: [{ label: "Packets", values: rates.packets, colour: "--chart-1" }],
      bits: [{ label: "Traffic", values: rates.bits, colour: "--chart-2" }],
      flows: [{ label: "New flows", values: rates.flows, colour: "--chart-3" }],
      lost: [
        { label: "Dropped", values: rates.dropped, colour: "--chart-4" },
        { label: "Rejected", values: rates.rejected, colour: "--chart-5" },
      ],
    }),
    [rates],
  );
  const shared = { at: rates.at, syncKey: "traffic" };
  return (
    <div className={styles.charts}>
      <figure className={styles.chart}>
        <figcaption>Packets per second</figcaption>
        <Chart {...shared} series={series.packets} format={formatRate} label="Packets per second over time" />
      </figure>
      <figure className={styles.chart}>
        <figcaption>Bits per second</figcaption>
        <Chart {...shared} series={series.bits} format={formatBitRate} label="Bits per second over time" />
      </figure>
      <figure className={styles.chart}>
        <figcaption>New flows per second</figcaption>
        <Chart {...shared} series={series.flows} format={formatRate} label="New flows per second over time" />
      </figure>
      <figure className={styles.chart}>
        <figcaption>
          Packets outside flows
          <span className={styles.key} data-colour="dropped">
            dropped
          </span>
          <span className={styles.key} data-colour="rejected">
            rejected
          </span>
        </figcaption>
        <Chart
          {...shared}
          series={series.lost}
          format={formatRate}
          label="Packets dropped and rejected per second"
        />
      </figure>
    </div>
  );
}
