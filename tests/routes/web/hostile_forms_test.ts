import assert from "node:assert/strict";
import { startTestApplication } from "../../support/application.ts";
import {
  ANN,
  CODE,
  endOf,
  openClient,
  received,
  registerPerson,
} from "../../support/web_client.ts";

/** Starts an application in which everybody may register. */
function start() {
  return startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" } });
}

Deno.test("returnPath: leads to the services when the path cannot stand in a header", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  for (
    const path of [
      "/services?a\nb",
      "/services?a\r\nset-cookie: a=b",
      "/services?\0",
      "/services?é",
    ]
  ) {
    const query = new URLSearchParams({ return_to: path });
    const page = await client.get(`/sign-in?${query}`);
    assert.deepEqual([page.status, page.location], [303, "/services"], path);
    const chosen = await client.post("/preferences", { return_to: path }, { from: "/privacy" });
    assert.deepEqual([chosen.status, chosen.location], [303, "/"], path);
  }
});

Deno.test("POST /sign-in/code: a return path with a line break does not cost the code", async () => {
  await using hark = await start();
  await registerPerson(hark);
  const client = openClient(hark);
  await client.post("/sign-in", { email_address: ANN.email, password: ANN.password });
  const code = await received(hark, endOf(ANN.mobile), CODE);
  const done = await client.post("/sign-in/code", { code, return_to: "/services?a\r\nb" });
  assert.equal(done.status, 303);
  assert.match(done.location ?? "", /^\/services(\?recovery_codes|$)/);
});

Deno.test("POST /account/app: a form that the page did not make is answered 403", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const secret = "A".repeat(32);
  for (
    const form of [
      { secret, uri: `otpauth://totp/${"x".repeat(20_000)}` },
      { secret, uri: "https://evil.example/" },
      { secret: "<b>", uri: "otpauth://totp/Hark" },
    ]
  ) {
    const page = await client.post("/account/app", { step: "code", code: "123456", ...form });
    assert.equal(page.status, 403, form.uri.slice(0, 40));
  }
  const started = await client.post("/account/app", { step: "start" });
  const hidden = (name: string) =>
    new RegExp(`name="${name}" value="([^"]+)"`).exec(started.text)?.[1]?.replaceAll("&amp;", "&");
  const [own = "", uri = ""] = [hidden("secret"), hidden("uri")];
  const again = await client.post("/account/app", { step: "code", code: "x", secret: own, uri });
  assert.equal(again.status, 422);
  assert.ok(again.text.includes(own));
});

Deno.test("POST /preferences: the password alone does not change the language of the account", async () => {
  await using hark = await start();
  const owner = await registerPerson(hark);
  const half = openClient(hark);
  await half.post("/sign-in", { email_address: ANN.email, password: ANN.password });
  await half.post("/preferences", { language: "uk", return_to: "/" }, { from: "/sign-in/code" });
  owner.cookies.delete("hark_language");
  assert.match((await owner.get("/account")).text, /<html lang="en">/);
  await owner.post("/preferences", { language: "uk", return_to: "/" }, { from: "/account" });
  owner.cookies.delete("hark_language");
  assert.match((await owner.get("/account")).text, /<html lang="uk">/);
});

Deno.test("/register/{token}: the page with the address is not stored by the browser", async () => {
  await using hark = await start();
  const client = openClient(hark);
  await client.post("/register/sent", { email_address: ANN.email }, { from: "/register" });
  const page = await client.get(await received(hark, ANN.email, /(\/register\/[\w-]+)/));
  assert.ok(page.text.includes(ANN.email));
  assert.equal(page.headers.get("cache-control"), "no-store");
});

Deno.test("POST /account/confirm: tries beyond the limit are answered 429 with Retry-After", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const tryPassword = () => client.post("/account/confirm", { password: "x" });
  const answers = await Promise.all(Array.from({ length: 11 }, tryPassword));
  // A Worker refuses a password whose hash would have to wait for others.
  const busy = answers.filter(({ status }) => status === 503);
  for (const _ of busy) answers.push(await tryPassword());
  for (const { status, headers } of answers) {
    assert.ok([422, 429, 503].includes(status), String(status));
    if (status !== 422) assert.match(headers.get("retry-after") ?? "", /^\d+$/);
  }
  assert.ok(answers.some(({ status }) => status === 429));
});
