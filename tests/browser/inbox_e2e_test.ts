/** End-to-end tests of a citizen's inbox: `deno task dev` and a real Chromium. */
import assert from "node:assert/strict";
import type { Page } from "npm:playwright-core@1.64.1";
import { NEEDS_CHROMIUM } from "./chromium.ts";
import { findAllFaults, listenTo, post, toPortal, visitDev } from "./dev_visit.ts";
import { message, subjects, until } from "./inbox_visit.ts";

/** How many messages are sent while both tabs are open. */
const SENT = 5;

const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true });

Deno.test(
  "dev: shows new messages in two open tabs in order, without a reload or a request of theirs, and a message read in one tab as read in the other",
  NEEDS_CHROMIUM,
  () =>
    visitDev(async ({ open, send, complaints }) => {
      const tabs = await Promise.all([open(), open()] as const);
      const [one, other] = tabs;
      for (const tab of tabs) await tab.getByText("You have no messages.").waitFor();
      const requested: string[] = [];
      for (const tab of tabs) tab.on("request", (request) => requested.push(request.url()));
      for (let count = 1; count <= SENT; count++) {
        await send(`Ann ${count}`);
        // A reload would be a request, and the messages come over the stream that is open already.
        for (const tab of tabs) await until(async () => (await subjects(tab)).length, count);
        for (const tab of tabs) await heading(tab, `Messages ${count} unread`).waitFor();
      }
      assert.deepEqual(requested, []);

      await one.locator("hark-inbox .toggle").first().click();
      await one.getByText("Dear Ann 5,").waitFor();
      for (const tab of tabs) await heading(tab, "Messages 4 unread").waitFor();
      assert.equal((await subjects(other))[0], "We have your application");
      assert.equal((await subjects(other))[1], "*We have your application");

      await other.getByRole("button", { name: "Mark all as read" }).click();
      for (const tab of tabs) {
        await heading(tab, "Messages").waitFor();
        await until(() => tab.locator("hark-inbox li.unread").count(), 0);
      }
      await send("Ann 6");
      for (const tab of tabs) await heading(tab, "Messages 1 unread").waitFor();
      await send("Bob", "somebody-else");
      await one.reload();
      await heading(one, "Messages 1 unread").waitFor();
      await until(async () => (await subjects(one)).length, 6);
      assert.deepEqual((await subjects(one)).filter((subject) => subject.startsWith("*")), [
        "*We have your application",
      ]);
      assert.deepEqual(complaints, []);
    }),
);

Deno.test(
  "dev: shows a message in the language of the page, and in the other when that changes",
  NEEDS_CHROMIUM,
  () =>
    visitDev(async ({ hark, adminToken, open, send, complaints }) => {
      const page = await open();
      await page.getByText("You have no messages.").waitFor();
      const command = await page.getByRole("region", { name: "A command" }).textContent() ?? "";
      assert.ok(hark.stdout.replaceAll("localhost", "127.0.0.1").includes(command), command);
      await post(hark, adminToken, /-d '([^]+)'$/.exec(command)?.[1] ?? "");
      await message(page, "We have your application").waitFor();
      await page.getByRole("link", { name: "Українською" }).click();
      await heading(page, "Повідомлення 1 непрочитане").waitFor();
      await page.getByRole("button", { name: "Заяву прийнято" }).click();
      await page.getByText("Вітаємо, Ann!").waitFor();
      await send("Bob");
      await until(() => subjects(page), ["*Заяву прийнято", "Заяву прийнято"]);
      // The nearest language counts: first the element's own, then that of the page.
      await page.evaluate(`document.querySelector("hark-inbox").lang = "en"`);
      await until(() => subjects(page), ["*We have your application", "We have your application"]);
      await page.evaluate(`{
        document.documentElement.lang = "uk";
        document.querySelector("hark-inbox").removeAttribute("lang");
      }`);
      await until(() => subjects(page), ["*Заяву прийнято", "Заяву прийнято"]);
      await send("Eve");
      await until(() => subjects(page), ["*Заяву прийнято", "*Заяву прийнято", "Заяву прийнято"]);
      await page.evaluate(`document.documentElement.lang = "en"`);
      await until(async () => (await subjects(page))[0], "*We have your application");
      assert.deepEqual(complaints, []);
    }),
);

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(
    `dev: has pages that fit and have no fault that any rule of axe finds, ${colorScheme}`,
    NEEDS_CHROMIUM,
    () =>
      visitDev(async ({ open, send, complaints }) => {
        for (const [at, width] of [320, 1280].entries()) {
          const page = await open({ colorScheme, viewport: { width, height: 800 } });
          const check = async (what: string) => {
            assert.deepEqual(await findAllFaults(page), [], `${what}, ${width} px`);
            assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
          };
          await until(async () => (await subjects(page)).length, 2 * at);
          await check("at first");
          await send("Ann");
          await send("Bob");
          await until(async () => (await subjects(page)).length, 2 * at + 2);
          await page.locator("hark-inbox .toggle").first().click();
          await page.locator("hark-inbox .content").getByText("Dear Bob,").waitFor();
          await check("with messages");
          await page.getByRole("link", { name: "Mailbox" }).click();
          await page.getByRole("link", { name: "Inbox" }).waitFor();
          // The page has its links before its style.
          await page.waitForLoadState("load");
          await check("mailbox");
        }
        assert.deepEqual(complaints, []);
      }),
  );
}

Deno.test(
  "dev: lets a portal of another origin show an inbox, which goes on after Hark was stopped and started",
  NEEDS_CHROMIUM,
  () =>
    visitDev(async ({ hark, browser, send, stop, startAgain, complaints }) => {
      const token = /citizen +(eyJ\S+)/.exec(hark.stdout)?.[1] ?? "";
      await using portal = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen() {} },
        () => toPortal(hark.url, token),
      );
      const page = await browser.newPage({ locale: "en-GB" });
      listenTo(page, complaints);
      await page.goto(`http://127.0.0.1:${portal.addr.port}/`);
      await page.getByText("You have no messages.").waitFor();
      await send("Ann");
      await message(page, "We have your application").click();
      await page.getByText("Dear Ann,").waitFor();
      await heading(page, "Messages").waitFor();
      await send("Bob");
      await heading(page, "Messages 1 unread").waitFor();
      assert.deepEqual(complaints, []);

      const lastEventIds: (string | undefined)[] = [];
      page.on("request", (request) => {
        if (request.url().endsWith("/stream")) {
          lastEventIds.push(request.headers()["last-event-id"]);
        }
      });
      const { code, ms } = await stop();
      console.log(`stopped with an open stream in ${ms} ms`);
      assert.equal(code, 0);
      await page.getByText("The connection is lost").waitFor();
      await startAgain();
      await send("Eve");
      await page.evaluate('dispatchEvent(new Event("online"))');
      await heading(page, "Messages 2 unread").waitFor();
      // A preflight has allowed it.
      assert.match(lastEventIds.at(-1) ?? "", /^\d+$/);
      assert.equal((await subjects(page)).length, 3);
      await page.getByRole("button", { name: "Mark all as read" }).click();
      await heading(page, "Messages").waitFor();

      await page.evaluate('document.querySelector("hark-inbox").token = "wrong"');
      await page.getByText("Your session has ended").waitFor();
      assert.deepEqual(await subjects(page), []);
    }),
);
