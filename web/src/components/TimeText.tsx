// SPDX-License-Identifier: Apache-2.0
import { usePreferences } from "../app/preferences";
import { formatClock, formatDay, formatExact } from "../domain/time";

interface Props {
  time: string;
  /** clock: only the time of day; full: day and time; exact: with microseconds. */
  as?: "clock" | "full" | "exact";
}

/** A time in the chosen zone; hovering tells it exactly, in UTC. */
export function TimeText({ time, as = "full" }: Props) {
  const { zone } = usePreferences();
  const clock = formatClock(time, zone);
  const text =
    as === "exact" ? formatExact(time, zone) : as === "clock" ? clock : `${formatDay(time, zone)} ${clock}`;
  return (
    <time dateTime={time} title={formatExact(time, "utc")} className="figure">
      {text}
    </time>
  );
}
