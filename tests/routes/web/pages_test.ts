import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { type Database, openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "../../support/migrated.ts";
import { StoreUnavailable } from "../../../domain/ports/store_unavailable.ts";
import { MAX_FORM_BYTES } from "../../../routes/web/forms.ts";
import { startTestApplication } from "../../support/application.ts";
import { createService, openClient, registerPerson } from "../../support/web_client.ts";
import { test } from "../../support/runner.ts";

/** Starts an application in which everybody may register. */
function start() {
  return startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" } });
}

Deno.test("GET /: leads on, in the language of the browser, with a policy that allows no other origin", async () => {
  await using hark = await start();
  const client = openClient(hark);
  client.cookies.clear();
  const page = await client.get("/", { "accept-language": "fr, uk-UA;q=0.8, en;q=0.5" });
  assert.equal(page.status, 200);
  assert.match(page.text, /<html lang="uk">/);
  const policy = page.headers.get("content-security-policy") ?? "";
  assert.equal(
    policy,
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
      "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; " +
      "frame-ancestors 'none'",
  );
  assert.equal(page.headers.get("referrer-policy"), "same-origin");
  assert.ok(page.headers.get("x-request-id"));
  assert.doesNotMatch(page.text, / style="|<style|<script(?![^>]* src=)| on[a-z]+="/);
});

Deno.test("GET /: HEAD has the headers and no body; other methods are answered 404", async () => {
  await using hark = await start();
  const head = await hark.request("/", { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [200, ""]);
  for (const method of ["POST", "PUT", "DELETE"]) {
    const answer = await hark.request("/", { method, headers: { origin: "http://hark.test" } });
    await answer.body?.cancel();
    assert.equal(answer.status, 404, method);
  }
});

Deno.test("POST /preferences: keeps language and colours in cookies, and returns to the page", async () => {
  await using hark = await start();
  const client = openClient(hark);
  const chosen = await client.post(
    "/preferences",
    { language: "uk", return_to: "/privacy" },
    { from: "/privacy" },
  );
  assert.deepEqual([chosen.status, chosen.location], [303, "/privacy"]);
  await client.post("/preferences", { theme: "dark", return_to: "/" }, { from: "/" });
  const page = await client.get("/privacy");
  assert.match(page.text, /<html lang="uk" data-theme="dark">/);
  await client.post("/preferences", { theme: "purple", language: "fr" }, { from: "/" });
  assert.match((await client.get("/")).text, /<html lang="uk" data-theme="dark">/);
});

Deno.test("POST /preferences: leads to no other site and to no address that is not a page", async () => {
  await using hark = await start();
  const client = openClient(hark);
  for (const path of ["//evil.example", "https://evil.example", "/\\evil.example", "/v2/x", ""]) {
    const { location } = await client.post("/preferences", { return_to: path }, { from: "/" });
    assert.equal(location, "/", path);
  }
});

Deno.test("pages: a form of another site is answered 403, and changes nothing", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const foreign = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://hark.test.evil.example", "sec-fetch-site": "cross-site" },
  ];
  for (const headers of foreign) {
    const answer = await client.post("/sign-out", {}, { from: "/services", headers });
    assert.equal(answer.status, 403);
    assert.match(answer.text, /<h1>You cannot do this<\/h1>/);
  }
  assert.equal((await client.get("/services")).status, 200);
});

Deno.test("pages: a form of a session needs the session's token", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const other = await registerPerson(hark, {
    name: "Bob",
    email: "bob@dept.gov.example",
    password: "seven quiet green lamps",
    mobile: "07900 900124",
  });
  const fields = { name: "Vehicle tax", purpose: "Reminders", channels: ["sms"] };
  const without = await client.post("/services/new", fields, { without: ["csrf_token"] });
  assert.equal(without.status, 403);
  const page = await other.get("/services/new");
  const [, foreign = ""] = /name="csrf_token" value="([^"]+)"/.exec(page.text) ?? [];
  const stolen = await client.post("/services/new", { ...fields, csrf_token: foreign });
  assert.equal(stolen.status, 403);
  assert.match((await client.get("/services")).text, /You have no service yet/);
});

Deno.test("pages: a form of more than 64 kB is answered 413, one of 64 kB is read", async () => {
  await using hark = await start();
  const client = openClient(hark);
  const send = (bytes: number) => {
    const body = `email_address=${"a".repeat(bytes - "email_address=".length)}`;
    return hark.request("/register/sent", {
      method: "POST",
      headers: {
        origin: "http://hark.test",
        "content-type": "application/x-www-form-urlencoded",
        cookie: [...client.cookies].join("="),
      },
      body,
    });
  };
  const [most, more] = [await send(MAX_FORM_BYTES), await send(MAX_FORM_BYTES + 1)];
  assert.equal(most.status, 422);
  assert.equal(more.status, 413);
  assert.match(await more.text(), /The form is too large/);
  await most.body?.cancel();
});

