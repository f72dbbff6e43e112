/** The time to the first contentful paint of a page in Chromium, with its CPU slowed down. */
import { existsSync } from "node:fs";
import { PAGES, pathOf } from "../../../routes/web/pages.ts";
import { launchChromium } from "../../browser/chromium.ts";
import { median } from "../measure.ts";
import type { FilledService } from "./filled_service.ts";

const CHROMIUM = "/usr/bin/chromium";
/** How many times slower the browser's CPU is. */
const SLOWED = 4;
const LOADS = 5;

/** The median time to the first contentful paint of a page, in milliseconds. */
export interface FirstPaint {
  readonly name: string;
  readonly ms: number;
}

/**
 * Opens pages in new tabs without a cache.
 *
 * @returns nothing without Chromium
 */
export async function measureFirstPaints(service: FilledService): Promise<readonly FirstPaint[]> {
  if (!existsSync(CHROMIUM)) return [];
  const { server, visitor, values } = service;
  const browser = await launchChromium();
  try {
    const paints: FirstPaint[] = [];
    for (const name of ["service", "messages", "editTemplate"] as const) {
      const times: number[] = [];
      for (let load = 0; load < LOADS; load++) {
        const context = await browser.newContext();
        const cookies = [...visitor.client.cookies].map(([cookie, value]) => ({
          name: cookie,
          value,
          url: server.url,
        }));
        await context.addCookies(cookies);
        const page = await context.newPage();
        const session = await context.newCDPSession(page);
        await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWED });
        await page.goto(`${server.url}${pathOf(PAGES[name], values)}`);
        times.push(
          await page.evaluate(() =>
            new Promise<number>((resolve) => {
              const observer = new PerformanceObserver((list) => {
                for (const { name, startTime } of list.getEntries()) {
                  if (name === "first-contentful-paint") resolve(startTime);
                }
              });
              observer.observe({ type: "paint", buffered: true });
            })
          ),
        );
        await context.close();
      }
      paints.push({ name, ms: median(times) });
    }
    return paints;
  } finally {
    await browser.close();
  }
}
