// SPDX-License-Identifier: Apache-2.0
// The score against the threshold: on which side, and how far. Some models give low scores to unusual flows, others high
// ones; the line always has "normal" at the left and "unusual" at the right.
import type { DetectionDetail } from "../../api/types";
import { Hint } from "../../components/Hint";
import { formatNumber } from "../../domain/format";
import styles from "./VerdictPanel.module.css";

const THRESHOLD_AT = 50;

/** 0 to 100; the threshold is in the middle, far beyond it approaches the edge. */
export function scorePlace(margin: number, threshold: number): number {
  const unit = Math.max(Math.abs(threshold), 1e-9);
  return THRESHOLD_AT + 46 * Math.tanh(margin / unit);
}

export function ScoreLine({ flow }: { flow: DetectionDetail }) {
  const threshold = flow.model?.threshold ?? null;
  if (flow.score === null) return null;
  return (
    <div className={styles.line}>
      <div className={styles.numbers}>
        <span>
          <Hint meaning={scoreMeaning(flow.model?.higher_is_worse ?? null)}>Score</Hint>{" "}
          <strong className="figure">{formatNumber(flow.score, 4)}</strong>
        </span>
        {threshold !== null && (
          <span className="soft">
            threshold <span className="figure">{formatNumber(threshold, 4)}</span>
          </span>
        )}
      </div>
      {threshold !== null && flow.margin !== null && <Line place={scorePlace(flow.margin, threshold)} />}
    </div>
  );
}

function scoreMeaning(higherIsWorse: boolean | null): string {
  if (higherIsWorse === null) return "The number that the model gave this flow.";
  const [side, word] = higherIsWorse ? ["above", "higher"] : ["below", "lower"];
  return `The number that the model gave this flow: the ${word}, the more unusual. At or ${side} the threshold it is an alert.`;
}

function Line({ place }: { place: number }) {
  const beyond = place >= THRESHOLD_AT;
  return (
    <>
      <svg viewBox="0 0 100 12" width="100%" height="22" preserveAspectRatio="none" aria-hidden>
        <rect x="0" y="4.5" width="100" height="3" rx="1.5" fill="var(--surface-sunken)" />
        <rect
          x={Math.min(place, THRESHOLD_AT)}
          y="4.5"
          width={Math.abs(place - THRESHOLD_AT)}
          height="3"
          fill={beyond ? "var(--critical)" : "var(--good)"}
          opacity="0.45"
        />
        <rect x={THRESHOLD_AT - 0.25} y="0.5" width="0.5" height="11" fill="var(--text-soft)" />
        <rect
          x={place - 0.6}
          y="1.5"
          width="1.2"
          height="9"
          rx="0.5"
          fill={beyond ? "var(--critical)" : "var(--good)"}
        />
      </svg>
      <div className={styles.ends}>
        <span>normal</span>
        <span>threshold</span>
        <span>unusual</span>
      </div>
    </>
  );
}
