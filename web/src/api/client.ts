// SPDX-License-Identifier: Apache-2.0
// One request function for the whole dashboard: every way of failing becomes an ApiError with a sentence. The session's cookie
// goes along by itself.
import type {
  Caller,
  DetectionDetail,
  DetectionPage,
  DetectionQuery,
  FeatureCatalogue,
  Host,
  Incident,
  IncidentDetail,
  IncidentPage,
  IncidentQuery,
  Judgement,
  NewSuppression,
  Problem,
  Status,
  Summary,
  Suppression,
  SuppressionList,
  SuppressionPreview,
  SuppressionTrial,
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

type Parameters = Record<string, string | number | boolean | undefined>;

export function toSearch(parameters: Parameters): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

async function get<T>(path: string, parameters: Parameters, signal?: AbortSignal): Promise<T> {
  return (await (await ask("GET", path + toSearch(parameters), undefined, signal)).json()) as T;
}

async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return (await (await ask("POST", path, body, signal)).json()) as T;
}

async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    const type: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" };
    response = await fetch(path, {
      method,
      headers: { Accept: "application/json", ...type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal ?? null,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "weir does not answer. Is it still running?");
  }
  if (!response.ok) throw new ApiError(response.status, await problemText(response));
  return response;
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
  incidents: (query: IncidentQuery, signal?: AbortSignal) =>
    get<IncidentPage>("/api/v1/incidents", { ...query }, signal),
  incident: (id: string, signal?: AbortSignal) =>
    get<IncidentDetail>(`/api/v1/incidents/${encodeURIComponent(id)}`, {}, signal),
  judge: (id: string, judgement: Judgement) =>
    post<Incident>(`/api/v1/incidents/${encodeURIComponent(id)}/state`, judgement),
  host: (address: string, signal?: AbortSignal) =>
    get<Host>(`/api/v1/hosts/${encodeURIComponent(address)}`, {}, signal),
  suppressions: (signal?: AbortSignal) => get<SuppressionList>("/api/v1/suppressions", {}, signal),
  suppress: (suppression: NewSuppression) => post<Suppression>("/api/v1/suppressions", suppression),
  preview: (trial: SuppressionTrial, signal?: AbortSignal) =>
    post<SuppressionPreview>("/api/v1/suppressions/preview", trial, signal),
  unsuppress: async (id: string) => {
    await ask("DELETE", `/api/v1/suppressions/${encodeURIComponent(id)}`);
  },
  caller: (signal?: AbortSignal) => get<Caller>("/api/v1/session", {}, signal),
  logIn: (token: string) => post<Caller>("/api/v1/session", { token }),
  logOut: async () => {
    await ask("DELETE", "/api/v1/session");
  },
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
