/** A list from a spreadsheet in a real browser: with the progress live, and without JavaScript at 360 px. */
import assert from "node:assert/strict";
import { NEEDS_CHROMIUM } from "./chromium.ts";
import { newUploadPath, pressIn, uploadCsv } from "./web_list_cases.ts";
import { visitWeb } from "./web_visit.ts";

const LIST = ["phone number,name,item,date", "+447900900201,Ann,permit,1 May"];

Deno.test(
  "lists: the progress of a list is live with JavaScript, and comes by reload without it",
  NEEDS_CHROMIUM,
  () =>
    visitWeb(async (visit) => {
      const live = await visit.open();
      const plain = await visit.open({
        javaScriptEnabled: false,
        viewport: { width: 360, height: 740 },
      });
      for (const page of [live, plain]) {
        await page.goto(`${visit.hark.url}/sign-in`);
        await page.getByRole("button", { name: /demo user/ }).click();
        await page.locator("main .list a").first().click();
        await page.waitForURL(/\/services\/[^/]+$/);
        const serviceId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
        await page.goto(`${visit.hark.url}${await newUploadPath({ visit, serviceId })}`);
        await uploadCsv(page, LIST);
        await pressIn(page, "main form:has(#date)");
        await page.getByRole("button", { name: "Stop" }).waitFor();
      }
      await live.locator("progress[value='1']").waitFor({ timeout: 60_000 });
      // Its list was sent after the other one, and may begin after it.
      const deadline = Date.now() + 60_000;
      const ended = plain.locator("progress[value='1']");
      do {
        await plain.waitForTimeout(1_000);
        await plain.reload();
      } while (await ended.count() === 0 && Date.now() < deadline);
      await ended.waitFor();
      assert.deepEqual(visit.complaints, []);
    }),
);
