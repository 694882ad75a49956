// SPDX-License-Identifier: Apache-2.0
import { Button } from "@mantine/core";
import { IconPlugConnectedX } from "./icons";
import { useConnection, useLive } from "../app/live_context";
import { usePreferences } from "../app/preferences";
import { formatClock, zoneName } from "../domain/time";
import { Banner } from "./Banner";

export function ConnectionBanner() {
  const { state, lastHeard, reason } = useConnection();
  const { zone } = usePreferences();
  const live = useLive();
  if (state !== "lost") return null;
  const age =
    lastHeard === null
      ? "no data yet"
      : `data as of ${formatClock(lastHeard, zone)}${zone === "utc" ? ` ${zoneName(zone)}` : ""}`;
  return (
    <Banner
      tone="warning"
      icon={<IconPlugConnectedX size={18} aria-hidden />}
      action={
        <Button size="compact-xs" variant="default" onClick={() => live.start()}>
          Retry now
        </Button>
      }
    >
      Connection lost – retrying, {age}.{reason !== null && ` weir said: ${reason}`}
    </Banner>
  );
}
