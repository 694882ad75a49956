// SPDX-License-Identifier: Apache-2.0
// One GET for the whole dashboard: adds the token, and turns every way of failing into an ApiError with a sentence.
import { authorization } from "./token";
import type {
  DetectionDetail,
  DetectionPage,
  DetectionQuery,
  FeatureCatalogue,
  Problem,
  Status,
  Summary,
  Throughput,
  ThroughputQuery,
} from "./types";

export class ApiError extends Error {
  /** HTTP status; 0 when nothing answered. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

export function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

type Parameters = Record<string, string | number | undefined>;

export function toSearch(parameters: Parameters): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

async function get<T>(path: string, parameters: Parameters, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path + toSearch(parameters), {
      headers: { Accept: "application/json", ...authorization() },
      signal: signal ?? null,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "weir does not answer. Is it still running?");
  }
  if (!response.ok) throw new ApiError(response.status, await problemText(response));
  return (await response.json()) as T;
}

export async function problemText(response: Response): Promise<string> {
  try {
    const problem = (await response.json()) as Partial<Problem>;
    if (problem.detail) return problem.detail;
  } catch {
    // Not a problem document: a proxy in between answered.
  }
  return `weir answered with an error (HTTP ${response.status}).`;
}

export const api = {
  status: (signal?: AbortSignal) => get<Status>("/api/v1/status", {}, signal),
  summary: (signal?: AbortSignal) => get<Summary>("/api/v1/summary", {}, signal),
  features: (signal?: AbortSignal) => get<FeatureCatalogue>("/api/v1/features", {}, signal),
  throughput: (query: ThroughputQuery, signal?: AbortSignal) =>
    get<Throughput>("/api/v1/throughput", { ...query }, signal),
  detections: (query: DetectionQuery, signal?: AbortSignal) =>
    get<DetectionPage>("/api/v1/detections", { ...query }, signal),
  detection: (flowUid: string, signal?: AbortSignal) =>
    get<DetectionDetail>(`/api/v1/detections/${encodeURIComponent(flowUid)}`, {}, signal),
};
