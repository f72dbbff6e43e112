/** The pages of a conversation, both ways. */
import assert from "node:assert/strict";
import { startTestApplication } from "../../support/application.ts";
import { createService, registerPerson } from "../../support/web_client.ts";
import { test } from "../../support/runner.ts";
import { bodyOf } from "../support.ts";

const NUMBER = "+447900900123";
/** More than one page, which has 50 texts. */
const OF_EACH_SIDE = 60;

/** The texts of a page, as `received 7` or `sent 7`, newest first. */
function textsOf(page: string): readonly string[] {
  return Array.from(
    page.matchAll(/\b(received|sent) (\d+) end/g),
    ([, side, at]) => `${side} ${at}`,
  );
}

/** The address of a page's link to its neighbour. */
function linkOf(page: string, rel: "prev" | "next"): string | undefined {
  return new RegExp(`rel="${rel}" href="([^"]+)"`).exec(page)?.[1]?.replaceAll("&amp;", "&");
}

test.inside("…/replies/{conversation}: its pages go to older texts and back to newer ones, both sides in order", async () => {
  await using hark = await startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" } });
  const client = await registerPerson(hark);
  const path = await createService(client);
  await bodyOf(await hark.manage("PATCH", `/manage${path}`, { mode: "live" }), 200);
  const number = await hark.manage("POST", `/manage${path}/inbound_numbers`, { number: "+60006" });
  await bodyOf(number, 201);
  const key = /id="key">([^<]+)</.exec(
    (await client.post(`${path}/keys/new`, { name: "case system", kind: "live" })).text,
  )?.[1] ?? "";
  const template = await hark.newTemplate(path.replace("/services/", ""), {
    channel: "sms",
    name: "Text",
    body: "sent ((at)) end",
  });
  const expected: string[] = [];
  for (let at = 0; at < OF_EACH_SIDE; at++) {
    const sent = await hark.as(key, "POST", "/v2/notifications/sms", {
      phone_number: NUMBER,
      template_id: template,
      personalisation: { at: String(at) },
    });
    await bodyOf(sent, 201);
    const received = await hark.request("http://localhost/inbound/sandbox", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ from: NUMBER, to: "+60006", message: `received ${at} end` }),
    });
    await received.body?.cancel();
    assert.ok(received.ok);
    expected.unshift(`received ${at}`, `sent ${at}`);
  }
  const replies = await client.get(`${path}/replies`);
  const [, conversation = ""] = /href="([^"]*\/replies\/[^"?]+)"/.exec(replies.text) ?? [];

  const pages: string[] = [];
  for (let next: string | undefined = conversation; next !== undefined;) {
    const { text } = await client.get(next);
    pages.push(text);
    next = linkOf(text, "next");
  }
  assert.deepEqual(pages.map((page) => textsOf(page).length), [50, 50, 20]);
  assert.deepEqual(pages.flatMap(textsOf), expected);
  assert.equal(linkOf(pages[0] ?? "", "prev"), undefined);

  const middle = (await client.get(linkOf(pages[2] ?? "", "prev") ?? "")).text;
  assert.deepEqual(textsOf(middle), textsOf(pages[1] ?? ""));
  const first = (await client.get(linkOf(middle, "prev") ?? "")).text;
  assert.deepEqual(textsOf(first), textsOf(pages[0] ?? ""));
  assert.equal(linkOf(first, "prev"), undefined);
  // An invalid position shows the newest texts.
  assert.deepEqual(
    textsOf((await client.get(`${conversation}?newer_than=x`)).text),
    textsOf(first),
  );
});
