// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useState } from "react";

/** Whether someone has scrolled down to read; the list must not move then. */
const TOP_PX = 120;

export function useReading() {
  const [down, setDown] = useState(() => window.scrollY > TOP_PX);
  useEffect(() => {
    const look = () => setDown(window.scrollY > TOP_PX);
    window.addEventListener("scroll", look, { passive: true });
    return () => window.removeEventListener("scroll", look);
  }, []);
  const toTop = useCallback(() => window.scrollTo({ top: 0 }), []);
  return { down, toTop };
}
