import assert from "node:assert/strict";
import { NEEDS_CHROMIUM } from "./chromium.ts";
import { refusal } from "./inbox_server.ts";
import { focused, heard, message, open, subjects, until, visit } from "./inbox_visit.ts";

Deno.test(
  "<hark-inbox>: lists messages, newest first, and says how many are unread",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server, complaints } = visited;
      server.add({ isAcknowledged: true });
      server.add({ createdAt: "2022-07-29 21:08:16" });
      await open(visited);
      await page.getByRole("heading", { name: "Messages 1 unread" }).waitFor();
      await until(() => subjects(page), ["*Subject 2", "Subject 1"]);
      assert.deepEqual(await page.locator("time").allTextContents(), [
        "30 July 2022 at 00:08",
        "29 July 2022 at 14:08",
      ]);
      assert.deepEqual(await heard(page, "hark-inbox-count"), [{ total: 2, unread: 1 }]);
      assert.equal(server.asked(/^\?/).length, 1);
      assert.deepEqual(complaints, []);
    }),
);

Deno.test(
  "<hark-inbox>: says so when there is no message",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      await open(visited);
      await visited.page.getByText("You have no messages.").waitFor();
    }),
);

Deno.test(
  "<hark-inbox>: marks a message as read when it is opened",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.add({ id: "a/b ü" });
      await open(visited);
      const button = message(page, "Subject 1");
      assert.equal(await button.getAttribute("aria-expanded"), "false");
      await button.click();
      await page.getByText("Text 1").waitFor();
      assert.equal(await button.getAttribute("aria-expanded"), "true");
      await until(() => server.of()[0]?.isAcknowledged, true);
      assert.deepEqual(await subjects(page), ["Subject 1"]);
      await page.getByRole("heading", { name: /^Messages$/ }).waitFor();
      assert.deepEqual(await heard(page, "hark-inbox-open"), [{ id: "a/b ü" }]);
      await until(() => heard(page, "hark-inbox-count"), [
        { total: 1, unread: 1 },
        { total: 1, unread: 0 },
      ]);
      await button.click();
      await button.click();
      assert.equal(server.asked(/ack/).length, 1);
    }),
);

Deno.test(
  "<hark-inbox>: retries marking as read, and reverts it when that fails",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.add();
      server.add();
      await open(visited);
      let left = 1;
      server.refuse = ({ method }) => method === "POST" && left-- > 0 ? refusal(503) : undefined;
      await message(page, "Subject 1").click();
      await until(() => server.of()[1]?.isAcknowledged, true);
      left = 3;
      await message(page, "Subject 2").click();
      assert.deepEqual(await subjects(page), ["Subject 2", "Subject 1"]);
      await page.getByText("This could not be marked as read").waitFor();
      assert.deepEqual(await subjects(page), ["*Subject 2", "Subject 1"]);
      await page.getByRole("heading", { name: "Messages 1 unread" }).waitFor();
      assert.equal(server.asked(/ack/).length, 5);
      server.refuse = ({ method }) => method === "POST" ? refusal(403) : undefined;
      await page.getByRole("button", { name: "Mark all as read" }).click();
      await until(() => server.asked("/ack-all").length, 1);
      await until(() => subjects(page), ["*Subject 2", "Subject 1"]);
    }),
);

Deno.test(
  "<hark-inbox>: marks all as read with one request",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      for (let n = 0; n < 25; n++) server.add();
      await open(visited);
      const all = page.getByRole("button", { name: "Mark all as read" });
      await page.getByRole("heading", { name: "Messages 25 unread" }).waitFor();
      await all.click();
      await page.getByRole("heading", { name: /^Messages$/ }).waitFor();
      await until(() => server.of().every((message) => message.isAcknowledged), true);
      assert.deepEqual(server.asked(/ack/).map(({ path }) => path), ["/ack-all"]);
      assert.equal(await all.getAttribute("aria-disabled"), "true");
      assert.equal(await focused(page), "Mark all as read");
    }),
);

Deno.test(
  "<hark-inbox>: filters unread messages, and keeps the open one",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      for (let n = 1; n <= 4; n++) server.add({ isAcknowledged: n % 2 === 0 });
      await open(visited);
      await message(page, "Subject 4").waitFor();
      const filter = page.getByRole("button", { name: "Unread only" });
      assert.equal(await filter.getAttribute("aria-pressed"), "false");
      await filter.click();
      await until(() => subjects(page), ["*Subject 3", "*Subject 1"]);
      assert.equal(await filter.getAttribute("aria-pressed"), "true");
      await message(page, "Subject 3").click();
      await until(() => server.of()[1]?.isAcknowledged, true);
      server.add();
      await until(() => subjects(page), ["*Subject 5", "Subject 3", "*Subject 1"]);
      await filter.click();
      await until(
        () => subjects(page),
        ["*Subject 5", "Subject 4", "Subject 3", "Subject 2", "*Subject 1"],
      );
      await page.getByRole("button", { name: "Mark all as read" }).click();
      await filter.click();
      await page.getByText("You have no unread messages.").waitFor();
    }),
);

Deno.test(
  "<hark-inbox>: shows more by a cursor that new messages do not move",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      for (let n = 0; n < 45; n++) server.add({ isAcknowledged: true });
      await open(visited);
      const more = page.getByRole("button", { name: "Show more" });
      await more.waitFor();
      assert.equal((await subjects(page)).length, 20);
      server.add();
      await until(async () => (await subjects(page)).length, 21);
      await more.focus();
      await page.keyboard.press("Enter");
      await until(async () => (await subjects(page)).length, 41);
      await until(() => focused(page), "Subject 25");
      let left = 1;
      server.refuse = ({ path }) => path.includes("after") && left-- > 0 ? refusal(500) : undefined;
      await more.click();
      await page.getByText("More messages could not be loaded").waitFor();
      await more.click();
      const all = Array.from({ length: 46 }, (_, n) => `${n === 0 ? "*" : ""}Subject ${46 - n}`);
      await until(() => subjects(page), all);
      await more.waitFor({ state: "hidden" });
      assert.equal(await focused(page), "Subject 5");
    }),
);
