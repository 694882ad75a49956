// SPDX-License-Identifier: Apache-2.0
import { Link } from "react-router";
import type { Severity } from "../../api/types";
import { Parties } from "../../components/Parties";
import { SeverityBadge } from "../../components/Severity";
import { TimeText } from "../../components/TimeText";
import { detectionTitle, isNamed } from "../../domain/attack";
import { alertsPath } from "../../domain/filters";
import { formatConfidence, formatNumber, plural } from "../../domain/format";
import { histogram } from "../../domain/merge";
import { techniqueName } from "../../domain/mitre";
import styles from "./NewestAlerts.module.css";
import type { SeenActivity } from "./use_activities";

interface Span {
  from: string | null;
  to: string | null;
}

/** One flow opens that flow; several open the list of them. */
export function ActivityLine({ activity, span }: { activity: SeenActivity; span: Span }) {
  const { newest, count, targets } = activity;
  const title = detectionTitle(newest);
  const name = techniqueName(newest.technique ?? "") ?? newest.technique ?? "";
  const technique = name.toLowerCase() === title.toLowerCase() ? "" : name;
  const path =
    count > 1
      ? alertsPath({ host: newest.src_ip, type: newest.attack_type ?? "" })
      : `/flows/${newest.flow_uid}`;
  return (
    <Link to={path} state={count > 1 ? undefined : { from: "/" }} className={styles.line}>
      <span className={styles.severity}>
        <SeverityBadge severity={activity.worst} />
      </span>
      <span className={styles.words}>
        <span className={styles.title}>
          {title}
          {count > 1 && (
            <span className={styles.count}>
              {activity.partly ? `${count}+ flows` : plural(count, "flow")}
            </span>
          )}
          <span className={styles.technique}>{technique}</span>
        </span>
        <span className={styles.parties}>
          <Parties detection={newest} targets={targets} />
        </span>
      </span>
      <Timeline times={activity.times} severity={activity.worst} span={span} />
      <span className={styles.facts}>
        <TimeText time={newest.last_seen_at} as="clock" />
        <span className="faint figure">
          {newest.confidence !== null && isNamed(newest.attack_type)
            ? formatConfidence(newest.confidence)
            : newest.score !== null
              ? `score ${formatNumber(newest.score)}`
              : ""}
        </span>
      </span>
    </Link>
  );
}

const BINS = 36;

/** When in the run it happened. */
function Timeline({ times, severity, span }: { times: number[]; severity: Severity; span: Span }) {
  if (span.from === null || span.to === null) return <span className={styles.timeline} />;
  const counts = histogram(times, Date.parse(span.from) - 10_000, Date.parse(span.to) + 1000, BINS);
  const most = Math.max(...counts, 1);
  return (
    <svg className={styles.timeline} viewBox={`0 0 ${BINS * 3} 20`} preserveAspectRatio="none" aria-hidden>
      <rect x="0" y="19" width={BINS * 3} height="1" fill="var(--line)" />
      {counts.map((count, bin) => {
        const height = count === 0 ? 0 : 3 + (count / most) * 16;
        return (
          <rect
            key={bin}
            x={bin * 3}
            y={20 - height}
            width="2.2"
            height={height}
            fill={`var(--${severity})`}
          />
        );
      })}
    </svg>
  );
}
