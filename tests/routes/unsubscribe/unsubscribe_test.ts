import assert from "node:assert/strict";
import { idBytes } from "../../../adapters/libsql/connection/row.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import {
  bodyOf,
  callAt,
  countOf,
  DAY,
  EMAIL,
  emailTo,
  movableClock,
  newServiceWithTemplates,
  NO_ID,
  type ServiceWithTemplates,
} from "../support.ts";
import { RUNNER, test } from "../../support/runner.ts";

const ROOT = "https://hark.example.org/";
const FORM = { accept: "text/html,application/xhtml+xml" };
const SUCCESS = { result: "success", message: "Unsubscribe successful" };
const FORGED = {
  result: "error",
  message: { "unsubscribe request": "This is not a valid unsubscribe link." },
};
const GONE = { result: "error", message: "This unsubscribe link is invalid or expired." };

async function createServiceWithLink(hark: TestApplication): Promise<ServiceWithTemplates> {
  const service = await newServiceWithTemplates(hark, { name: "City <Library>" });
  const email = await hark.newTemplate(service.id, {
    channel: "email",
    name: "News",
    subject: "News",
    body: "Hello ((name))",
    unsubscribe_link: true,
  });
  return { ...service, email };
}

const startLinked = () => startTestApplication({ environment: { PUBLIC_URL: ROOT.slice(0, -1) } });

async function sendOne(hark: TestApplication, service: ServiceWithTemplates, fields = {}) {
  const request = emailTo(service, fields);
  const sent = await bodyOf(await hark.as(service.keys.live, "POST", EMAIL, request), 201);
  await hark.settle();
  const message = (await hark.sent()).find((each) => each.notification_id === sent.id);
  assert.ok(message !== undefined);
  return { sent, message };
}

/** The path of a message's link. */
function pathOf(message: { readonly headers: Readonly<Record<string, string>> }): string {
  const [, url = ""] = /^<(.*)>$/.exec(message.headers["List-Unsubscribe"] ?? "") ?? [];
  assert.ok(url.startsWith(`${ROOT}unsubscribe/`), url);
  return `/${url.slice(ROOT.length)}`;
}

