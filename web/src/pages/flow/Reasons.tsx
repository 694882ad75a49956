// SPDX-License-Identifier: Apache-2.0
// Why the flow stands out, worst first: what was measured, what is normal, and how much it moved the score.
import { useFeatureCatalogue } from "../../api/queries";
import type { DetectionDetail, FeatureCatalogue, Reason } from "../../api/types";
import { Panel } from "../../components/Panel";
import { featureTitle } from "../../domain/feature_title";
import { contributionShares } from "../../domain/reasons";
import { RangeLine } from "./RangeLine";
import styles from "./Reasons.module.css";

export function Reasons({ flow }: { flow: DetectionDetail }) {
  const { data: catalogue } = useFeatureCatalogue();
  return (
    <Panel title="Why it stands out">
      {flow.reasons.length === 0 ? (
        <p className="soft">{whyNone(flow)}</p>
      ) : (
        <ReasonList reasons={flow.reasons} catalogue={catalogue} />
      )}
    </Panel>
  );
}

function whyNone({ status }: DetectionDetail): string {
  if (status === "normal") return "It does not: the model finds nothing unusual in this flow.";
  if (status === "unscored")
    return "There is no verdict to explain, since the model could not judge this flow.";
  return "The model gave no reasons for this flow.";
}

function ReasonList({ reasons, catalogue }: { reasons: Reason[]; catalogue: FeatureCatalogue | undefined }) {
  const shares = contributionShares(reasons);
  // In a flood the sensor asks the model about the worst flows only; of the others it tells what is strange, unweighed.
  const measured = shares.some((share) => share !== 0);
  return (
    <ol className={styles.list}>
      {reasons.map((reason, i) => (
        <li key={reason.feature} className={styles.reason}>
          <div className={styles.words}>
            <p className={styles.name}>
              {featureTitle(reason.feature, meaningOf(catalogue, reason.feature))}
              <span className={`mono ${styles.technical ?? ""}`}>{reason.feature}</span>
            </p>
            <p className={styles.sentence}>{reason.sentence}</p>
          </div>
          <div className={styles.picture}>
            <RangeLine feature={reason} wide />
          </div>
          {measured && <Contribution share={shares[i] ?? 0} />}
        </li>
      ))}
    </ol>
  );
}

function meaningOf(catalogue: FeatureCatalogue | undefined, name: string): string | undefined {
  return catalogue?.items.find((item) => item.name === name)?.meaning;
}

function Contribution({ share }: { share: number }) {
  const word = share < 0 ? "speaks for normal" : "weight";
  return (
    <div className={styles.weight} title="How much this feature moved the score, against the strongest">
      <span className={styles.bar} aria-hidden>
        <span data-against={share < 0} style={{ width: `${Math.abs(share) * 100}%` }} />
      </span>
      <span className="figure faint">
        {word} {Math.round(Math.abs(share) * 100)} %
      </span>
    </div>
  );
}
