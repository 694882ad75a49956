// SPDX-License-Identifier: Apache-2.0
// One glance at the sensor, on every page: is it running, on what, how far.
import { Tooltip } from "@mantine/core";
import { useConnection } from "../app/live_context";
import { useStatus } from "../api/queries";
import type { Status } from "../api/types";
import { formatShare } from "../domain/format";
import styles from "./SensorState.module.css";

export function sensorWord(status: Pick<Status, "state" | "live">): string {
  switch (status.state) {
    case "running":
      return status.live ? "Watching live" : "Replaying";
    case "finished":
      return "Replay finished";
    case "stopping":
      return "Stopping";
    case "failed":
      return "Failed";
  }
}

export function SensorState() {
  const { data: status } = useStatus();
  const { state: connection } = useConnection();
  const away = connection !== "open";
  const tone = away ? "away" : status?.state === "failed" || status?.problem ? "bad" : "good";
  const word = connection === "lost" ? "Not connected" : status ? sensorWord(status) : "Connecting";
  const source = status?.source.split("/").at(-1) ?? "";
  return (
    <Tooltip label={status ? `Sensor ${status.sensor}, source ${status.source}` : "No answer yet"} withArrow>
      <div className={styles.state} data-tone={tone} data-moving={!away && status?.state === "running"}>
        <span className={styles.dot} aria-hidden />
        <div className={styles.words}>
          <span className={styles.word}>{word}</span>
          <span className={styles.source}>
            {source}
            {progressText(status)}
          </span>
        </div>
      </div>
    </Tooltip>
  );
}

function progressText(status: Status | undefined): string {
  if (!status || status.live || status.progress === null || status.state === "finished") return "";
  return ` · ${formatShare(Math.floor(status.progress * 100) / 100)}`;
}
