/** `deno task dev` in an empty folder, and a real Chromium before it. */
import axe, { type AxeResults } from "npm:axe-core@4.14.1";
import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "npm:playwright-core@1.64.1";
import { makeFolder, run, serve, type ServingProcess } from "../support/process.ts";
import { launchChromium } from "./chromium.ts";

/** `deno task dev` in a new folder, and a browser. */
export interface DevVisit {
  readonly hark: ServingProcess;
  readonly browser: Browser;
  /** An access token of one who may send. */
  readonly adminToken: string;
  /** Opens the demo citizen's inbox in a tab. */
  open(options?: BrowserContextOptions, query?: string): Promise<Page>;
  /** Puts the demo message into an inbox, through the API. */
  send(name: string, recipient?: string): Promise<void>;
  /** Interrupts Hark; returns its exit status and the time that it took. */
  stop(): Promise<{ readonly code: number; readonly ms: number }>;
  /** Starts it again in its folder and at its address. */
  startAgain(): Promise<void>;
  /** The console errors of the opened pages. */
  readonly complaints: string[];
}

/** Starts `deno task dev` in an empty folder and a browser, and ends both afterwards. */
export async function visitDev(visitor: (visit: DevVisit) => Promise<void>): Promise<void> {
  await using folder = await makeFolder();
  let hark = await serve("dev", { folder, environment: { PORT: "0" } });
  const browser = await launchChromium();
  const complaints: string[] = [];
  try {
    const { stdout } = await run(["token", "template-admin"], { folder });
    const adminToken = stdout.trim();
    await visitor({
      get hark() {
        return hark;
      },
      browser,
      adminToken,
      complaints,
      async open(options = {}, query = "") {
        const page = await browser.newPage({ locale: "en-GB", ...options });
        listenTo(page, complaints);
        await page.goto(`${hark.url}/dev/inbox${query}`);
        return page;
      },
      async send(name, id = "demo-citizen") {
        await post(hark, adminToken, JSON.stringify(messageTo(id, name)));
      },
      async stop() {
        const begunAt = performance.now();
        const { code } = await hark.kill("SIGINT");
        return { code, ms: Math.round(performance.now() - begunAt) };
      },
      async startAgain() {
        const { port } = new URL(hark.url);
        hark = await serve("dev", { folder, environment: { PORT: port } });
      },
    });
  } finally {
    await browser.close();
    await hark[Symbol.asyncDispose]();
  }
}

/** Adds the console errors of a page, except failed requests. */
export function listenTo(page: Page, complaints: string[]): void {
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (said) => {
    if (said.type() === "error" && !said.text().startsWith("Failed to load resource")) {
      complaints.push(said.text());
    }
  });
}

/** Sends a message as the holder of a token. */
export async function post(
  { url }: ServingProcess,
  adminToken: string,
  body: string,
): Promise<void> {
  const headers = { "X-Access-Token": adminToken };
  const answer = await fetch(`${url}/api/notifications`, { method: "POST", headers, body });
  assert.equal(answer.status, 202, await answer.text());
}

/** The demo message to somebody. */
export function messageTo(id: string, name: string) {
  return {
    notification: { templateName: "demo-message" },
    recipients: [{ id, parameters: { name, date: "1 May" } }],
  };
}

/** The violations that axe finds with every rule on, also those that are off by default. */
export async function findAllFaults(page: Page): Promise<readonly string[]> {
  return await runAxe(page, "axe.getRules().map(({ ruleId }) => ruleId)");
}

/** The violations of the rules of contrast, the stricter one too. Run {@link findAllFaults} on the page before. */
export async function findContrastFaults(page: Page): Promise<readonly string[]> {
  return await runAxe(page, '["color-contrast", "color-contrast-enhanced"]');
}

/** Runs the rules that an expression names. */
async function runAxe(page: Page, rules: string): Promise<readonly string[]> {
  // Half a megabyte, which the page may have from the check before.
  if (await page.evaluate('typeof axe === "undefined"')) await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run(document, {
      runOnly: ${rules},
      rules: Object.fromEntries((${rules}).map((rule) => [rule, { enabled: true }])),
    })`,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`)
  );
}

/** A page of a portal, whose policy allows Hark and nothing else. */
export function toPortal(hark: string, token: string): Response {
  const page = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Portal</title>
<link rel="icon" href="data:,"><script type="module" src="${hark}/inbox.js"></script></head>
<body><hark-inbox base="${hark}" token="${token}"></hark-inbox></body></html>`;
  return new Response(page, {
    headers: {
      "Content-Type": "text/html",
      "Content-Security-Policy": `default-src 'none'; script-src ${hark}; connect-src ${hark}; ` +
        "img-src data:; require-trusted-types-for 'script'; trusted-types hark-inbox",
    },
  });
}
