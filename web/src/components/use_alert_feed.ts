// SPDX-License-Identifier: Apache-2.0
// A list of detections that meets some conditions: pages from the server, and live events on top.
//
// While `hold` is true (someone reads further down) nothing on the screen moves: what comes waits, and is counted. The
// order is the server's; a flow that comes again takes its newer place.
import { useInfiniteQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { api } from "../api/client";
import type { LiveBatch } from "../api/live";
import { keys } from "../api/queries";
import type { Detection, DetectionPage } from "../api/types";
import { useLiveBatch } from "../app/live_context";
import { matches, toQuery, type AlertFilters } from "../domain/filters";
import { mergeDetections } from "../domain/merge";

/** Above this the first page is read again instead of growing the list in memory for ever. */
const MOST_LIVE = 1_000;

export function useAlertFeed(filters: AlertFilters, hold: boolean, pageSize = 100) {
  const queryClient = useQueryClient();
  const query = useMemo(() => toQuery(filters), [filters]);
  const queryKey = useMemo(() => keys.detections(query, pageSize), [query, pageSize]);
  const [waiting, setWaiting] = useState<{ key: object; items: Detection[] }>({ key: queryKey, items: [] });

  const pages = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      api.detections(
        { ...query, limit: pageSize, ...(pageParam === "" ? {} : { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
  });

  const show = useCallback(
    (fresh: readonly Detection[]) => {
      queryClient.setQueryData<InfiniteData<DetectionPage, string>>(queryKey, (known) =>
        withLive(known, fresh),
      );
      const known = queryClient.getQueryData<InfiniteData<DetectionPage, string>>(queryKey);
      if ((known?.pages[0]?.items.length ?? 0) <= MOST_LIVE) return;
      queryClient.setQueryData<InfiniteData<DetectionPage, string>>(queryKey, onlyFirstPage);
      void queryClient.invalidateQueries({ queryKey });
    },
    [queryClient, queryKey],
  );

  const onBatch = useCallback(
    (batch: LiveBatch) => {
      const fresh = batch.detections.filter((detection) => matches(filters, detection));
      if (fresh.length === 0) return;
      if (hold) {
        setWaiting((old) => ({
          key: queryKey,
          items: mergeDetections(old.key === queryKey ? old.items : [], fresh),
        }));
      } else {
        show(fresh);
      }
    },
    [filters, hold, queryKey, show],
  );
  useLiveBatch(onBatch);

  const held = waiting.key === queryKey ? waiting.items : NOTHING;
  const release = useCallback(() => {
    if (held.length === 0) return;
    show(held);
    setWaiting({ key: queryKey, items: [] });
  }, [held, queryKey, show]);

  const items = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  const unseen = useMemo(() => {
    if (held.length === 0) return 0;
    const known = new Set(items.map(({ flow_uid }) => flow_uid));
    return held.filter(({ flow_uid }) => !known.has(flow_uid)).length;
  }, [held, items]);

  return { pages, items, unseen, release };
}

const NOTHING: Detection[] = [];

function onlyFirstPage(known: InfiniteData<DetectionPage, string> | undefined) {
  return known && { pages: known.pages.slice(0, 1), pageParams: known.pageParams.slice(0, 1) };
}

/** Live events join the first page; whatever newer word of a flow comes takes its older place away. */
export function withLive(
  known: InfiniteData<DetectionPage, string> | undefined,
  fresh: readonly Detection[],
): InfiniteData<DetectionPage, string> | undefined {
  const first = known?.pages[0];
  if (!known || !first) return known;
  const uids = new Set(fresh.map(({ flow_uid }) => flow_uid));
  const rest = known.pages.slice(1).map((page) => ({
    ...page,
    items: page.items.filter(({ flow_uid }) => !uids.has(flow_uid)),
  }));
  return { ...known, pages: [{ ...first, items: mergeDetections(first.items, fresh) }, ...rest] };
}
