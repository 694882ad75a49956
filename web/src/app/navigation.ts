// SPDX-License-Identifier: Apache-2.0
// The pages in the menu, in order. A new page is a line here, a route in App.tsx and a folder in pages/.
import {
  IconActivityHeartbeat,
  IconAlertTriangle,
  IconFilterOff,
  IconLayoutDashboard,
  IconUrgent,
  type TablerIcon,
} from "../components/icons";

export interface Destination {
  path: string;
  label: string;
  icon: TablerIcon;
  /** Other paths that belong to it. */
  within: RegExp;
}

export const DESTINATIONS: readonly Destination[] = [
  { path: "/", label: "Overview", icon: IconLayoutDashboard, within: /^\/$/ },
  { path: "/incidents", label: "Incidents", icon: IconUrgent, within: /^\/(incidents|hosts)/ },
  { path: "/alerts", label: "Alerts", icon: IconAlertTriangle, within: /^\/(alerts|flows)/ },
  { path: "/suppressions", label: "Suppressions", icon: IconFilterOff, within: /^\/suppressions/ },
  { path: "/status", label: "Status", icon: IconActivityHeartbeat, within: /^\/status/ },
];