Deno.test("unsubscribe_link: adds both headers, the footer and the address in the API to the template's e-mails", async () => {
  await using hark = await startLinked();
  const service = await createServiceWithLink(hark);
  const { sent, message } = await sendOne(hark, service);
  const url = ROOT + pathOf(message).slice(1);
  assert.match(url, new RegExp(`^${ROOT}unsubscribe/${sent.id}/[A-Za-z0-9_-]{64}$`));
  assert.equal(message.headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
  assert.ok(message.html?.includes(`href="${url}"`));
  assert.match(message.html ?? "", />Unsubscribe from these emails<\/a>/);
  assert.ok(message.text.includes(`Unsubscribe from these emails: ${url}`), message.text);
  assert.equal(sent.content.body, "Hello Ann", "the footer is no part of the body");
  assert.equal(sent.content.one_click_unsubscribe_url, url);
  const read = await hark.as(service.keys.live, "GET", `/v2/notifications/${sent.id}`);
  assert.equal((await bodyOf(read, 200)).one_click_unsubscribe_url, url);
});

Deno.test("one_click_unsubscribe_url: overrides the template's link, and adds no footer by itself", async () => {
  await using hark = await startLinked();
  const [linked, plain] = [await createServiceWithLink(hark), await newServiceWithTemplates(hark)];
  const own = "https://example.com/stop?a=1&b=(2)";
  const personalisation = { one_click_unsubscribe_url: own };
  const { sent, message } = await sendOne(hark, linked, personalisation);
  assert.equal(message.headers["List-Unsubscribe"], `<${own}>`);
  assert.equal(sent.content.one_click_unsubscribe_url, own);
  assert.ok(message.text.includes("https://example.com/stop?a=1&b=(2)"), message.text);
  assert.ok(!message.html?.includes("hark.example.org/unsubscribe"));
  const { message: bare } = await sendOne(hark, plain, personalisation);
  assert.equal(bare.headers["List-Unsubscribe"], `<${own}>`);
  assert.doesNotMatch(bare.text, /Unsubscribe/);
  const { sent: none, message: without } = await sendOne(hark, plain);
  assert.equal(none.content.one_click_unsubscribe_url, null);
  assert.equal(without.headers["List-Unsubscribe"], undefined);
});

Deno.test("POST /unsubscribe/{id}/{token}: unsubscribes once, and 200 when repeated", async () => {
  await using hark = await startLinked();
  const service = await createServiceWithLink(hark);
  const { sent, message } = await sendOne(hark, service);
  const path = pathOf(message);
  const oneClick = {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "List-Unsubscribe=One-Click",
  };
  const ways: readonly RequestInit[] = [
    oneClick,
    oneClick,
    { method: "POST" },
    // A workerd on loopback breaks the connection while a body comes that is not read.
    ...(RUNNER === "worker"
      ? []
      : [{ method: "POST", headers: { accept: "*/*" }, body: "x".repeat(6 * 1024 * 1024) }]),
  ];
  for (const init of ways) {
    assert.deepEqual(await bodyOf(await hark.request(path, init), 200), SUCCESS);
  }
  assert.equal(await countOf(hark, "unsubscribe_requests"), 1);
  const servicePath = `/manage/services/${service.id}`;
  const { events } = await bodyOf(
    await hark.manage("GET", `${servicePath}/notifications/${sent.id}/timeline`),
    200,
  );
  const requested = events.filter(({ kind }: { kind: string }) => kind === "unsubscribed");
  assert.equal(requested.length, 1);
  const listed = await bodyOf(await hark.manage("GET", `${servicePath}/unsubscribe_requests`), 200);
  assert.deepEqual(listed.links, {});
  const [{ id: _id, requested_at, ...request }, ...others] = listed.unsubscribe_requests;
  assert.equal(others.length, 0);
  assert.equal(requested_at, requested[0].at);
  assert.deepEqual(request, {
    notification_id: sent.id,
    template_id: service.email,
    email_address: "ann@example.com",
  });
  const status = await hark.as(service.keys.live, "GET", `/v2/notifications/${sent.id}`);
  assert.equal((await bodyOf(status, 200)).status, "delivered", "it changes no status");
  assert.equal((await sendOne(hark, service)).sent.id.length, 36, "nothing is blocked");
});

Deno.test("GET /unsubscribe/{id}/{token}: shows a form and changes nothing; the form's POST answers with a page", async () => {
  await using hark = await startLinked();
  const { message } = await sendOne(hark, await createServiceWithLink(hark));
  const path = pathOf(message);
  for (const method of ["GET", "HEAD", "GET"]) {
    const response = await hark.request(path, { method, headers: FORM });
    assert.equal(response.status, 200);
    const page = await response.text();
    if (method === "HEAD") continue;
    assert.match(page, /<html lang="en">/);
    assert.match(page, /<h1>Unsubscribe from these emails\?<\/h1>/);
    assert.match(page, /City &lt;Library&gt;/);
    assert.match(page, /<form method="post">/);
    assert.doesNotMatch(page, /<script|ann@example\.com/);
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /form-action 'self'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|script-src/);
    const [, nonce = "none"] = /style-src 'nonce-([^']+)'/.exec(policy) ?? [];
    assert.ok(page.includes(`<style nonce="${nonce}">`));
    assert.equal(response.headers.get("referrer-policy"), "no-referrer");
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(response.headers.get("x-robots-tag"), "noindex");
  }
  assert.equal(await countOf(hark, "unsubscribe_requests"), 0);
  const done = await hark.request(path, { method: "POST", headers: FORM });
  assert.equal(done.status, 200);
  assert.match(await done.text(), /<h1>You have unsubscribed<\/h1>/);
  assert.equal(await countOf(hark, "unsubscribe_requests"), 1);
  const again = await hark.request(path, { headers: FORM });
  assert.match(await again.text(), /<h1>You have unsubscribed<\/h1>/);
});

Deno.test("/unsubscribe: refuses forged links without details", async () => {
  await using hark = await startLinked();
  const service = await createServiceWithLink(hark);
  const [one, two] = [await sendOne(hark, service), await sendOne(hark, service)];
  const path = pathOf(one.message);
  const token = path.slice(-64);
  const paths = [
    `${path}x`,
    path.slice(0, -1),
    `/unsubscribe/${two.sent.id}/${token}`,
    `/unsubscribe/${NO_ID}/${token}`,
    `/unsubscribe/x/${token}`,
    `/unsubscribe/${one.sent.id}/${"A".repeat(64)}`,
    `/unsubscribe/${one.sent.id}/%00`,
    `/unsubscribe/${one.sent.id}/%ff%fe`,
  ];
  for (const each of paths) {
    const answer = await hark.request(each, { method: "POST" });
    assert.deepEqual(await bodyOf(answer, 404, each), FORGED, each);
    for (const method of ["GET", "POST"]) {
      const page = await hark.request(each, { method, headers: FORM });
      assert.equal(page.status, 404, each);
      assert.match(await page.text(), /<h1>This link does not work<\/h1>/);
    }
  }
  assert.equal((await hark.request(path, { method: "DELETE" })).status, 405);
  assert.equal((await hark.request("/unsubscribe/x", { method: "POST" })).status, 404);
  assert.equal(await countOf(hark, "unsubscribe_requests"), 0);
  assert.ok(!JSON.stringify(await hark.log()).includes(token), "no log line has a token");
});

