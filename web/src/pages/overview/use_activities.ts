// SPDX-License-Identifier: Apache-2.0
// Who does what of late. The newest flows alone would not do: a flood fills them within a second, and all that came before
// it would be out of sight. So some flows of each attack type are looked at too.
import { useQueries, type UseQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";
import { api } from "../../api/client";
import { keys, useSummary } from "../../api/queries";
import type { Detection, DetectionPage } from "../../api/types";
import { useAlertFeed } from "../../components/use_alert_feed";
import { DEFAULT_FILTERS } from "../../domain/filters";
import { groupActivities, mergeDetections, type Activity } from "../../domain/merge";

const NEWEST = 500;
const SAMPLE = 200;
const MOST_TYPES = 12;

export interface SeenActivity extends Activity {
  /** There are more flows of it than were looked at. */
  partly: boolean;
}

export function useActivities() {
  const { pages, items } = useAlertFeed(DEFAULT_FILTERS, false, NEWEST);
  const { data: summary } = useSummary();
  const types = (summary?.by_attack_type ?? [])
    .slice(0, MOST_TYPES)
    .filter(({ attack_type }) => attack_type !== "");
  const samples = useQueries({
    queries: types.map(({ attack_type }) => ({
      queryKey: keys.sample(attack_type),
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api.detections({ status: "anomaly", attack_type, limit: SAMPLE }, signal),
      // What comes later comes live.
      staleTime: Infinity,
    })),
    combine: together,
  });
  const activities = useMemo(
    () =>
      groupActivities(mergeDetections(samples.items, items)).map((activity) => ({
        ...activity,
        partly: activity.count > 1 && samples.cut.includes(activity.newest.attack_type ?? ""),
      })),
    [samples, items],
  );
  return { pages, activities };
}

function together(results: UseQueryResult<DetectionPage>[]): { items: Detection[]; cut: string[] } {
  const pages = results.flatMap(({ data }) => (data ? [data] : []));
  return {
    items: pages.flatMap(({ items }) => items),
    cut: pages.flatMap(({ items, next_cursor }) =>
      next_cursor === null ? [] : [items[0]?.attack_type ?? ""],
    ),
  };
}
