import axe, { type AxeResults } from "npm:axe-core@4.14.1";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Page } from "npm:playwright-core@1.64.1";
import { fileOf, type FilesFixture, openFilesFixture, sendFile } from "../routes/files/support.ts";
import { launchChromium, NEEDS_CHROMIUM } from "./chromium.ts";

interface Visit {
  readonly fixture: FilesFixture;
  readonly page: Page;
  /** Where the application is served. */
  readonly origin: string;
  /** The page's errors and violations of its policy. */
  readonly complaints: readonly string[];
}

/** Serves the application with a folder for files on a free port, and opens a browser. */
async function visit(
  options: { readonly colorScheme?: "light" | "dark"; readonly javaScriptEnabled?: boolean },
  visitor: (visit: Visit) => Promise<void>,
): Promise<void> {
  await using fixture = await openFilesFixture();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const { method, headers } = request;
      const body = method === "POST" ? { body: await request.arrayBuffer() } : {};
      return await fixture.hark.request(pathname + search, { method, headers, ...body });
    },
  );
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ ...options, acceptDownloads: true });
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    await visitor({ fixture, page, origin: `http://127.0.0.1:${server.addr.port}`, complaints });
  } finally {
    await browser.close();
    await server.shutdown();
  }
}

async function findFaults(page: Page): Promise<readonly string[]> {
  // Through the debugger, which the page's policy does not bind.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>("axe.run(document)");
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

const button = (page: Page) => page.getByRole("button", { name: "Download this file" });
const address = (page: Page) => page.getByLabel("Your email address");

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "" : " without scripts";
  Deno.test(
    `/d/…: gives its file to the recipient in a browser${how}`,
    NEEDS_CHROMIUM,
    () =>
      visit({ javaScriptEnabled }, async ({ fixture, page, origin, complaints }) => {
        const path = await sendFile(fixture, fileOf("a,b\n", { filename: "звіт №1.csv" }));
        await page.goto(origin + path);
        await page.getByRole("heading", { name: "You have a file to download" }).waitFor();
        await address(page).fill("bob@example.com");
        await button(page).click();
        await page.getByText("This is not the email address the file was sent to").waitFor();
        assert.equal(await address(page).inputValue(), "bob@example.com");
        // The browser logs the response 403 to a wrong address as a network error.
        assert.ok(complaints.every((text) => text.includes("403")), complaints.join("\n"));
        await address(page).fill("ann@example.com");
        const downloading = page.waitForEvent("download");
        await button(page).click();
        const download = await downloading;
        assert.equal(download.suggestedFilename(), "звіт №1.csv");
        assert.equal(await readFile(await download.path(), "utf8"), "a,b\n");
      }),
  );
}

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(
    `/d/…: has no fault that axe finds, ${colorScheme}`,
    NEEDS_CHROMIUM,
    () =>
      visit({ colorScheme }, async ({ fixture, page, origin }) => {
        const path = await sendFile(fixture, fileOf("x"));
        await page.goto(origin + path);
        assert.deepEqual(await findFaults(page), []);
        await button(page).click();
        await page.getByRole("alert").waitFor();
        assert.deepEqual(await findFaults(page), []);
        await page.goto(`${origin}${path.replace(/key=.*/, "key=x")}`);
        await page.getByRole("heading", { name: "could not be found" }).waitFor();
        assert.deepEqual(await findFaults(page), []);
        const plain = await sendFile(
          fixture,
          fileOf("x", { confirm_email_before_download: false }),
        );
        await page.goto(origin + plain);
        assert.deepEqual(await findFaults(page), []);
      }),
  );
}

Deno.test(
  "/d/…: fits a phone",
  NEEDS_CHROMIUM,
  () =>
    visit({}, async ({ fixture, page, origin }) => {
      const filename = `${"W".repeat(96)}.txt`;
      const file = fileOf("x", { filename, confirm_email_before_download: false });
      const path = await sendFile(fixture, file);
      await page.setViewportSize({ width: 320, height: 640 });
      await page.goto(origin + path);
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 320);
    }),
);
