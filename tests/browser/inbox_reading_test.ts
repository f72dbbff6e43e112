import assert from "node:assert/strict";
import type { Page } from "npm:playwright-core@1.64.1";
import { renderInbox } from "../../domain/template/inbox.ts";
import { inboxText } from "../../domain/template/inbox_text.ts";
import { parseTemplate } from "../../domain/template/parse_template.ts";
import { NEEDS_CHROMIUM } from "./chromium.ts";
import type { InboxMessage } from "./inbox_server.ts";
import { findFaults, heard, inside, message, open, until, visit } from "./inbox_visit.ts";

/** A message of a template as the API gives it. */
function ofTemplate(body: string): Pick<InboxMessage, "message" | "text"> {
  const template = parseTemplate({ channel: "inbox", syntax: "freemarker", subject: "S", body });
  const html = renderInbox(template, {}).body;
  return { message: html, text: inboxText(html) };
}

/** The times that are shown, the newest message's first. */
const times = (page: Page) => page.locator("hark-inbox time").allTextContents();
/** The first words that are shown, the newest message's first. */
const previews = (page: Page) => page.locator("hark-inbox .preview").allTextContents();

Deno.test(
  "<hark-inbox>: shows the lines and links of plain text, with room above the first line",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.add(ofTemplate(
        "Dear Ann <ann@example.com>,\n\nyour passport is ready.\nBook: https://a.test/?id=1&copy=2.\n",
      ));
      await open(visited);
      await message(page, "Subject 1").click();
      const content = page.locator("hark-inbox .content");
      await content.waitFor();
      assert.equal(
        await content.innerText(),
        "Dear Ann <ann@example.com>,\n\nyour passport is ready.\nBook: https://a.test/?id=1&copy=2.",
      );
      const link = content.getByRole("link");
      assert.equal(await link.getAttribute("href"), "https://a.test/?id=1&copy=2");
      const room = await inside<number>(
        page,
        `((range) => (range.selectNodeContents(root.querySelector(".content")),
          range.getClientRects()[0].top - root.querySelector(".toggle").getBoundingClientRect().bottom)
        )(document.createRange())`,
      );
      assert.ok(room >= 8, `${room} px above the first line`);
    }),
);

Deno.test(
  "<hark-inbox>: shows the numbers of a list as they were written",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.add(ofTemplate('<ol start="2026"><li>a</li><li value="14" style="x">b</li></ol>'));
      await open(visited);
      await message(page, "Subject 1").click();
      await page.locator("hark-inbox .content li").first().waitFor();
      assert.equal(
        await inside<string>(page, `root.querySelector(".content").innerHTML`),
        '<ol start="2026"><li>a</li><li value="14">b</li></ol>',
      );
    }),
);

Deno.test(
  "<hark-inbox>: shows the first words of closed messages, which are not part of their headings",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      // Without `text`, as of a server of the version before.
      server.add({ message: "<p>Tom &amp; Ann</p>" });
      server.add(ofTemplate("<h1>Decision</h1><p>It was <b>granted</b>.</p>"));
      server.add(ofTemplate(`Dear Ann,\n\n${"word ".repeat(100)}`));
      await open(visited);
      await message(page, "Subject 3").waitFor();
      const [long = "", ...short] = await previews(page);
      assert.match(long, /^Dear Ann, word .* word…$/);
      assert.deepEqual(short, ["Decision It was granted.", "Tom & Ann"]);
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
      const button = message(page, "Subject 2");
      await page.getByRole("button", { name: /^Unread: Subject 2 \d+ July 2022 at 14:08$/ })
        .waitFor();
      await page.getByRole("heading", { level: 3, name: /^Unread: Subject 2 .*14:08$/ }).waitFor();
      assert.deepEqual(await findFaults(page), []);
      await button.click();
      assert.equal((await previews(page))[1], "");
      await button.click();
      assert.equal((await previews(page))[1], "Decision It was granted.");
      await page.getByText("Decision It was granted.").click();
      assert.equal(await button.getAttribute("aria-expanded"), "true");
    }, { viewport: { width: 360, height: 640 } }),
);

Deno.test(
  "<hark-inbox>: marks the language of a message that has one",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.add();
      server.add({ subject: "Витяг готовий", message: "<p>Вітаємо</p>", language: "uk" });
      await open(visited);
      await page.locator("hark-inbox .toggle").first().click();
      await page.getByText("Вітаємо").waitFor();
      const languages = await inside<string[]>(
        page,
        `[...root.querySelectorAll(".subject, .preview, .content")].map((one) =>
          one.closest("[lang]").lang)`,
      );
      assert.deepEqual(languages, ["uk", "uk", "uk", "en", "en", "en"]);
      assert.deepEqual(await findFaults(page), []);
    }),
);

