/** The pages of lists, replies, conversations, suppressed recipients and requests to unsubscribe. */
import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { createService, registerPerson, type WebClient } from "../../support/web_client.ts";
import { test } from "../../support/runner.ts";

const NUMBER = "07900 900123";

const start = () => startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" } });

async function openScene(hark: TestApplication) {
  const client = await registerPerson(hark);
  const path = await createService(client);
  const serviceId = path.replace("/services/", "");
  const live = await hark.manage("PATCH", `/manage/services/${serviceId}`, { mode: "live" });
  await live.body?.cancel();
  const made = await client.post(`${path}/keys/new`, { name: "case system", kind: "live" });
  return { client, path, serviceId, key: /id="key">([^<]+)</.exec(made.text)?.[1] ?? "" };
}

async function suppress(hark: TestApplication, path: string, recipient: string) {
  const body = { channel: "sms", recipient, reason: "Moved away" };
  const added = await hark.manage("POST", `/manage${path}/suppressions`, body);
  return String((await added.json()).id);
}

/** The cells of the rows of a page's table, as plain text. */
function rows(text: string): readonly string[] {
  const [, body = ""] = /<tbody>(.*?)<\/tbody>/s.exec(text) ?? [];
  return body.split("</tr>").filter((row) => row !== "").map((row) =>
    row.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ").trim()
  );
}

Deno.test("…/suppressed: lists who, why and since when; lifting needs a reason and is audited", async () => {
  await using hark = await start();
  const { client, path } = await openScene(hark);
  assert.match((await client.get(`${path}/suppressed`)).text, /No suppressed recipients/);
  const id = await suppress(hark, path, NUMBER);
  const list = await client.get(`${path}/suppressed`);
  assert.match(rows(list.text)[0] ?? "", /^447900900123 Text message Added by hand Moved away/);
  const lift = `${path}/suppressed/${id}`;
  const empty = await client.post(lift, { reason: "" });
  assert.equal(empty.status, 422);
  assert.match(empty.text, /Say why/);
  assert.equal((await client.post(lift, { reason: "x".repeat(256) })).status, 422);
  const done = await client.post(lift, { reason: "x".repeat(255) });
  assert.equal(done.location, `${path}/suppressed?done=lifted`);
  assert.match((await client.get(done.location ?? "")).text, /can send to the recipient again/);
  const lifted = await client.get(`${path}/suppressed?state=lifted`);
  assert.match(rows(lifted.text)[0] ?? "", /447900900123.*xxx/);
  const again = await client.get(lift);
  assert.equal(again.location, `${path}/suppressed`);
  assert.match((await client.get(`${path}/audit`)).text, /Allowed messages to a recipient again/);
  const other = await createService(client, "Other");
  assert.equal((await client.get(`${other}/suppressed/${id}`)).status, 404);
});

Deno.test("…/suppressed: pages the recipients both ways, and all of them are in the file", async () => {
  await using hark = await start();
  const { client, path } = await openScene(hark);
  for (let i = 0; i <= 50; i++) {
    await suppress(hark, path, `07900 9000${String(i).padStart(2, "0")}`);
  }
  const first = await client.get(`${path}/suppressed`);
  assert.equal(rows(first.text).length, 50);
  const [, older = ""] = /href="([^"]*older_than=[^"]*)"/.exec(first.text) ?? [];
  const second = await client.get(older.replaceAll("&amp;", "&"));
  assert.equal(rows(second.text).length, 1);
  const [, newer = ""] = /href="([^"]*newer_than=[^"]*)"/.exec(second.text) ?? [];
  const back = await client.get(newer.replaceAll("&amp;", "&"));
  assert.deepEqual(rows(back.text), rows(first.text));
  const csv = await client.get(`${path}/suppressed.csv`);
  assert.equal(csv.text.trim().split("\r\n").length, 52);
  assert.match(
    csv.text,
    /^recipient,channel,because,reason,since,lifted,lift reason\r\n447900900050,sms/,
  );
});

