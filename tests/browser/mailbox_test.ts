import axe, { type AxeResults } from "npm:axe-core@4.14.1";
import assert from "node:assert/strict";
import { createClock } from "../../adapters/clock.ts";
import type { Page } from "npm:playwright-core@1.64.1";
import { createMailbox } from "../../adapters/providers/sandbox/mailbox.ts";
import type { Mailbox } from "../../domain/ports/mailbox.ts";
import { createDev } from "../../routes/dev/app.tsx";
import { emailEntry, HOSTILE, hostileEntries, smsEntry } from "../routes/dev/entries.ts";
import { launchChromium, NEEDS_CHROMIUM } from "./chromium.ts";

interface Visit {
  readonly page: Page;
  readonly mailbox: Mailbox;
  /** The address of the mailbox's page. */
  readonly url: string;
  /** The page's errors, violations of its policy, and dialogs. */
  readonly complaints: readonly string[];
}

type Visitor = (visit: Visit) => Promise<void>;

/** Serves a mailbox on a free port, opens it in a browser of its own and closes both afterwards. */
async function visit(
  options: { readonly colorScheme?: "light" | "dark"; readonly javaScriptEnabled?: boolean },
  visitor: Visitor,
): Promise<void> {
  const mailbox = createMailbox();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    createDev({ mailbox, clock: createClock() }).fetch,
  );
  const browser = await launchChromium();
  try {
    const page = await browser.newPage(options);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("dialog", async (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    await visitor({
      page,
      mailbox,
      url: `http://127.0.0.1:${server.addr.port}/dev/mailbox`,
      complaints,
    });
  } finally {
    await browser.close();
    await server.shutdown();
  }
}

/** The violations that axe finds in the page, without the e-mails' own documents. */
async function findFaults(page: Page): Promise<readonly string[]> {
  // Through the debugger, which the page's policy does not bind: it would refuse a script element.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>("axe.run(document, { iframes: false })");
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

function fill(mailbox: Mailbox): void {
  mailbox.add(smsEntry());
  mailbox.add(smsEntry({ id: "sms-2", text: `Ŵythnos {nesaf} ${"п🎉".repeat(60)}` }));
  mailbox.add(emailEntry());
  for (const entry of hostileEntries()) mailbox.add(entry);
}

Deno.test(
  "GET /dev/mailbox: shows a new message without a reload",
  NEEDS_CHROMIUM,
  () =>
    visit({}, async ({ page, mailbox, url, complaints }) => {
      await page.goto(url);
      await page.getByRole("heading", { name: "No messages yet" }).waitFor();
      mailbox.add(emailEntry());
      await page.getByRole("heading", { name: "Your passport" }).waitFor();
      await page.getByRole("heading", { name: "No messages yet" }).waitFor({ state: "hidden" });
      await page.frameLocator("iframe").getByRole("heading", { name: "It is ready" }).waitFor();

      await page.getByText("Plain text").click();
      mailbox.add(smsEntry());
      await page.getByRole("heading", { name: "Text to 447700900123" }).waitFor();
      assert.deepEqual(await page.getByRole("heading", { level: 2 }).allTextContents(), [
        "Text to 447700900123",
        "Your passport",
      ]);
      assert.equal(await page.title(), "(2) Mailbox · Hark");
      assert.equal(await page.locator("#news").textContent(), "New message: Text to 447700900123");
      await page.getByRole("link", { name: "https://hark.test/collect" }).waitFor();
      assert.deepEqual(complaints, []);
    }),
);

Deno.test(
  "GET /dev/mailbox: keeps the reader's place when messages arrive above it",
  NEEDS_CHROMIUM,
  () =>
    visit({}, async ({ page, mailbox, url }) => {
      for (let n = 1; n <= 12; n++) mailbox.add(smsEntry({ id: `sms-${n}`, text: `Text ${n}` }));
      await page.goto(url);
      const read = page.locator("#message-sms-3");
      await read.evaluate((element) => element.scrollIntoView());
      const before = await read.boundingBox();
      for (let n = 13; n <= 16; n++) mailbox.add(smsEntry({ id: `sms-${n}`, text: `Text ${n}` }));
      await page.locator("#message-sms-16").waitFor();
      const after = await read.boundingBox();
      assert.ok(before !== null && after !== null);
      assert.ok(Math.abs(before.y - after.y) < 2, `moved from ${before.y} to ${after.y}`);
    }),
);

Deno.test(
  "GET /dev/mailbox: says so while Hark does not answer",
  NEEDS_CHROMIUM,
  () =>
    visit({}, async ({ page, mailbox, url }) => {
      await page.goto(url);
      await page.getByText("Live", { exact: true }).waitFor();
      await page.route("**/mailbox.json", (route) => route.abort());
      await page.getByText("Hark does not answer; trying again").waitFor();
      await page.unroute("**/mailbox.json");
      mailbox.add(smsEntry());
      await page.getByText("Live", { exact: true }).waitFor();
      await page.getByRole("heading", { name: "Text to 447700900123" }).waitFor();
    }),
);

Deno.test(
  "GET /dev/mailbox: shows hostile values as text",
  NEEDS_CHROMIUM,
  () =>
    visit({}, async ({ page, mailbox, url, complaints }) => {
      await page.goto(url);
      // The server renders some entries, and the page's script others.
      mailbox.add(smsEntry({ ...hostileEntries()[0], id: "first" }));
      await page.locator("#message-first").waitFor();
      for (const entry of hostileEntries()) mailbox.add(entry);
      await page.getByRole("heading", { name: HOSTILE, exact: true }).waitFor();
      await page.frameLocator("iframe").getByRole("heading", { name: "Hostile" }).waitFor();
      assert.equal(await page.locator("main img, main script").count(), 0);
      const texts = await page.locator(".bubble").allTextContents();
      assert.ok(texts.length === 2 && texts.every((text) => text.startsWith(HOSTILE)));
      // Only the frame's policy violations are expected, and no dialog.
      assert.deepEqual(
        complaints.filter((text) => !/sandbox|Content Security Policy/.test(text)),
        [],
      );
    }),
);

Deno.test(
  "GET /dev/mailbox/:id/html: opens in a tab of its own",
  NEEDS_CHROMIUM,
  () =>
    visit({}, async ({ page, mailbox, url }) => {
      mailbox.add(emailEntry());
      await page.goto(url);
      const opened = page.context().waitForEvent("page");
      await page.getByRole("link", { name: "in a tab of its own" }).click();
      await (await opened).getByRole("heading", { name: "It is ready" }).waitFor();
    }),
);

Deno.test(
  "GET /dev/mailbox: works without scripts",
  NEEDS_CHROMIUM,
  () =>
    visit({ javaScriptEnabled: false }, async ({ page, mailbox, url }) => {
      await page.goto(url);
      mailbox.add(emailEntry());
      await page.getByRole("link", { name: "Reload" }).click();
      await page.locator("noscript p").waitFor();
      await page.getByRole("heading", { name: "Your passport" }).waitFor();
      await page.frameLocator("iframe").getByRole("heading", { name: "It is ready" }).waitFor();
    }),
);

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(
    `GET /dev/mailbox: has no fault that axe finds, ${colorScheme}`,
    NEEDS_CHROMIUM,
    () =>
      visit({ colorScheme }, async ({ page, mailbox, url }) => {
        await page.goto(url);
        assert.deepEqual(await findFaults(page), []);
        fill(mailbox);
        await page.getByRole("heading", { name: "Your passport" }).waitFor();
        for (const summary of await page.locator("summary").all()) await summary.click();
        assert.deepEqual(await findFaults(page), []);
      }),
  );
}

Deno.test(
  "GET /dev/mailbox: fits a phone",
  NEEDS_CHROMIUM,
  () =>
    visit({}, async ({ page, mailbox, url }) => {
      fill(mailbox);
      await page.setViewportSize({ width: 320, height: 640 });
      await page.goto(url);
      const width = await page.evaluate("document.documentElement.scrollWidth");
      assert.equal(width, 320);
    }),
);
