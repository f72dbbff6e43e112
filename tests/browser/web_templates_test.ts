/** The editor of templates in a browser: marks, a preview while typing, and no script at all. */
import assert from "node:assert/strict";
import type { BrowserContextOptions, Page } from "npm:playwright-core@1.64.1";
import { PAGES } from "../../routes/web/pages.ts";
import { NEEDS_CHROMIUM } from "./chromium.ts";
import { visitWeb, type WebVisit } from "./web_visit.ts";

/** The demo user's tab, and the address of the templates of the demo service. */
async function openDemo(visit: WebVisit, options: BrowserContextOptions = {}) {
  const page = await visit.open(options);
  await page.goto(`${visit.hark.url}${PAGES.signIn.path}`);
  await page.getByRole("button", { name: /demo user/ }).click();
  await page.waitForURL(/\/services$/);
  const service = await page.locator("main .list a").first().getAttribute("href");
  return { page, list: `${visit.hark.url}${service}/templates` };
}

const bubbleOf = (page: Page) => page.locator("#preview .bubble");

/** Waits until an element has exactly this text. */
async function hasText(page: Page, selector: string, text: string): Promise<void> {
  await page.locator(selector, { hasText: text }).first().waitFor();
}

Deno.test(
  "the editor: marks placeholders as they are typed, and keeps the preview current",
  NEEDS_CHROMIUM,
  () =>
    visitWeb(async (visit) => {
      const { page, list } = await openDemo(visit);
      await page.goto(`${list}/new`);
      await page.locator("#body").pressSequentially("Dear ((name)), ((open");
      assert.deepEqual(await page.locator(".ghost mark").allTextContents(), ["((name))", "((open"]);
      assert.deepEqual(await page.locator(".ghost mark.bad").allTextContents(), ["((open"]);
      // Lines of the marks break where those of the text do.
      const widths = await page.evaluate<readonly number[]>(
        '[".ghost", ".ghosted textarea"].map((one) => document.querySelector(one).clientWidth)',
      );
      assert.equal(widths[0], widths[1]);
      await hasText(page, "#preview", "Two brackets");
      await page.locator("#value-0").fill("Ann");
      await hasText(page, "#preview .bubble", "Dear Ann");
      // A field for a placeholder that is new appears, and the one in use keeps the focus and its text.
      await page.locator("#body").fill("Dear ((name)), ((item)) is ready.((late?? Hurry!))");
      await page.locator("#value-1").waitFor();
      assert.equal(await page.locator("#value-0").inputValue(), "Ann");
      await page.locator("#value-2").selectOption("no");
      await page.locator("#preview .bubble", { hasNotText: "Hurry" }).waitFor();
      await page.locator("#value-2").selectOption("yes");
      await hasText(page, "#preview .bubble", "Hurry!");
      // The Enter key in a field asks for a preview, and saves nothing.
      await page.locator("#value-1").fill("It");
      await page.locator("#value-1").press("Enter");
      await page.waitForLoadState();
      assert.match(page.url(), /\/new$/);
      await hasText(page, "#preview .bubble", "It is ready");

      await page.goto(list);
      await page.goto(`${list}/new?example=decision`);
      const mail = page.frameLocator("iframe[name=mail]");
      await mail.locator("h2", { hasText: "Our decision" }).waitFor();
      await page.locator("#body").fill("# Changed");
      await mail.locator("h2", { hasText: "Changed" }).waitFor();
      await page.goBack();
      // Previews leave no pages to go back through.
      assert.equal(page.url(), list);
      assert.deepEqual(visit.complaints, []);
    }),
);

Deno.test(
  "the editor: an answer to an older text never takes the place of a newer one",
  NEEDS_CHROMIUM,
  () =>
    visitWeb(async (visit) => {
      const { page, list } = await openDemo(visit);
      await page.goto(`${list}/new`);
      const held = Promise.withResolvers<void>();
      const isAsked = Promise.withResolvers<void>();
      let asked = 0;
      await page.route("**/templates/preview", async (route) => {
        if (++asked > 1) return await route.continue();
        isAsked.resolve();
        await held.promise;
        // The page may have given the request up.
        await route.continue().catch(() => {});
      });
      await page.locator("#body").fill("older");
      await isAsked.promise;
      await page.locator("#body").fill("newer");
      await hasText(page, "#preview .bubble", "newer");
      held.resolve();
      await page.locator("#body").fill("newest");
      await hasText(page, "#preview .bubble", "newest");
      assert.match(await bubbleOf(page).textContent() ?? "", /newest$/);
    }),
);

Deno.test(
  "the pages of templates: work without JavaScript at 360 px, and by keyboard alone",
  NEEDS_CHROMIUM,
  () =>
    visitWeb(async (visit) => {
      const { page, list } = await openDemo(visit, {
        javaScriptEnabled: false,
        viewport: { width: 360, height: 740 },
      });
      await page.goto(`${list}/new?channel=email`);
      await page.locator("#name").fill("Letter");
      await page.locator("#subject").fill("About ((item))");
      await page.locator("#body").fill("# Dear ((name))");
      await page.getByRole("button", { name: "Preview" }).press("Enter");
      await page.locator("#value-0").fill("tax");
      await page.locator("#value-1").fill("Ann");
      await page.getByRole("button", { name: "Show the email" }).press("Enter");
      await page.frameLocator("iframe[name=mail]").locator("h2", { hasText: "Dear Ann" }).waitFor();
      assert.equal(await page.locator("#body").inputValue(), "# Dear ((name))");
      await page.getByRole("button", { name: "Save" }).press("Enter");
      await page.locator("h1", { hasText: "Letter" }).waitFor();
      await page.getByRole("link", { name: "Send a test to yourself" }).press("Enter");
      await page.locator("#value-0").fill("tax");
      await page.locator("#value-1").fill("Ann");
      await page.getByRole("button", { name: "Send the test" }).press("Enter");
      await page.locator(".note.good").waitFor();
      await visit.received("demo@", /(Dear Ann)/);
    }),
);
