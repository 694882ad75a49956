// SPDX-License-Identifier: Apache-2.0
import type { Severity } from "../api/types";

export const SEVERITIES: readonly Severity[] = ["none", "low", "medium", "high", "critical"];

export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

export const SEVERITY_NAME: Record<Severity, string> = {
  none: "None",
  low: "Low",
  medium: "Medium",
  high: "High",
  critical: "Critical",
};
