import assert from "node:assert/strict";
import { NEEDS_CHROMIUM } from "./chromium.ts";
import { refusal } from "./inbox_server.ts";
import { focused, heard, message, open, subjects, until, visit } from "./inbox_visit.ts";

Deno.test(
  "<hark-inbox>: shows a new message at once, announces it, and leaves focus and reading alone",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.add();
      await open(visited);
      await message(page, "Subject 1").click();
      server.add({ subject: "Your passport is ready" });
      await until(() => subjects(page), ["*Your passport is ready", "Subject 1"]);
      assert.equal(await focused(page), "Subject 1");
      await page.getByText("Text 1").waitFor();
      const news = page.locator("hark-inbox [role=status]", { hasText: "New message" });
      await news.waitFor({ state: "attached" });
      assert.equal(await news.textContent(), "New message: Your passport is ready");
      for (let n = 0; n < 3; n++) server.add();
      await page.locator("hark-inbox [role=status]", { hasText: "3 new messages" }).waitFor({
        state: "attached",
      });
      await page.getByRole("heading", { name: "Messages 4 unread" }).waitFor();
    }),
);

Deno.test(
  "<hark-inbox>: keeps two pages in step",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server, browser } = visited;
      for (let n = 0; n < 3; n++) server.add();
      await open(visited);
      const other = await browser.newPage();
      await open({ ...visited, page: other });
      await until(() => server.openStreams, 2);
      await message(page, "Subject 2").click();
      await until(() => subjects(other), ["*Subject 3", "Subject 2", "*Subject 1"]);
      await other.getByRole("heading", { name: "Messages 2 unread" }).waitFor();
      assert.equal(await message(other, "Subject 2").getAttribute("aria-expanded"), "false");
      await other.getByRole("button", { name: "Mark all as read" }).click();
      await until(() => subjects(page), ["Subject 3", "Subject 2", "Subject 1"]);
      await page.getByRole("heading", { name: /^Messages$/ }).waitFor();
    }),
);

Deno.test(
  "<hark-inbox>: requests one new token for all refused requests",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.add();
      server.add({}, "ann-2");
      await open(visited, "");
      await page.evaluate(`customElements.whenDefined("hark-inbox").then(() => {
        globalThis.given = [];
        const inbox = document.createElement("hark-inbox");
        inbox.tokenProvider = () => {
          given.push(given.length === 0 ? "ann" : "ann-" + (given.length + 1));
          return Promise.resolve(given.at(-1));
        };
        document.querySelector("main").append(inbox);
      })`);
      await message(page, "Subject 1").waitFor();
      assert.deepEqual(await page.evaluate("given"), ["ann"]);
      server.refusedTokens.add("ann");
      await Promise.all([
        message(page, "Subject 1").click(),
        page.getByRole("button", { name: "Unread only" }).click(),
      ]);
      await until(() => server.requests.at(-1)?.headers.get("X-Access-Token"), "ann-2");
      assert.deepEqual(await page.evaluate("given"), ["ann", "ann-2"]);
      assert.deepEqual(await heard(page, "hark-inbox-unauthorised"), []);
    }),
);

Deno.test(
  "<hark-inbox>: shows nothing more after the session has ended, and asks to sign in",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.add();
      await open(visited);
      await message(page, "Subject 1").focus();
      server.refusedTokens.add("ann");
      server.dropStreams();
      await page.getByText("Your session has ended").waitFor();
      assert.deepEqual(await subjects(page), []);
      await page.getByRole("link", { name: "To the sign-in page" }).waitFor();
      assert.deepEqual(await heard(page, "hark-inbox-unauthorised"), [null]);
      assert.match(await focused(page), /^Messages/);
      const { length } = server.requests;
      server.refusedTokens.clear();
      await page.getByRole("button", { name: "Try again" }).click();
      await message(page, "Subject 1").waitFor();
      assert.ok(server.requests.length > length);
      // A token of somebody else.
      server.add({ subject: "For Bob" }, "bob");
      await page.evaluate('document.querySelector("hark-inbox").token = "bob"');
      await until(() => subjects(page), ["*For Bob"]);
      await until(() => server.openStreams, 1);
      await page.evaluate('document.querySelector("hark-inbox").remove()');
      await until(() => server.openStreams, 0);
    }),
);

