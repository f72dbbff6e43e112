import axe, { type AxeResults } from "npm:axe-core@4.14.1";
import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "npm:playwright-core@1.64.1";
import { launchChromium } from "./chromium.ts";
import { InboxServer } from "./inbox_server.ts";

/** How long a page is waited for; only a test that fails waits so long. */
const TIMEOUT_MS = 60_000;

/** A portal's page with the element, and the inbox behind it. */
export interface Visit {
  readonly server: InboxServer;
  readonly page: Page;
  readonly browser: Browser;
  /** The page's console errors, except refused and failed requests. */
  readonly complaints: readonly string[];
}

/** Serves inboxes, opens a browser, and closes both afterwards. */
export async function visit(
  visitor: (visit: Visit) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const server = new InboxServer();
  server.up();
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ timezoneId: "Europe/Kyiv", locale: "en-GB", ...options });
    page.setDefaultTimeout(TIMEOUT_MS);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !text.startsWith("Failed to load resource")) {
        complaints.push(text);
      }
    });
    page.on("dialog", async (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    await visitor({ server, page, browser, complaints });
  } finally {
    await browser.close();
    await server.down();
  }
}

/** Opens Ann's page and notes the element's events as `events`. */
export async function open({ page, server }: Visit, query = "?token=ann"): Promise<void> {
  await page.addInitScript(`
    globalThis.events = [];
    for (const type of ["hark-inbox-count", "hark-inbox-open", "hark-inbox-unauthorised"]) {
      addEventListener(type, (event) => events.push({ type, detail: event.detail }));
    }`);
  await page.goto(`${server.origin}/${query}`);
}

/** The events of a kind that the page heard. */
export function heard(page: Page, type: string): Promise<unknown[]> {
  return page.evaluate(
    `events.filter(({ type }) => type === "${type}").map(({ detail }) => detail)`,
  );
}

/** Evaluates an expression over `root`, the element's shadow tree. */
export function inside<T>(page: Page, expression: string): Promise<T> {
  return page.evaluate(
    `((root) => ${expression})(document.querySelector("hark-inbox").shadowRoot)`,
  );
}

/** The subjects that are shown, in order, the unread ones marked. */
export function subjects(page: Page): Promise<readonly string[]> {
  return inside(
    page,
    `[...root.querySelectorAll("li")].map((item) =>
      (item.matches(".unread") ? "*" : "") + item.querySelector(".subject").textContent)`,
  );
}

/** Waits until `read` returns `wanted`. */
export async function until<T>(
  read: () => T | Promise<T>,
  expected: T,
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    try {
      assert.deepEqual(value, expected);
      return;
    } catch (error) {
      if (performance.now() > endsAt) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The button of a message. */
export const message = (page: Page, subject: string) =>
  page.getByRole("button", { name: new RegExp(`^(Unread: |Непрочитане: )?${subject}\\b`) });

/** The accessible name of the focused element. */
export function focused(page: Page): Promise<string> {
  return inside(
    page,
    `(root.activeElement?.querySelector(".subject") ?? root.activeElement ?? document.activeElement)
      .textContent.trim()`,
  );
}

/** The violations that axe finds. */
export async function findFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>("axe.run(document)");
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`)
  );
}
