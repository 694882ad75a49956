// SPDX-License-Identifier: Apache-2.0
// The rules that hide detections: which there are, and making one after seeing what it would have hidden.
import { Button } from "@mantine/core";
import { useSuppressions, useUnsuppress } from "../../api/queries";
import type { Suppression } from "../../api/types";
import { Empty, Failure, Loading } from "../../components/Feedback";
import { IconTrash } from "../../components/icons";
import { PageHeader } from "../../components/PageHeader";
import { Panel } from "../../components/Panel";
import { TimeText } from "../../components/TimeText";
import { NewRule } from "./NewRule";
import styles from "./SuppressionsPage.module.css";

export default function SuppressionsPage() {
  return (
    <>
      <PageHeader
        title="Suppressions"
        lead="What a rule hides is stored and counted as ever, but makes no incident and no alert."
      />
      <div className={styles.stack}>
        <NewRule />
        <Panel title="Rules" flush>
          <Rules />
        </Panel>
      </div>
    </>
  );
}

function Rules() {
  const rules = useSuppressions();
  if (rules.isPending) return <Loading what="the rules" />;
  if (!rules.data) return <Failure what="the rules" error={rules.error} retry={() => rules.refetch()} />;
  if (rules.data.items.length === 0) return <Empty title="No rule hides anything" />;
  return (
    <ul aria-label="Rules">
      {rules.data.items.map((rule) => (
        <li key={rule.id}>
          <Rule rule={rule} />
        </li>
      ))}
    </ul>
  );
}

function Rule({ rule }: { rule: Suppression }) {
  const remove = useUnsuppress();
  return (
    <div className={styles.rule} data-active={rule.active}>
      <div className={styles.words}>
        <span className={styles.conditions}>{rule.in_words}</span>
        <span className="soft">{rule.reason}</span>
        <span className={styles.small}>
          {rule.owner !== "" && <>{rule.owner}, </>}
          since <TimeText time={rule.created_at} />
          {rule.expires_at !== null && (
            <>
              , {rule.active ? "until" : "expired"} <TimeText time={rule.expires_at} />
            </>
          )}
        </span>
        {remove.isError && (
          <span role="alert" className={styles.error}>
            {remove.error.message}
          </span>
        )}
      </div>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconTrash size={14} stroke={1.7} aria-hidden />}
        loading={remove.isPending}
        aria-label={`Remove the rule: ${rule.in_words}`}
        onClick={() => remove.mutate(rule.id)}
      >
        Remove
      </Button>
    </div>
  );
}
