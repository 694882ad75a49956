// SPDX-License-Identifier: Apache-2.0
// When in the incident how many flows were found, as bars.
import type { IncidentDetail } from "../../api/types";
import { Panel } from "../../components/Panel";
import { TimeText } from "../../components/TimeText";
import { formatSeconds, plural } from "../../domain/format";
import styles from "./Course.module.css";

const BAR = 10;
const HEIGHT = 72;

export function Course({ incident }: { incident: IncidentDetail }) {
  const { step_s, steps } = incident.timeline;
  const [first] = steps;
  const last = steps.at(-1);
  if (!first || !last) return null;
  const number = (at: string) => Math.round((Date.parse(at) - Date.parse(first.at)) / 1000 / step_s);
  const bars = Math.max(number(last.at) + 1, 12);
  const most = Math.max(...steps.map(({ flows }) => flows));
  const busiest = steps.find(({ flows }) => flows === most) ?? first;
  return (
    <Panel title="Course" aside={<span className="faint">flows per {formatSeconds(step_s)}</span>}>
      <svg
        className={styles.bars}
        viewBox={`0 0 ${bars * BAR} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${plural(incident.flows, "flow")}; at most ${plural(most, "flow")} in ${formatSeconds(step_s)}`}
      >
        <rect x="0" y={HEIGHT - 1} width={bars * BAR} height="1" fill="var(--line-strong)" />
        {steps.map(({ at, flows }) => {
          const height = 3 + (flows / most) * (HEIGHT - 4);
          return (
            <rect
              key={at}
              x={number(at) * BAR}
              y={HEIGHT - height}
              width={BAR - 2}
              height={height}
              fill={`var(--${incident.severity})`}
            />
          );
        })}
      </svg>
      <p className={styles.ends}>
        <TimeText time={first.at} />
        <span className="faint">
          most at <TimeText time={busiest.at} as="clock" />: {plural(most, "flow")}
        </span>
        <TimeText time={last.at} as="clock" />
      </p>
    </Panel>
  );
}
