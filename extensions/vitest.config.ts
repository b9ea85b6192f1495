import { defineConfig } from "vitest/config";

export default defineConfig({
  // The golden pages lie beside the corpus that they are made of.
  server: { fs: { allow: [".", "../tests/golden"] } },
  test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx}"], restoreMocks: true },
});