Deno.test("pages: a body that is not a form is answered 403", async () => {
  await using hark = await start();
  for (const type of ["application/json", "multipart/form-data; boundary=x", "text/plain"]) {
    const answer = await hark.request("/register/sent", {
      method: "POST",
      headers: { origin: "http://hark.test", "content-type": type },
      body: "{}",
    });
    await answer.body?.cancel();
    assert.equal(answer.status, 403, type);
  }
});

Deno.test("pages: an unknown address is a page for browsers, and JSON for programs", async () => {
  await using hark = await start();
  const page = await hark.request("/nothing", { headers: { accept: "text/html" } });
  assert.equal(page.status, 404);
  const text = await page.text();
  assert.match(text, /<h1>Page not found<\/h1>/);
  assert.ok(text.includes(page.headers.get("x-request-id") ?? "no id"));
  const json = await hark.request("/nothing");
  assert.equal((await json.json()).result, "error");
  const api = await hark.request("/v2/nothing", { headers: { accept: "text/html" } });
  assert.match(api.headers.get("content-type") ?? "", /json/);
  await api.body?.cancel();
});

test.inside("pages: when the database is unavailable, the page says so with Retry-After", async () => {
  const opened = await openDatabase({ url: ":memory:" });
  await migrateEmpty(opened, Date.now());
  let isBroken = false;
  const wrap = (call: Database["read"]): Database["read"] => (statements) =>
    isBroken ? Promise.reject(new StoreUnavailable("SQLITE_BUSY", "busy")) : call(statements);
  const db: Database = {
    ...opened,
    read: wrap(opened.read),
    readPoint: wrap(opened.readPoint),
    write: wrap(opened.write),
  };
  await using hark = await startTestApplication({ db, environment: { REGISTRATION_DOMAINS: "*" } });
  const client = await registerPerson(hark);
  isBroken = true;
  const page = await client.get("/services");
  opened.close();
  assert.equal(page.status, 503);
  assert.match(page.text, /Hark is busy/);
  assert.equal(page.headers.get("retry-after"), "5");
});

Deno.test("pages: the log has routes, and no token, address or name", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  await createService(client, "Secret service name");
  await client.get("/register/a-token-that-is-secret");
  const log = JSON.stringify(await hark.log());
  assert.match(log, /"\/register\/:token"/);
  for (const secret of ["a-token-that", "ann.clerk", "Ann Clerk", "Secret service", "900123"]) {
    assert.ok(!log.includes(secret), secret);
  }
});

Deno.test("assets: have a type and an ETag, and may be kept for a year", async () => {
  await using hark = await start();
  const page = await openClient(hark).get("/sign-in");
  const paths = [...page.text.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path);
  assert.equal(paths.length, 3);
  for (const path of paths) {
    const asset = await hark.request(path);
    const tag = asset.headers.get("etag") ?? "";
    await asset.body?.cancel();
    assert.equal(asset.status, 200);
    assert.equal(asset.headers.get("cache-control"), "public, max-age=31536000, immutable");
    for (const known of [tag, `W/${tag.replace(/^W\//, "")}`, `"another", ${tag}`]) {
      const again = await hark.request(path, { headers: { "if-none-match": known } });
      assert.deepEqual([again.status, await again.text()], [304, ""], known);
    }
  }
  const unknown = await hark.request("/assets/web.0000000000000000.css");
  await unknown.body?.cancel();
  assert.equal(unknown.status, 404);
});

Deno.test("pages: a first view has less than 60 kB, compressed", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const page = await client.get(await createService(client));
  const paths = [...page.text.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path);
  const assets = await Promise.all(paths.map(async (path) => (await client.get(path)).text));
  assert.ok(gzipSync([page.text, ...assets].join("")).length < 60_000);
});

Deno.test("/privacy, /accessibility: name the deployment's contact, CONTACT_EMAIL or operator@EMAIL_DOMAIN", async () => {
  for (
    const [environment, contact] of [
      [{ CONTACT_EMAIL: "help@dept.gov.example" }, "help@dept.gov.example"],
      [{ EMAIL_DOMAIN: "mail.gov.example" }, "operator@mail.gov.example"],
    ] as const
  ) {
    await using hark = await startTestApplication({
      environment: { REGISTRATION_DOMAINS: "*", ...environment },
    });
    const client = await registerPerson(hark);
    for (const path of ["/privacy", "/accessibility"]) {
      assert.ok((await client.get(path)).text.includes(contact), `${path} ${contact}`);
    }
  }
});
