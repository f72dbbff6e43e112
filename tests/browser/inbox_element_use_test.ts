import assert from "node:assert/strict";
import { NEEDS_CHROMIUM } from "./chromium.ts";
import { InboxServer, type PortalPolicy } from "./inbox_server.ts";
import {
  findFaults,
  focused,
  inside,
  message,
  open,
  subjects,
  until,
  visit,
} from "./inbox_visit.ts";

for (const policy of ["none", "strict"] satisfies PortalPolicy[]) {
  Deno.test(
    `<hark-inbox>: makes hostile messages harmless, policy ${policy}`,
    NEEDS_CHROMIUM,
    () =>
      visit(async (visited) => {
        const { page, server, complaints } = visited;
        const hostile = [
          `<img src="/stolen" onerror="alert(1)">`,
          `<script>alert(2)</script><style>main { display: none }</style>`,
          `<a href="javascript:alert(3)">one</a><a href=" java\nscript:alert(4)">two</a>`,
          `<a href="data:text/html,<script>alert(5)</script>">three</a><a href="/sign-out">four</a>`,
          `<svg><a xlink:href="javascript:alert(6)"><text>five</text></a></svg>`,
          `<math><mtext><img src=x onerror=alert(7)></mtext></math>`,
          `<iframe srcdoc="<script>alert(8)</script>"></iframe><object data="/stolen"></object>`,
          `<form action="/stolen"><button>Pay</button><input autofocus onfocus="alert(9)"></form>`,
          `<template><img src="/stolen"></template><noscript><img src="/stolen"></noscript>`,
          `<p style="position:fixed" class="unseen" id="heading" onclick="alert(10)" part="heading">six</p>`,
          `<h1>Seven</h1><table><tr><td colspan="2" rowspan="x">eight</td></tr></table>`,
          `<a href="https://example.com/?a=1&b=2" target="_top" onclick="alert(11)">nine</a>`,
          "<div>".repeat(600) + "ten",
        ].join("");
        server.add({ subject: `<img src="/stolen" onerror="alert(0)">`, message: hostile });
        const requested: string[] = [];
        page.on("request", (request) => requested.push(new URL(request.url()).pathname));
        await open(visited, `?token=ann&policy=${policy}`);
        await page.locator("hark-inbox .toggle").click();
        await page.getByText("ten").waitFor();
        const content = page.locator("hark-inbox .content");
        assert.equal(
          await content.locator(
            "img,script,style,svg,math,iframe,object,form,button,input,template,noscript,text",
          ).count(),
          0,
        );
        const attributes = await inside<string[]>(
          page,
          `[...root.querySelectorAll(".content *")]
          .flatMap((one) => [...one.attributes].map(({ name, value }) => name + "=" + value))`,
        );
        assert.deepEqual(attributes, [
          "colspan=2",
          "href=https://example.com/?a=1&b=2",
          "rel=noopener noreferrer",
        ]);
        assert.equal(await content.getByRole("heading", { level: 4 }).textContent(), "Seven");
        assert.match(
          await content.textContent() ?? "",
          /^onetwothreefourPay\s*sixSeveneightnineten$/,
        );
        assert.deepEqual(await subjects(page), [`<img src="/stolen" onerror="alert(0)">`]);
        assert.equal(requested.includes("/stolen"), false);
        // The policy also applies to parsed HTML, although none of it could run.
        assert.deepEqual(
          complaints.filter((text) =>
            policy === "none" || !text.includes("Content Security Policy")
          ),
          [],
        );
      }),
  );
}

Deno.test(
  "<hark-inbox>: shows a message's text where the page forbids HTML parsing",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.add({ message: `<p>Your <b>passport</b><img src=x onerror="alert(1)"></p>` });
      await open(visited, "?token=ann&policy=stricter");
      await message(page, "Subject 1").click();
      await page.getByText(/^\s*Your\s+passport\s*$/).waitFor();
      assert.equal(await inside(page, `root.querySelectorAll(".content *").length`), 0);
    }),
);

