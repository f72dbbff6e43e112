import assert from "node:assert/strict";
import { Hono } from "hono";
import { answerPage } from "../../../routes/pages/answer_page.ts";
import { BASE_STYLES, NO_ICON, Shell, type ShellProps } from "../../../routes/pages/shell.tsx";
import { test } from "../../support/runner.ts";

async function render(props: Partial<ShellProps> = {}, status: 200 | 404 = 200) {
  const app = new Hono();
  app.get("/", (c) =>
    answerPage(
      c,
      <Shell title="<Title>" nonce="abc" styles={{ inline: ".own {}" }} {...props}>
        <main>Content</main>
      </Shell>,
      status,
    ));
  const response = await app.request("/");
  return { response, page: await response.text() };
}

test.inside("Shell: writes the page's own rules after the base stylesheet, under the nonce", async () => {
  const { page } = await render();
  assert.ok(page.includes(`<style nonce="abc">${BASE_STYLES}.own {}</style>`));
  assert.ok(!page.includes("<link"));
});

test.inside("Shell: links a stylesheet under the nonce instead when it has an address", async () => {
  const { page } = await render({ styles: { href: "/own.css" } });
  assert.ok(page.includes('<link rel="stylesheet" href="/own.css" nonce="abc"/>'));
  assert.ok(!page.includes("<style"));
});

test.inside("Shell: escapes the title and forbids indexing", async () => {
  const { page } = await render();
  assert.ok(page.includes("<title>&lt;Title&gt;</title>"));
  assert.ok(page.includes('<meta name="robots" content="noindex"/>'));
});

test.inside("Shell: has an icon and a narrow body only where the page asks for them", async () => {
  const plain = await render();
  assert.ok(plain.page.includes("<body><main>Content</main></body>"));
  const { page } = await render({ icon: NO_ICON, width: "narrow" });
  assert.ok(page.includes('<link rel="icon" href="data:,"/>'));
  assert.ok(page.includes('<body class="narrow">'));
});

test.inside("answerPage: answers with a doctype, HTML and the given status", async () => {
  const { response, page } = await render({}, 404);
  assert.equal(response.status, 404);
  assert.match(response.headers.get("Content-Type") ?? "", /^text\/html/);
  assert.ok(page.startsWith('<!DOCTYPE html><html lang="en">'));
});
