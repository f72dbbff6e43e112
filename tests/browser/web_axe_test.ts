/** Accessibility of the pages: what axe finds, in both languages, light and dark, with and without faults shown. */
import assert from "node:assert/strict";
import type { Page } from "npm:playwright-core@1.64.1";
import { NEEDS_CHROMIUM } from "./chromium.ts";
import { assertFaultless, visitWeb, type WebVisit } from "./web_visit.ts";

const PHONE = { width: 360, height: 740 };

/** A page, and whether to send its form empty, so that it shows faults. */
interface Visited {
  readonly path: string;
  readonly sendsForm?: boolean;
  /** 200 when it is absent. */
  readonly status?: number;
}

const OPEN_PAGES: readonly Visited[] = [
  { path: "/" },
  { path: "/register", sendsForm: true },
  { path: "/register/unknown", status: 410 },
  { path: "/operators/unknown", status: 410 },
  { path: "/invitations/unknown", status: 410 },
  { path: "/sign-in", sendsForm: true },
  { path: "/sign-in/forgotten", sendsForm: true },
  { path: "/sign-in/new-password/unknown", status: 410 },
  { path: "/account/email/unknown", status: 410 },
  { path: "/privacy" },
  { path: "/cookies" },
  { path: "/accessibility" },
  { path: "/nothing", status: 404 },
];

const SESSION_PAGES: readonly Visited[] = [
  { path: "/services" },
  { path: "/services/new", sendsForm: true },
  { path: "/account" },
  { path: "/account/name", sendsForm: true },
  { path: "/account/email", sendsForm: true },
  { path: "/account/mobile", sendsForm: true },
  { path: "/account/password", sendsForm: true },
  { path: "/account/app", sendsForm: true },
  { path: "/account/recovery-codes", sendsForm: true },
  { path: "/account/deactivate" },
  { path: "/account/confirm", sendsForm: true },
];

const OPERATOR_PAGES: readonly Visited[] = [
  { path: "/operator/tokens" },
  { path: "/operator/tokens/new", sendsForm: true },
];

/** The pages of a service, below its address. */
const SERVICE_PAGES: readonly Visited[] = [
  { path: "" },
  { path: "/team" },
  { path: "/team/invite", sendsForm: true },
  { path: "/guests" },
  { path: "/keys" },
  { path: "/keys/new", sendsForm: true },
  { path: "/audit" },
];

/** Opens each page, and checks it as it is and, where it has a form, with faults. */
async function checkPages(
  page: Page,
  { hark }: WebVisit,
  pages: readonly Visited[],
  prefix = "",
): Promise<void> {
  for (const { path, sendsForm = false, status = 200 } of pages) {
    const answer = await page.goto(`${hark.url}${prefix}${path}`);
    assert.equal(answer?.status(), status, path);
    await assertFaultless(page);
    if (!sendsForm) continue;
    await page.locator("main form").last().locator("button[type=submit]").first().click();
    await page.waitForLoadState();
    await assertFaultless(page);
  }
}

/** Creates a management token on the page for it, and checks the pages that have one. */
async function checkTokens(page: Page): Promise<void> {
  await page.locator("#name").fill("Backups");
  await page.locator("#reach").check();
  await page.locator("#rights").check();
  await page.locator("main button[type=submit]").click();
  await page.locator("#token").waitFor();
  await assertFaultless(page);
  await page.locator("main a.button").click();
  await page.waitForURL(/\/operator\/tokens$/);
  await assertFaultless(page);
  await page.locator("main td a[href$=revoke]").first().click();
  await page.waitForURL(/\/revoke$/);
  await assertFaultless(page);
}

for (const [locale, demo] of [["en-GB", /demo user/], ["uk-UA", /демокористувач/]] as const) {
  Deno.test(
    `the web application: axe finds nothing on any page at 360 px, in ${locale}`,
    NEEDS_CHROMIUM,
    () =>
      visitWeb(async (visit) => {
        const page = await visit.open({ locale, viewport: PHONE, bypassCSP: true });
        await checkPages(page, visit, OPEN_PAGES);
        await page.goto(`${visit.hark.url}/sign-in`);
        await page.getByRole("button", { name: demo }).click();
        await page.waitForURL(/\/services$/);
        await page.locator("main .list a").first().click();
        await page.waitForLoadState();
        const { pathname } = new URL(page.url());
        await checkPages(page, visit, SERVICE_PAGES, pathname);
        await checkPages(page, visit, SESSION_PAGES);
        // The demo user is an operator.
        await checkPages(page, visit, OPERATOR_PAGES);
        await checkTokens(page);
        const complaints = visit.complaints.filter((text) => !text.includes("axe"));
        assert.deepEqual(complaints, []);
      }),
  );
}
