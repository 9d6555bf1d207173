import js from "@eslint/js";
import i18next from "eslint-plugin-i18next";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/shared/schema.d.ts"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ["src/**/*.tsx"],
    extends: [reactHooks.configs.flat["recommended-latest"], jsxA11y.flatConfigs.strict],
    plugins: { i18next },
    languageOptions: { globals: globals.browser },
    // What a person reads comes from the dictionaries: text between tags, and the attributes that are read aloud or shown.
    rules: {
      "i18next/no-literal-string": [
        "error",
        {
          mode: "jsx-only",
          "jsx-attributes": { include: ["label", "title", "description", "placeholder", "alt", "aria-label"] },
        },
      ],
    },
  },
  {
    files: ["src/**"],
    rules: {
      "no-restricted-globals": ["error", "localStorage", "sessionStorage"], // no token in storage, nor anything else
      "no-restricted-imports": ["error", { patterns: [{ group: ["../*"], message: "Import by @/." }] }],
    },
  },
  // That there may be a session, and who renews it now: no token (docs/adr/0028).
  { files: ["src/console/renewal.ts"], rules: { "no-restricted-globals": "off" } },
  // What one entry loads is nothing of the other's.
  ...[
    ["portal", "console"],
    ["console", "portal"],
  ].map(([entry, other]) => ({
    files: [`src/${entry}/**`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: ["../*"], message: "Import by @/." },
            { group: [`@/${other}/*`], message: "Share it." },
          ],
        },
      ],
    },
  })),
  {
    files: ["src/shared/**"],
    rules: { "no-restricted-imports": ["error", { patterns: ["@/portal/*", "@/console/*"] }] },
  },
  { files: ["scripts/**"], languageOptions: { globals: globals.node } },
);