Deno.test("…/unsubscribed: lists who followed the link in an e-mail, with a file of them", async () => {
  await using hark = await start();
  const { client, path, serviceId, key } = await openScene(hark);
  assert.match((await client.get(`${path}/unsubscribed`)).text, /No requests to unsubscribe/);
  const template = await hark.newTemplate(serviceId, {
    ...{ channel: "email", name: "News", subject: "News", body: "Hello", unsubscribe_link: true },
  });
  const body = { email_address: "olha@example.org", template_id: template };
  const sent = await hark.as(key, "POST", "/v2/notifications/email", body);
  await sent.body?.cancel();
  await hark.settle();
  const [mail] = (await hark.sent()).filter(({ to }) => to === "olha@example.org");
  const [, link = ""] = /(\/unsubscribe\/[^\s"<)]+)/.exec(String(mail?.text)) ?? [];
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  const asked = await hark.request(link, {
    ...{ method: "POST", headers, body: "List-Unsubscribe=One-Click" },
  });
  await asked.body?.cancel();
  assert.ok(asked.status < 400);
  assert.match(rows((await client.get(`${path}/unsubscribed`)).text)[0] ?? "", /^olha@example.org/);
  assert.match((await client.get(`${path}/unsubscribed.csv`)).text, /\r\nolha@example.org,20/);
});

/** Stores a text that a person sent to the service. */
async function receive(hark: TestApplication, client: WebClient, path: string, message: string) {
  const added = await hark.manage("POST", `/manage${path}/inbound_numbers`, { number: "+60006" });
  await added.body?.cancel();
  const answer = await hark.request("http://localhost/inbound/sandbox", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ from: "+447900900123", to: "+60006", message }),
  });
  await answer.body?.cancel();
  assert.ok(answer.status < 300, String(answer.status));
  return await client.get(`${path}/replies`);
}

test.inside("…/replies: lists the texts of people; a conversation has both sides, and no number in its address", async () => {
  await using hark = await start();
  const { client, path, serviceId, key } = await openScene(hark);
  assert.match((await client.get(`${path}/replies`)).text, /No replies yet/);
  const template = await hark.newTemplate(serviceId);
  const body = { phone_number: NUMBER, template_id: template, personalisation: { name: "Olha" } };
  const sent = await hark.as(key, "POST", "/v2/notifications/sms", body);
  await sent.body?.cancel();
  const replies = await receive(hark, client, path, "I come <b>later</b>");
  assert.match(rows(replies.text)[0] ?? "", /\+447900900123 I come &lt;b&gt;later/);
  const [, link = ""] = /href="([^"]*\/replies\/[^"]+)"/.exec(replies.text) ?? [];
  assert.ok(!link.includes("900123"));
  const conversation = await client.get(link);
  assert.match(conversation.text, /Conversation with \+447900900123/);
  assert.match(conversation.text, /Your service.*Olha/s);
  assert.match(conversation.text, /The person.*I come/s);
  assert.match((await client.get(path)).text, /Replies in the last 7 days: 1/);
  const other = await createService(client, "Other");
  assert.equal((await client.get(link.replace(path, other))).status, 404);
  assert.equal((await client.get(`${path}/replies/nothing`)).status, 404);
});

Deno.test("…/lists: shows each list's progress and states, each a link to its messages, and a file of them", async () => {
  await using hark = await start();
  const { client, path, serviceId } = await openScene(hark);
  assert.match((await client.get(`${path}/lists`)).text, /No lists yet/);
  const template = await hark.newTemplate(serviceId);
  const query = new URLSearchParams({
    template_id: template,
    name: "October <b>",
    file_name: "o.csv",
  });
  const csv = "phone number,name\n07900900123,Ann\n07900900124,Bob\n";
  const upload = (body: string) =>
    hark.request(`/manage${path}/jobs?${query}`, {
      method: "POST",
      headers: {
        "Authorization": "Bearer operator-token-for-tests",
        "Content-Type": "text/csv",
      },
      body,
    });
  const made = await upload(csv);
  const job = await made.json();
  assert.equal(made.status, 201, JSON.stringify(job));
  await hark.settle();
  const page = await client.get(`${path}/lists`);
  assert.match(rows(page.text)[0] ?? "", /^October &lt;b&gt;.*All accepted 2 of 2 Delivered: 2/);
  const [, link = ""] = /href="([^"]*state=delivered&amp;list=[^"]*)"/.exec(page.text) ?? [];
  const messages = await client.get(link.replaceAll("&amp;", "&"));
  assert.equal(rows(messages.text).length, 2);
  const results = await client.get(`${path}/messages.csv?list=${job.id}`);
  const lines = results.text.trim().split("\r\n");
  assert.equal(lines.length, 3);
  assert.match(lines[1] ?? "", new RegExp(`,${job.id},3,.*07900900124`));
  const later = await upload("phone number,name\n07900900125,Cal\n");
  await later.body?.cancel();
  assert.equal(later.status, 201);
  const newer = await client.get(`${path}/lists?newer_than=${job.id}`);
  assert.equal(rows(newer.text).length, 1);
  assert.match(newer.text, /older_than=/);
});
