// SPDX-License-Identifier: Apache-2.0
// How the dashboard is built, served while it is developed, and tested.
//
// `npm run dev` answers /api itself, from the simulated sensor in mock/; `WEIR_URL=http://HOST:PORT npm run dev` passes
// /api on to a running weir instead.
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

function simulatedSensor(): Plugin {
  return {
    name: "simulated-sensor",
    apply: "serve",
    async configureServer(server) {
      if (process.env.WEIR_URL || process.env.VITEST) return;
      const { createMock } = (await server.ssrLoadModule(
        "/mock/server.ts",
      )) as typeof import("./mock/server.ts");
      const mock = createMock({ speed: 10 });
      server.middlewares.use((request, response, next) => {
        if (!mock.handle(request, response)) next();
      });
      server.httpServer?.on("close", () => mock.close());
    },
  };
}

export default defineConfig({
  plugins: [react(), simulatedSensor()],
  server: {
    host: "127.0.0.1",
    proxy: process.env.WEIR_URL ? { "/api": process.env.WEIR_URL } : undefined,
  },
  build: {
    target: "es2022",
    // The server's Content-Security-Policy allows no data: URLs, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["src/**/*.test.{ts,tsx}", "mock/**/*.test.ts"],
          environment: "node",
          setupFiles: ["src/app/test_setup.ts"],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["e2e/**/*.e2e.ts"],
          environment: "node",
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
