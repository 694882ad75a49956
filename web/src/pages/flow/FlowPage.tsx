// SPDX-License-Identifier: Apache-2.0
// One flow: who, when and what; the verdict; why; and every feature against what training saw as normal.
import { IconArrowLeft, IconQuestionMark } from "../../components/icons";
import { Link, useLocation, useNavigate, useParams } from "react-router";
import { ApiError } from "../../api/client";
import { useDetection } from "../../api/queries";
import type { DetectionDetail } from "../../api/types";
import { CopyText } from "../../components/CopyText";
import { Empty, Failure, Loading } from "../../components/Feedback";
import { PageHeader } from "../../components/PageHeader";
import { SeverityBadge } from "../../components/Severity";
import { TimeText } from "../../components/TimeText";
import { detectionTitle } from "../../domain/attack";
import { FeatureTable } from "./FeatureTable";
import { FirstPackets } from "./FirstPackets";
import { FlowFacts } from "./FlowFacts";
import { Reasons } from "./Reasons";
import { VerdictPanel } from "./VerdictPanel";
import styles from "./FlowPage.module.css";

export default function FlowPage() {
  const { flowUid = "" } = useParams();
  const flow = useDetection(flowUid);
  if (flow.isPending) return <Loading what="the flow" />;
  if (!flow.data) return <NoFlow error={flow.error} retry={() => flow.refetch()} />;
  return <Flow flow={flow.data} />;
}

function Flow({ flow }: { flow: DetectionDetail }) {
  return (
    <>
      <PageHeader
        before={<BackLink />}
        title={detectionTitle(flow)}
        lead={
          <div className={styles.lead}>
            {flow.status !== "normal" && <SeverityBadge severity={flow.severity} />}
            <CopyText text={flow.flow_id} label="flow id" />
            <span className="faint">
              last seen <TimeText time={flow.last_seen_at} />
            </span>
          </div>
        }
      />
      <div className={styles.grid}>
        <div className={styles.stack}>
          <Reasons flow={flow} />
          <FirstPackets features={flow.features} />
          <FeatureTable flow={flow} />
        </div>
        <div className={styles.stack}>
          <VerdictPanel flow={flow} />
          <FlowFacts flow={flow} />
        </div>
      </div>
    </>
  );
}

/** Back to the list that one came from, as it was; to all alerts for who came by a link. */
function BackLink() {
  const navigate = useNavigate();
  const state = useLocation().state as { from?: string } | null;
  const from = state?.from ?? "/alerts";
  return (
    <Link
      to={from}
      className={styles.back}
      onClick={(event) => {
        if (!state?.from || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        void navigate(-1);
      }}
    >
      <IconArrowLeft size={16} stroke={1.8} aria-hidden />
      {from === "/" ? "Overview" : from.startsWith("/incidents/") ? "Incident" : "Alerts"}
    </Link>
  );
}

function NoFlow({ error, retry }: { error: Error | null; retry: () => unknown }) {
  const unknown = error instanceof ApiError && (error.status === 404 || error.status === 400);
  return (
    <>
      <PageHeader before={<BackLink />} title="Flow" />
      {unknown ? (
        <Empty title="This flow is not stored" icon={<IconQuestionMark size={28} stroke={1.5} aria-hidden />}>
          Only logged flows can be looked at: the anomalous ones and those that could not be judged, unless
          weir runs with <code className="mono">--log all</code>. It may also be in another database.
        </Empty>
      ) : (
        <Failure what="this flow" error={error ?? new Error("No answer.")} retry={retry} />
      )}
    </>
  );
}
