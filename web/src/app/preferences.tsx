// SPDX-License-Identifier: Apache-2.0
// What a person chose for this browser: so far, the zone that times are shown in.
import { createContext, use, useMemo, useState, type ReactNode } from "react";
import type { Zone } from "../domain/time";

interface Preferences {
  zone: Zone;
  setZone: (zone: Zone) => void;
}

const KEY = "weir.zone";
const Context = createContext<Preferences>({ zone: "utc", setZone: () => undefined });

export function PreferencesProvider({ children }: { children: ReactNode }) {
  const [zone, setZone] = useState<Zone>(() => (localStorage.getItem(KEY) === "local" ? "local" : "utc"));
  const value = useMemo(
    () => ({
      zone,
      setZone: (next: Zone) => {
        localStorage.setItem(KEY, next);
        setZone(next);
      },
    }),
    [zone],
  );
  return <Context value={value}>{children}</Context>;
}

export function usePreferences(): Preferences {
  return use(Context);
}