test.inside("/unsubscribe/{id}/{token}: works for a year while its message is kept, and not after", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({
    clock,
    environment: { PUBLIC_URL: ROOT.slice(0, -1) },
  });
  const service = await createServiceWithLink(hark);
  const send = async () => {
    await bodyOf(
      await callAt(hark, clock, service.keys.live, "POST", EMAIL, emailTo(service)),
      201,
    );
    await hark.settle();
    const [message] = await hark.sent();
    assert.ok(message);
    return pathOf(message);
  };
  const [used, unused, purged] = [await send(), await send(), await send()];
  clock.advance(365 * DAY - 60_000);
  assert.deepEqual(await bodyOf(await hark.request(used, { method: "POST" }), 200), SUCCESS);
  clock.advance(2 * 60_000);
  for (const path of [used, unused]) {
    assert.deepEqual(await bodyOf(await hark.request(path, { method: "POST" }), 404), GONE);
    const page = await hark.request(path, { headers: FORM });
    assert.match(await page.text(), /<h1>This link no longer works<\/h1>/);
  }
  clock.advance(-300 * DAY);
  await hark.db.write(["DELETE FROM notifications"]);
  assert.deepEqual(await bodyOf(await hark.request(purged, { method: "POST" }), 404), GONE);
  assert.deepEqual(await bodyOf(await hark.request(used, { method: "POST" }), 200), SUCCESS);
});

Deno.test("unsubscribe_link: belongs to a version of an e-mail template, and to no other channel", async () => {
  await using hark = await startLinked();
  const service = await newServiceWithTemplates(hark);
  const templates = `/manage/services/${service.id}/templates`;
  const email = { channel: "email", name: "News", subject: "News", body: "Hi" };
  const put = async (id: string, body: unknown, status = 200) =>
    await bodyOf(await hark.manage("PUT", `${templates}/${id}`, body), status);
  const plain = await bodyOf(await hark.manage("POST", templates, email), 201);
  assert.equal(plain.unsubscribe_link, false);
  const linked = await put(plain.id, { unsubscribe_link: true });
  assert.deepEqual([linked.version, linked.unsubscribe_link, linked.body], [2, true, "Hi"]);
  const renamed = await put(plain.id, { name: "Old news" });
  assert.deepEqual([renamed.version, renamed.unsubscribe_link], [3, true], "it stays");
  const unlinked = await put(plain.id, { unsubscribe_link: false });
  assert.equal(unlinked.unsubscribe_link, false);
  for (const wrong of ["yes", 1, null]) {
    const { errors } = await put(plain.id, { unsubscribe_link: wrong }, 400);
    assert.equal(errors[0].field, "unsubscribe_link");
  }
  const { errors } = await put(service.sms, { unsubscribe_link: true }, 400);
  assert.deepEqual(errors, [
    { field: "unsubscribe_link", message: "a text has no link to unsubscribe" },
  ]);
  const text = { channel: "sms", name: "Text", body: "Hi" };
  const refused = await hark.manage("POST", templates, { ...text, unsubscribe_link: true });
  assert.equal((await bodyOf(refused, 400)).errors[0].field, "unsubscribe_link");
  const conflict = await hark.manage("POST", templates, { ...text, unsubscribe_link: false });
  assert.equal((await bodyOf(conflict, 201)).unsubscribe_link, false);
});

Deno.test("GET /manage/…/unsubscribe_requests: lists the service's own requests, 250 a page", async () => {
  await using hark = await startLinked();
  const [service, stranger] = [
    await newServiceWithTemplates(hark),
    await newServiceWithTemplates(hark),
  ];
  const idOf = (at: number) => `0195f000-0000-7000-8000-${String(at).padStart(12, "0")}`;
  await hark.db.write(Array.from({ length: 251 }, (_, at) => ({
    sql: "INSERT INTO unsubscribe_requests VALUES (?, ?, ?, ?, ?)",
    args: [
      ...[service.id, idOf(at), idOf(at), service.email].map(idBytes),
      at,
    ],
  })));
  const address = `/manage/services/${service.id}/unsubscribe_requests`;
  const first = await bodyOf(await hark.manage("GET", address), 200);
  assert.equal(first.unsubscribe_requests.length, 250);
  assert.deepEqual(first.unsubscribe_requests[0], {
    id: idOf(250),
    notification_id: idOf(250),
    template_id: service.email,
    email_address: null,
    requested_at: "1970-01-01T00:00:00.250Z",
  });
  const second = await bodyOf(await hark.manage("GET", first.links.next), 200);
  assert.deepEqual(second.unsubscribe_requests.map(({ id }: { id: string }) => id), [idOf(0)]);
  assert.deepEqual(second.links, {});
  assert.equal((await hark.manage("GET", `${address}?older_than=x`)).status, 400);
  const theirs = `/manage/services/${stranger.id}/unsubscribe_requests`;
  const none = await bodyOf(await hark.manage("GET", theirs), 200);
  assert.deepEqual(none, { unsubscribe_requests: [], links: {} });
});
