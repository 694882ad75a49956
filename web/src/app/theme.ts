// SPDX-License-Identifier: Apache-2.0
// Mantine's theme: system fonts, small radii, one calm accent. Colours with a meaning are CSS variables in theme.css.
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const water: MantineColorsTuple = [
  "#e6f6f9",
  "#cdebf1",
  "#9fd6e2",
  "#6bbfd1",
  "#3fa9c0",
  "#1f93ac",
  "#0f7f97",
  "#0b6b80",
  "#09596b",
  "#074856",
];

const slate: MantineColorsTuple = [
  "#e8ecf1",
  "#a9b4c2",
  "#8996a6",
  "#566273",
  "#364050",
  "#262e3a",
  "#1c222c",
  "#12161d",
  "#0c0f14",
  "#07090c",
];

export const theme = createTheme({
  primaryColor: "water",
  primaryShade: { light: 7, dark: 5 },
  autoContrast: true,
  colors: { water, dark: slate },
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "7px", lg: "10px", xl: "14px" },
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "SF Mono", "JetBrains Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  headings: { fontWeight: "600" },
  components: {
    InputWrapper: {
      styles: { label: { color: "var(--text-soft)", fontSize: "0.75rem", marginBottom: "0.25rem" } },
    },
  },
  cursorType: "pointer",
  respectReducedMotion: true,
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#f6f7f9",
    "--mantine-color-text": "#151a21",
    "--mantine-color-dimmed": "#5b6675",
    "--mantine-color-default-border": "#dfe3e9",
    "--mantine-color-placeholder": "#66707e",
    "--mantine-color-anchor": "#0b6b80",
  },
  dark: {
    "--mantine-color-body": "#0c0f14",
    "--mantine-color-text": "#e8ecf1",
    "--mantine-color-dimmed": "#98a4b3",
    "--mantine-color-default": "#161b23",
    "--mantine-color-default-hover": "#1c222c",
    "--mantine-color-default-border": "#29313d",
    "--mantine-color-placeholder": "#8996a6",
    "--mantine-color-anchor": "#5cc3d8",
  },
});