for (
  const [lang, today, yesterday, earlier] of [
    ["en", "Today", "Yesterday", /^27 November 2026 at 23:59$/],
    ["uk", "Сьогодні", "Учора", /^27 листопада 2026 р\. [ов] 23:59$/],
  ] as const
) {
  Deno.test(
    `<hark-inbox>: says today and yesterday by the reader's zone, and follows midnight, in ${lang}`,
    NEEDS_CHROMIUM,
    () =>
      visit(async (visited) => {
        const { page, server } = visited;
        // Times of Kyiv are two hours ahead.
        server.add({ createdAt: "2026-11-27 21:59:59" });
        server.add({ createdAt: "2026-11-27 22:00:00" });
        server.add({ createdAt: "2026-11-28 22:00:00", createdAtIso: "2026-11-28T22:00:00.000Z" });
        await page.clock.install({ time: "2026-11-29T21:59:00Z" });
        await open(visited, `?token=ann&lang=${lang}`);
        await page.clock.runFor(2_000);
        await message(page, "Subject 3").waitFor();
        const [first, second, third = ""] = await times(page);
        assert.deepEqual([first, second], [`${today}, 00:00`, `${yesterday}, 00:00`]);
        assert.match(third, earlier);
        assert.equal(
          await page.locator("hark-inbox time").first().getAttribute("datetime"),
          "2026-11-28T22:00:00.000Z",
        );
        await page.clock.runFor(60_000);
        await until(async () => (await times(page))[0], `${yesterday}, 00:00`);
      }, { locale: lang === "en" ? "en-GB" : "uk-UA" }),
  );
}

Deno.test(
  "<hark-inbox>: the documented snippet makes no request without a token",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.add();
      await open(visited, "?snippet=ann&policy=none");
      await message(page, "Subject 1").waitFor();
      const tokens = server.requests.map(({ headers }) => headers.get("X-Access-Token"));
      assert.deepEqual([...new Set(tokens)], ["ann"]);
      assert.equal(server.asked("/stream").length, 1);
      assert.deepEqual(await heard(page, "hark-inbox-unauthorised"), []);
    }),
);

Deno.test(
  "<hark-inbox>: makes no request while the token that the page sets is null",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.gatewayCitizen = "ann";
      server.add();
      await open(visited, "");
      for (const property of ["token", "tokenProvider"]) {
        await page.evaluate(`customElements.whenDefined("hark-inbox").then(() => {
          const inbox = document.createElement("hark-inbox");
          inbox.${property} = ${property === "token" ? "null" : "() => undefined"};
          document.querySelector("main").replaceChildren(inbox);
        })`);
        await page.getByRole("alert").getByText("Sign in to see your messages.").waitFor();
        await page.evaluate('document.querySelector("hark-inbox").remove()');
      }
      assert.deepEqual(server.requests, []);
    }),
);

for (const query of ["?snippet=&policy=none", "?token="]) {
  Deno.test(
    `<hark-inbox>: asks to sign in, without a request, while the page gives no token: ${query}`,
    NEEDS_CHROMIUM,
    () =>
      visit(async (visited) => {
        const { page, server } = visited;
        server.add();
        await open(visited, query);
        await page.getByRole("alert").getByText("Sign in to see your messages.").waitFor();
        await until(() => heard(page, "hark-inbox-unauthorised"), [null]);
        const link = await page.getByRole("link", { name: "To the sign-in page" }).boundingBox();
        const retry = await page.getByRole("button", { name: "Try again" }).boundingBox();
        assert.ok(link !== null && retry !== null);
        assert.ok(retry.x - (link.x + link.width) >= 16, "the link stands clear of the button");
        assert.deepEqual(await findFaults(page), []);
        assert.deepEqual(server.requests, []);
        await page.evaluate(`document.querySelector("hark-inbox").tokenProvider = undefined`);
        await page.evaluate(`document.querySelector("hark-inbox").token = "ann"`);
        await message(page, "Subject 1").waitFor();
        await page.evaluate(`document.querySelector("hark-inbox").token = ""`);
        await page.getByText("Your session has ended.").waitFor();
      }),
  );
}

Deno.test(
  "<hark-inbox>: sends requests without a token where neither is set, as a gateway adds it",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.gatewayCitizen = "ann";
      server.add();
      await open(visited, "?gateway");
      await message(page, "Subject 1").waitFor();
      const tokens = server.requests.map(({ headers }) => headers.get("X-Access-Token"));
      assert.deepEqual([...new Set(tokens)], [null]);
    }),
);
