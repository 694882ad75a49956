// SPDX-License-Identifier: Apache-2.0
// Gives the page its one LiveConnection, and lets what it brings flow into the query cache.
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { LiveConnection, type Connection, type LiveBatch } from "../api/live";
import { keys } from "../api/queries";
import { onSessionChange } from "../api/session";
import type { Throughput } from "../api/types";
import { appendPoints, lastPart } from "../domain/throughput";

const Context = createContext<LiveConnection | null>(null);

/** More points than a chart can show: time to let the server sum them up again. */
const MAX_POINTS = 2_000;
const SUMMARY_EVERY_MS = 2_000;
const INCIDENTS_EVERY_MS = 1_000;

export function LiveProvider({ children }: { children: ReactNode }) {
  const [live] = useState(() => new LiveConnection());
  const queryClient = useQueryClient();

  useEffect(() => {
    const refreshSummary = throttle(SUMMARY_EVERY_MS, () => {
      void queryClient.invalidateQueries({ queryKey: keys.summary });
    });
    // An incident that grows comes again and again: the lists are read anew once in a while, not merged.
    const refreshIncidents = throttle(INCIDENTS_EVERY_MS, () => {
      void queryClient.invalidateQueries({ queryKey: keys.incidentLists });
      void queryClient.invalidateQueries({ queryKey: ["incident"] });
    });
    const offBatch = live.onBatch((batch) => {
      if (batch.resync) void queryClient.invalidateQueries();
      applyBatch(queryClient, batch);
      if (batch.detections.length > 0) refreshSummary.call();
      if (batch.incidents.length > 0) refreshIncidents.call();
    });
    const offSession = onSessionChange(() => {
      live.start();
      void queryClient.invalidateQueries();
    });
    const retry = () => live.current().state === "lost" && live.start();
    window.addEventListener("online", retry);
    live.start();
    return () => {
      offBatch();
      offSession();
      refreshSummary.cancel();
      refreshIncidents.cancel();
      window.removeEventListener("online", retry);
      live.stop();
    };
  }, [live, queryClient]);

  return <Context value={live}>{children}</Context>;
}

function applyBatch(queryClient: QueryClient, batch: LiveBatch): void {
  if (batch.status) queryClient.setQueryData(keys.status, batch.status);
  for (const { flow_uid } of batch.detections) {
    void queryClient.invalidateQueries({ queryKey: keys.detection(flow_uid) });
  }
  if (batch.throughput.length === 0) return;
  for (const [key, known] of queryClient.getQueriesData<Throughput>({ queryKey: keys.throughputs })) {
    if (!known) continue;
    const seconds = key[1];
    const points = appendPoints(known.points, batch.throughput);
    const kept = typeof seconds === "number" ? lastPart(points, seconds) : points;
    queryClient.setQueryData<Throughput>(key, { points: [...kept] });
    if (kept.length > MAX_POINTS) void queryClient.invalidateQueries({ queryKey: key });
  }
}

function throttle(everyMs: number, run: () => void) {
  let timer: ReturnType<typeof setTimeout> | null = null;
  return {
    call: () => {
      timer ??= setTimeout(() => {
        timer = null;
        run();
      }, everyMs);
    },
    cancel: () => {
      if (timer !== null) clearTimeout(timer);
    },
  };
}

export function useLive(): LiveConnection {
  const live = use(Context);
  if (live === null) throw new Error("useLive outside of LiveProvider");
  return live;
}

export function useConnection(): Connection {
  const live = useLive();
  return useSyncExternalStore(live.onState, live.current);
}

/** Calls `listener` for each batch of events while the component is on the page. */
export function useLiveBatch(listener: (batch: LiveBatch) => void): void {
  const live = useLive();
  useEffect(() => live.onBatch(listener), [live, listener]);
}
