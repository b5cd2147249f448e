import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["dist/", "node_modules/", "src/client/", "public/"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  hooks.configs.flat["recommended-latest"],
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ["eslint.config.js"] }, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Prices, money and quantities are decimal strings; only pixels may become numbers, through `format/decimal`.
      "no-restricted-globals": [
        "error",
        { name: "parseFloat", message: "Money is never a float; use format/decimal (toPixels for drawing)." },
      ],
      "no-restricted-properties": [
        "error",
        { object: "Number", property: "parseFloat", message: "Money is never a float; use format/decimal." },
        { property: "toFixed", message: "Numbers are shown by the formatter (format/)." },
        { property: "toLocaleString", message: "Numbers and times are shown by the formatter (format/)." },
      ],
      "no-restricted-imports": ["error", { paths: [{ name: "react-i18next", importNames: ["Trans"], message: "Use t()." }] }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // Routers redirect and loaders fail by throwing what is not an Error.
      "@typescript-eslint/only-throw-error": "off",
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true, varsIgnorePattern: "^_" }],
    },
  },
);
