// SPDX-License-Identifier: Apache-2.0
// What the pages ask for, by name. Live events keep the answers fresh (app/live_context.tsx), so nothing polls.
import { keepPreviousData, QueryClient, useQuery } from "@tanstack/react-query";
import { api, ApiError } from "./client";

export const keys = {
  status: ["status"] as const,
  summary: ["summary"] as const,
  features: ["features"] as const,
  throughputs: ["throughput"] as const,
  throughput: (seconds: number | null) => ["throughput", seconds] as const,
  detections: (query: object, pageSize: number) => ["detections", query, pageSize] as const,
  sample: (attackType: string) => ["sample", attackType] as const,
  detection: (flowUid: string) => ["detection", flowUid] as const,
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
