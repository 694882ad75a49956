// SPDX-License-Identifier: Apache-2.0
import { IconAlertOctagon } from "./icons";
import { useStatus } from "../api/queries";
import { Banner } from "./Banner";

/** What is wrong with weir itself (capture damaged, store away, model failing), on every page. */
export function ProblemBanner() {
  const { data } = useStatus();
  const problem =
    data?.problem ?? (data?.state === "failed" ? "weir failed and no longer looks at packets." : null);
  if (problem === null) return null;
  return (
    <Banner tone="danger" icon={<IconAlertOctagon size={18} aria-hidden />}>
      {problem}
    </Banner>
  );
}