Deno.test(
  "<hark-inbox>: is used by keyboard alone",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      for (let n = 1; n <= 3; n++) {
        server.add({ message: `<p>Text ${n} <a href="https://a.test/">link</a></p>` });
      }
      await open(visited);
      await message(page, "Subject 3").waitFor();
      const press = async (key: string) => {
        await page.keyboard.press(key);
        return await focused(page);
      };
      assert.equal(await press("Tab"), "Unread only");
      assert.equal(await press("Tab"), "Mark all as read");
      assert.equal(await press("Tab"), "Subject 3");
      const outline = await inside(
        page,
        `((style) => style.outlineStyle + style.outlineWidth)(getComputedStyle(root.activeElement))`,
      );
      assert.equal(outline, "solid3px");
      assert.equal(await press("ArrowDown"), "Subject 2");
      assert.equal(await press("End"), "Subject 1");
      assert.equal(await press("ArrowDown"), "Subject 1");
      assert.equal(await press("Home"), "Subject 3");
      assert.equal(await press("ArrowUp"), "Subject 3");
      assert.equal(await press("Enter"), "Subject 3");
      await page.getByText("Text 3").waitFor();
      assert.equal(await press("Tab"), "link");
      assert.equal(await press("ArrowDown"), "link");
      assert.equal(await press("Tab"), "Subject 2");
      assert.equal(await press("Space"), "Subject 2");
      const second = page.locator("hark-inbox .content", { hasText: "Text 2" });
      await second.waitFor();
      await press("Space");
      await second.waitFor({ state: "hidden" });
      await until(() => subjects(page), ["Subject 3", "Subject 2", "*Subject 1"]);
    }),
);

Deno.test(
  "<hark-inbox>: is in Ukrainian or English, by the nearest lang",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      for (let n = 0; n < 22; n++) server.add();
      await open(visited, "?token=ann&lang=uk-UA");
      await page.getByRole("heading", { name: "Повідомлення 22 непрочитані" }).waitFor();
      assert.equal(server.requests.at(-1)?.headers.get("Accept-Language"), "uk");
      assert.match(
        await page.locator("time").first().textContent() ?? "",
        /^29 липня 2022 р\. [ов] 14:08$/,
      );
      await message(page, "Subject 22").click();
      await page.getByRole("heading", { name: "Повідомлення 21 непрочитане" }).waitFor();
      server.add({ subject: "" });
      await page.getByText("Без теми", { exact: true }).waitFor();
      for (let n = 0; n < 3; n++) server.add();
      await page.getByRole("heading", { name: "Повідомлення 25 непрочитаних" }).waitFor();
      await page.getByRole("button", { name: "Показати ще" }).waitFor();

      await page.evaluate('document.documentElement.lang = "en"');
      await page.getByRole("heading", { name: "Messages 25 unread" }).waitFor();
      await page.evaluate('document.querySelector("hark-inbox").lang = "uk"');
      await page.getByRole("heading", { name: "Повідомлення 25 непрочитаних" }).waitFor();
      await page.evaluate('document.querySelector("hark-inbox").lang = "pl"');
      await page.getByRole("heading", { name: "Messages 25 unread" }).waitFor();
      assert.equal(await page.locator("hark-inbox section").getAttribute("lang"), "en");
      await page.evaluate('document.querySelector("hark-inbox").removeAttribute("lang")');
      await page.evaluate('document.documentElement.removeAttribute("lang")');
      await page.getByRole("heading", { name: "Повідомлення 25 непрочитаних" }).waitFor();
    }, { locale: "uk-UA" }),
);

