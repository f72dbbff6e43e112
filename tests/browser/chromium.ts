import { existsSync } from "node:fs";
import { type Browser, chromium } from "npm:playwright-core@1.64.1";

const PATH = "/usr/bin/chromium";

/** Options of a test that needs Debian's Chromium: skipped by name without it, but never where CI has to have it. */
export const NEEDS_CHROMIUM = {
  ignore: !existsSync(PATH) && Deno.env.get("CI") !== "true",
} as const;

/** Starts a headless Chromium without its own background requests. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: PATH,
    args: [
      "--no-sandbox",
      "--headless",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
