// SPDX-License-Identifier: Apache-2.0
// All alerts, with conditions that live in the page's address, so that they can be shared, kept and come back to.
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import { Failure, Loading } from "../../components/Feedback";
import { PageHeader } from "../../components/PageHeader";
import { useAlertFeed } from "../../components/use_alert_feed";
import { readFilters, writeFilters, type AlertFilters } from "../../domain/filters";
import { plural } from "../../domain/format";
import { AlertTable } from "./AlertTable";
import { FilterBar } from "./FilterBar";
import { NoMatch } from "./NoMatch";
import { useReading } from "./use_reading";

export default function AlertsPage() {
  const [search, setSearch] = useSearchParams();
  const filters = useMemo(() => readFilters(search), [search]);
  const setFilters = useCallback(
    (next: AlertFilters) => setSearch(writeFilters(next), { replace: true, preventScrollReset: true }),
    [setSearch],
  );
  const reading = useReading();
  const { pages, items, unseen, release } = useAlertFeed(filters, reading.down);

  return (
    <>
      <PageHeader title="Alerts" lead="Flows that weir marked, newest first. New ones come by themselves." />
      <FilterBar filters={filters} onChange={setFilters} />
      <p className="visually-hidden" role="status">
        {pages.isPending ? "" : `${plural(items.length, "alert")} loaded`}
      </p>
      {pages.isPending ? (
        <Loading what="alerts" />
      ) : pages.isError && items.length === 0 ? (
        <Failure what="the alerts" error={pages.error} retry={() => pages.refetch()} />
      ) : items.length === 0 ? (
        <NoMatch filters={filters} onChange={setFilters} />
      ) : (
        <AlertTable
          items={items}
          unseen={unseen}
          onShowNew={() => {
            release();
            reading.toTop();
          }}
          onAtTop={release}
          loadMore={pages.hasNextPage && !pages.isFetchingNextPage ? () => void pages.fetchNextPage() : null}
          loadingMore={pages.isFetchingNextPage}
          atEnd={!pages.hasNextPage}
        />
      )}
    </>
  );
}
