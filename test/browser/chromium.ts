import { existsSync } from "node:fs";

/** Debian's chromium, or what the environment names. */
export const chromium = [
  process.env.TENDON_CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path !== undefined && existsSync(path));
