import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const SWAGGER = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

/** Puts Swagger UI beside the dashboard, so that /api/docs needs nobody else's server. */
function swaggerUi(): Plugin {
  return {
    name: "tradewind-swagger-ui",
    generateBundle() {
      for (const name of ["swagger-ui.css", "swagger-ui-bundle.js", "LICENSE"]) {
        const source = readFileSync(join(SWAGGER, name));
        this.emitFile({ type: "asset", fileName: `swagger/${name}`, source });
      }
    },
  };
}

const API = process.env.TRADEWIND_API ?? "http://localhost:8000";

export default defineConfig({
  plugins: [react(), tailwindcss(), swaggerUi()],
  resolve: { tsconfigPaths: true },
  build: {
    target: "es2023",
    // Nothing as data: URLs: the content-security policy may then forbid them for fonts and scripts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 450,
  },
  server: {
    port: 5173,
    proxy: {
      "/api": { target: API, changeOrigin: true },
      "/ws": { target: API, ws: true, changeOrigin: true },
    },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["tests/setup.ts"],
    include: ["tests/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
