// SPDX-License-Identifier: Apache-2.0
// What the pages ask for, by name. Live events keep the answers fresh (app/live_context.tsx), so nothing polls.
import {
  keepPreviousData,
  QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { api, ApiError } from "./client";
import type { IncidentQuery, Judgement, NewSuppression, SuppressionTrial } from "./types";

export const keys = {
  caller: ["caller"] as const,
  status: ["status"] as const,
  summary: ["summary"] as const,
  features: ["features"] as const,
  throughputs: ["throughput"] as const,
  throughput: (seconds: number | null) => ["throughput", seconds] as const,
  detections: (query: object, pageSize: number) => ["detections", query, pageSize] as const,
  detection: (flowUid: string) => ["detection", flowUid] as const,
  incidentLists: ["incidents"] as const,
  incidents: (query: IncidentQuery) => ["incidents", query] as const,
  incidentPages: (query: IncidentQuery) => ["incidents", "pages", query] as const,
  incident: (id: string) => ["incident", id] as const,
  host: (address: string) => ["host", address] as const,
  suppressions: ["suppressions"] as const,
  preview: (trial: SuppressionTrial) => ["preview", trial] as const,
};

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        refetchOnWindowFocus: false,
        // weir lost is the live connection's to notice and to come back from; a wrong question stays wrong.
        retry: (failures, error) => failures < 2 && error instanceof ApiError && error.status === 503,
      },
    },
  });
}

export function useStatus() {
  return useQuery({ queryKey: keys.status, queryFn: ({ signal }) => api.status(signal) });
}

/** Who one is, and what one may do. */
export function useCaller() {
  return useQuery({ queryKey: keys.caller, queryFn: ({ signal }) => api.caller(signal) });
}

export function useSummary() {
  return useQuery({ queryKey: keys.summary, queryFn: ({ signal }) => api.summary(signal) });
}

/** The feature catalogue does not change while weir runs. */
export function useFeatureCatalogue() {
  return useQuery({
    queryKey: keys.features,
    queryFn: ({ signal }) => api.features(signal),
    staleTime: Infinity,
  });
}

/** The last `seconds` of packet time before `newest`, or the whole run. */
export function useThroughput(seconds: number | null, newest: string | null) {
  return useQuery({
    queryKey: keys.throughput(seconds),
    queryFn: ({ signal }) => {
      if (seconds === null || newest === null) return api.throughput({ max_points: 600 }, signal);
      const from = new Date(Date.parse(newest) - seconds * 1000).toISOString();
      return api.throughput({ from, max_points: 600 }, signal);
    },
    placeholderData: keepPreviousData,
  });
}

export function useDetection(flowUid: string) {
  return useQuery({
    queryKey: keys.detection(flowUid),
    queryFn: ({ signal }) => api.detection(flowUid, signal),
  });
}

export function useIncidents(query: IncidentQuery) {
  return useQuery({
    queryKey: keys.incidents(query),
    queryFn: ({ signal }) => api.incidents(query, signal),
    placeholderData: keepPreviousData,
  });
}

/** Page by page, so that the oldest can be reached; all that were read are read again when one changes. */
export function useIncidentPages(query: IncidentQuery) {
  return useInfiniteQuery({
    queryKey: keys.incidentPages(query),
    queryFn: ({ pageParam, signal }) =>
      api.incidents(pageParam === "" ? query : { ...query, cursor: pageParam }, signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
}

export function useIncident(id: string) {
  return useQuery({ queryKey: keys.incident(id), queryFn: ({ signal }) => api.incident(id, signal) });
}

export function useHost(address: string) {
  return useQuery({ queryKey: keys.host(address), queryFn: ({ signal }) => api.host(address, signal) });
}

export function useJudge(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (judgement: Judgement) => api.judge(id, judgement),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: keys.incident(id) }),
        queries.invalidateQueries({ queryKey: keys.incidentLists }),
      ]),
  });
}

export function useSuppressions() {
  return useQuery({ queryKey: keys.suppressions, queryFn: ({ signal }) => api.suppressions(signal) });
}

/** What a rule would have hidden; asked only when the rule says something. */
export function usePreview(trial: SuppressionTrial | null) {
  return useQuery({
    queryKey: keys.preview(trial ?? {}),
    queryFn: ({ signal }) => api.preview(trial ?? {}, signal),
    enabled: trial !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export function useSuppress() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (suppression: NewSuppression) => api.suppress(suppression),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.suppressions }),
  });
}

export function useUnsuppress() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.unsuppress(id),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.suppressions }),
  });
}