Deno.test(
  "<hark-inbox>: takes a token that was set before it was defined",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.add();
      await page.addInitScript(`addEventListener("readystatechange", () => {
        const inbox = document.querySelector("hark-inbox");
        if (inbox !== null && customElements.get("hark-inbox") === undefined) inbox.token = "ann";
      }, { capture: true })`);
      await open(visited, "?token=");
      await message(page, "Subject 1").waitFor();
      assert.deepEqual(await heard(page, "hark-inbox-unauthorised"), []);
    }),
);

Deno.test(
  "<hark-inbox>: shows an outage, and retries on request or by itself",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.add();
      server.refuse = () => refusal(503);
      await open(visited);
      const retry = page.getByRole("button", { name: "Try again" });
      await page.getByRole("alert").getByText("could not be loaded").waitFor();
      await retry.focus();
      await page.keyboard.press("Enter");
      await until(() => retry.getAttribute("aria-disabled"), "false");
      assert.equal(await focused(page), "Try again");
      server.refuse = ({ path }) => path === "/stream" ? refusal(503) : undefined;
      await page.keyboard.press("Enter");
      await message(page, "Subject 1").waitFor();
      assert.match(await focused(page), /^Messages/);
      await page.getByText("The connection is lost").waitFor();
      // Without a stream it still finds new messages.
      server.add();
      await message(page, "Subject 2").waitFor();
      server.refuse = () => undefined;
      await page.evaluate('dispatchEvent(new Event("online"))');
      await page.getByText("The connection is lost").waitFor({ state: "hidden" });
    }),
);

Deno.test(
  "<hark-inbox>: resumes with Last-Event-ID after an outage, and loses nothing",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.add();
      await open(visited);
      await until(() => server.openStreams, 1);
      server.add();
      await message(page, "Subject 2").waitFor();
      await server.down();
      await page.getByText("The connection is lost").waitFor();
      server.add();
      server.add();
      const lists = server.asked(/^\?/).length;
      server.up();
      await until(() => subjects(page), ["*Subject 4", "*Subject 3", "*Subject 2", "*Subject 1"]);
      await page.getByText("The connection is lost").waitFor({ state: "hidden" });
      assert.equal(server.asked("/stream").at(-1)?.headers.get("Last-Event-ID"), "2");
      assert.equal(server.asked(/^\?/).length, lists);
      await page.getByRole("heading", { name: "Messages 4 unread" }).waitFor();
      // An event without an id is not replayed; the counts show that it was missed.
      server.sendsEvents = false;
      server.acknowledge("ann-1");
      server.sendsEvents = true;
      server.dropStreams();
      await until(() => subjects(page), ["*Subject 4", "*Subject 3", "*Subject 2", "Subject 1"]);
    }),
);

Deno.test(
  "<hark-inbox>: reconnects after 45 s without data",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      await page.clock.install();
      await open(visited);
      await page.getByText("You have no messages.").waitFor();
      await page.clock.runFor(44_000);
      assert.equal(server.asked("/stream").length, 1);
      await page.clock.runFor(3_000);
      await until(() => server.asked("/stream").length, 2);
      await until(() => server.openStreams, 1);
    }),
);

Deno.test(
  "<hark-inbox>: closes its stream in a page that is hidden for long, and catches up when it is visible again",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      const see = (state: string) =>
        page.evaluate(`
          Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));`);
      await page.clock.install();
      await open(visited);
      await until(() => server.openStreams, 1);
      await page.getByText("You have no messages.").waitFor();
      await see("hidden");
      // Heartbeats keep it from looking dead.
      await page.clock.runFor(40_000);
      server.add();
      await message(page, "Subject 1").waitFor();
      assert.equal(server.openStreams, 1);
      await page.clock.runFor(21_000);
      await until(() => server.openStreams, 0);
      server.add();
      await see("visible");
      await message(page, "Subject 2").waitFor();
      assert.equal(server.asked("/stream").length, 2);
    }),
);

Deno.test(
  "<hark-inbox>: reloads the list after a reset event",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.add();
      server.add();
      await open(visited);
      await message(page, "Subject 2").click();
      await until(() => server.of()[0]?.isAcknowledged, true);
      server.of().splice(1);
      server.reset();
      await until(() => subjects(page), ["Subject 2"]);
      assert.equal(await focused(page), "Subject 2");
      await page.getByText("Text 2").waitFor();
    }),
);
