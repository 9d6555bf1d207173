/** The look of both entries, and its variables without an inline style: the content security policy allows none. */
import {
  convertCssVariables,
  createTheme,
  defaultCssVariablesResolver,
  DEFAULT_THEME,
  mergeMantineTheme,
  type MantineColorSchemeManager,
  type MantineColorsTuple,
} from "@mantine/core";

const azure: MantineColorsTuple = [
  "#eaf6fe",
  "#d5eafa",
  "#a7d3f4",
  "#76bbee",
  "#4fa7e9",
  "#3a9be6",
  "#258ddd",
  "#0b74c4",
  "#0067b2",
  "#0058a0",
];

// A night with a little blue in it, beside the library's neutral grey.
const dark: MantineColorsTuple = [
  "#d9dfe8",
  "#b9c3d1",
  "#909cad",
  "#64707f",
  "#3b4656",
  "#303a49",
  "#202935",
  "#1a212c",
  "#131922",
  "#0e131a",
];

export const theme = createTheme({
  primaryColor: "azure",
  primaryShade: 7,
  colors: { azure, dark },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily:
    'Inter, "SF Pro Text", "Segoe UI", Roboto, "Noto Sans", Ubuntu, "Helvetica Neue", Arial, "Liberation Sans", sans-serif',
  headings: { fontWeight: "650", sizes: { h1: { fontSize: "1.5rem" }, h2: { fontSize: "1.125rem" } } },
});

// Our own surfaces, and shades for small text where the library's miss WCAG AA (4.5 : 1).
const LIGHT = {
  "--tb-page": "#f4f7fb",
  "--tb-card": "#ffffff",
  "--tb-line": "#e2e9f1",
  "--tb-chosen": "#eef7fe",
  "--tb-active": "#dff0fc",
  "--tb-chip": "#e9f1f8",
  "--mantine-color-red-light": "#fff1f1",
  "--mantine-color-orange-light": "#fff4e8",
  "--mantine-color-teal-light": "#e4f7f0",
  "--mantine-color-dimmed": "#596473",
  "--mantine-color-placeholder": "#66717f",
  "--mantine-color-azure-light-color": "#08518a",
  "--mantine-color-teal-light-color": "#05614a",
  "--mantine-color-orange-light-color": "#8f3206",
  "--mantine-color-red-light-color": "#a51111",
  "--mantine-color-gray-light-color": "#4d5763",
  "--mantine-color-red-text": "#c01f1f",
  "--mantine-color-error": "#c01f1f",
};
const DARK = {
  "--tb-page": "#131922",
  "--tb-card": "#1a212c",
  "--tb-line": "#2d3746",
  "--tb-chosen": "#1b2c3e",
  "--tb-active": "#20384f",
  "--tb-chip": "#2c3848",
  "--mantine-color-red-light": "#3a1f24",
  "--mantine-color-orange-light": "#37281c",
  "--mantine-color-teal-light": "#15332d",
  "--mantine-color-dimmed": "#a9b3bf",
  "--mantine-color-placeholder": "#98a2ae",
  "--mantine-color-azure-light-color": "#9dd0f7",
  "--mantine-color-red-light-color": "#ffb0b0",
  "--mantine-color-orange-light-color": "#ffc38a",
  "--mantine-color-teal-light-color": "#6ee7c1",
};

/** Write the theme's variables to a constructed style sheet, which `style-src 'self'` lets pass. */
export function adoptTheme(): void {
  const variables = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme));
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    convertCssVariables({
      variables: variables.variables,
      dark: { ...variables.dark, ...DARK, "--mantine-color-scheme": "dark" },
      light: { ...variables.light, ...LIGHT, "--mantine-color-scheme": "light" },
    }),
  );
  document.adoptedStyleSheets = [sheet, ...document.adoptedStyleSheets];
}

/** Light or dark is the system's choice: nothing is stored (a third party's storage is blocked in many browsers). */
export const systemScheme: MantineColorSchemeManager = {
  get: (fallback) => fallback,
  set: () => undefined,
  clear: () => undefined,
  subscribe: () => undefined,
  unsubscribe: () => undefined,
};
