import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "test/*.test.ts"], testTimeout: 40_000 } },
      {
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts", "test/engine/**/*.test.ts", "test/museum/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
      { test: { name: "real", include: ["test/real/**/*.test.ts"], testTimeout: 300_000, fileParallelism: false } },
      { test: { name: "browser", include: ["test/browser/**/*.test.ts"], testTimeout: 30_000, fileParallelism: false } },
      { test: { name: "interop", include: ["test/interop/**/*.test.ts"], testTimeout: 900_000, fileParallelism: false } },
      { test: { name: "chaos", include: ["test/chaos/**/*.test.ts"], testTimeout: 600_000, fileParallelism: false } },
    ],
  },
});
