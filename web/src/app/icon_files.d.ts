// SPDX-License-Identifier: Apache-2.0
// The package has types for its index only.
declare module "@tabler/icons-react/dist/esm/icons/*.mjs" {
  const icon: import("@tabler/icons-react").TablerIcon;
  export default icon;
}