Deno.test(
  "<hark-inbox>: calls another origin, and sends its token to no redirection",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      const far = new InboxServer();
      far.up();
      try {
        far.add();
        await open(visited, `?token=ann&base=${far.origin}/`);
        await message(page, "Subject 1").click();
        await until(() => far.of()[0]?.isAcknowledged, true);
        assert.deepEqual(server.requests, []);
        far.refuse = ({ path }) =>
          new Response(null, {
            status: 307,
            headers: { Location: `${server.origin}/api/notifications/inbox${path}` },
          });
        await page.evaluate('document.querySelector("hark-inbox").refresh()');
        await page.getByRole("alert").waitFor();
        assert.deepEqual(server.requests, []);
      } finally {
        await page.goto("about:blank");
        await far.down();
      }
    }),
);

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [320, 1280]) {
    Deno.test(
      `<hark-inbox>: has no fault that axe finds and fits, ${colorScheme}, ${width} px`,
      NEEDS_CHROMIUM,
      () =>
        visit(async (visited) => {
          const { page, server } = visited;
          for (let n = 0; n < 19; n++) server.add({ isAcknowledged: true });
          const table = `<table><tr><th>${"Word".repeat(20)}</th><td>${
            "W".repeat(99)
          }</td></tr></table>`;
          server.add({ subject: "Long ".repeat(40), message: "<h2>One</h2><h3>Two</h3>" + table });
          server.add({
            subject: "Я".repeat(200),
            message: `<p>See <a href="https://a.test/${"a".repeat(90)}">${"a".repeat(90)}</a></p>` +
              `<ul><li>one</li></ul><blockquote>two</blockquote><pre>${"three ".repeat(40)}</pre>`,
          });
          server.add();
          await open(visited);
          await page.getByRole("button", { name: "Show more" }).waitFor();
          for (const at of [0, 1, 2]) await page.locator("hark-inbox .toggle").nth(at).click();
          server.add();
          await page.getByRole("heading", { name: "Messages 1 unread" }).waitFor();
          assert.deepEqual(await findFaults(page), []);
          assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
          await page.getByRole("button", { name: "Unread only" }).click();
          await page.getByRole("button", { name: "Mark all as read" }).click();
          await page.getByRole("button", { name: "Unread only" }).blur();
          assert.deepEqual(await findFaults(page), []);
          server.refusedTokens.add("ann");
          server.dropStreams();
          await page.getByText("Your session has ended").waitFor();
          assert.deepEqual(await findFaults(page), []);
          assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
        }, { colorScheme, viewport: { width, height: 640 } }),
    );
  }
}

Deno.test(
  "<hark-inbox>: heeds forced colours, less motion, custom properties and parts",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.add();
      await open(visited);
      const style = (selector: string, property: string) =>
        inside<string>(page, `getComputedStyle(root.querySelector("${selector}")).${property}`);
      await message(page, "Subject 1").waitFor();
      assert.equal(await style(".chevron", "transitionDuration"), "0.15s");
      await page.emulateMedia({ reducedMotion: "reduce" });
      assert.equal(await style(".chevron", "transitionDuration"), "0s");
      await page.emulateMedia({ forcedColors: "active" });
      assert.notEqual(await style(".marker", "backgroundColor"), "rgba(0, 0, 0, 0)");
      assert.deepEqual(await findFaults(page), []);
      await page.emulateMedia({ forcedColors: "none" });
      await page.evaluate(`{
        const sheet = new CSSStyleSheet();
        sheet.replaceSync("hark-inbox { --hark-inbox-surface: rgb(1, 2, 3) } " +
          "hark-inbox::part(message-unread) { outline: 2px solid rgb(4, 5, 6) }");
        document.adoptedStyleSheets.push(sheet);
        document.querySelector("hark-inbox").setAttribute("heading-level", "3");
      }`);
      assert.equal(await style(".inbox", "backgroundColor"), "rgb(1, 2, 3)");
      assert.equal(await style(".message", "outlineColor"), "rgb(4, 5, 6)");
      await page.getByRole("heading", { level: 3, name: "Messages" }).waitFor();
      await page.getByRole("heading", { level: 4, name: "Subject 1" }).waitFor();
    }),
);

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(
    `GET /dev/inbox: shows a demo citizen's inbox and has no fault that axe finds, ${colorScheme}`,
    NEEDS_CHROMIUM,
    () =>
      visit(async ({ page, server, complaints }) => {
        server.add();
        await page.goto(`${server.origin}/dev/inbox`);
        await message(page, "Subject 1").click();
        await page.getByText("Text 1").waitFor();
        await until(() => server.of()[0]?.isAcknowledged, true);
        assert.deepEqual(await findFaults(page), []);
        assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 320);
        assert.deepEqual(complaints, []);
      }, { colorScheme, viewport: { width: 320, height: 640 } }),
  );
}
