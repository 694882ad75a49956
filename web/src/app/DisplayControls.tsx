// SPDX-License-Identifier: Apache-2.0
// Light or dark, UTC or local time.
import { ActionIcon, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconClock, IconMoon, IconSun } from "../components/icons";
import styles from "./DisplayControls.module.css";
import { usePreferences } from "./preferences";

export function DisplayControls() {
  return (
    <div className={styles.controls}>
      <ZoneControl />
      <SchemeControl />
    </div>
  );
}

function ZoneControl() {
  const { zone, setZone } = usePreferences();
  const next = zone === "utc" ? "local" : "utc";
  const label = zone === "utc" ? "Times are in UTC. Show local time" : "Times are local. Show UTC";
  return (
    <Tooltip label={label} withArrow>
      <button type="button" className={styles.zone} aria-label={label} onClick={() => setZone(next)}>
        <IconClock size={15} stroke={1.7} aria-hidden />
        {zone === "utc" ? "UTC" : "Local"}
      </button>
    </Tooltip>
  );
}

function SchemeControl() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const next = scheme === "dark" ? "light" : "dark";
  return (
    <Tooltip label={`Use ${next} colours`} withArrow>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Use ${next} colours`}
        onClick={() => setColorScheme(next)}
      >
        {scheme === "dark" ? <IconSun size={17} stroke={1.7} /> : <IconMoon size={17} stroke={1.7} />}
      </ActionIcon>
    </Tooltip>
  );
}
