// SPDX-License-Identifier: Apache-2.0
import { Button } from "@mantine/core";
import { IconFilterOff } from "../../components/icons";
import { useStatus } from "../../api/queries";
import { Empty } from "../../components/Feedback";
import { countFilters, DEFAULT_FILTERS, type AlertFilters } from "../../domain/filters";
import { plural } from "../../domain/format";

export function NoMatch({
  filters,
  onChange,
}: {
  filters: AlertFilters;
  onChange: (next: AlertFilters) => void;
}) {
  const { data: status } = useStatus();
  if (countFilters(filters) === 0) {
    return (
      <Empty title="No attack seen since the start">
        {status && `weir looked at ${plural(status.loss.packets.seen, "packet")} and found nothing unusual. `}
        New alerts show here by themselves.
      </Empty>
    );
  }
  return (
    <Empty title="No flow meets these conditions" icon={<IconFilterOff size={28} stroke={1.5} aria-hidden />}>
      Loosen or remove one of them.
      <br />
      <Button mt="sm" size="xs" variant="default" onClick={() => onChange(DEFAULT_FILTERS)}>
        Remove all conditions
      </Button>
    </Empty>
  );
}
