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
import { bodyOf } from "../support.ts";

function start(environment: Readonly<Record<string, string>> = {}) {
  return startTestApplication({ environment: { REGISTRATION_DOMAINS: "*", ...environment } });
}

Deno.test("POST /register/sent: says the same of a known and of an unknown address", async () => {
  await using hark = await start();
  await registerPerson(hark);
  const client = openClient(hark);
  const ask = async (email_address: string) => {
    const page = await client.post("/register/sent", { email_address }, { from: "/register" });
    return [page.status, page.text.replaceAll(email_address, "…")];
  };
  assert.deepEqual(await ask(ANN.email), await ask("bob.clerk@dept.gov.example"));
  assert.match(await received(hark, ANN.email, /(have an account|already)/i), /./);
});

Deno.test("POST /register/sent: shows what was typed with the fault, and refuses other domains", async () => {
  await using hark = await start({ REGISTRATION_DOMAINS: "dept.gov.example" });
  const client = openClient(hark);
  const send = (email_address: string) =>
    client.post("/register/sent", { email_address }, { from: "/register" });
  const broken = await send("ann@@dept");
  assert.equal(broken.status, 422);
  assert.match(broken.text, /value="ann@@dept"/);
  assert.match(broken.text, /<title>Error: Register – Hark<\/title>/);
  assert.match(broken.text, /aria-describedby="email_address-hint email_address-fault"/);
  const foreign = await send("ann@evil.example");
  assert.match(foreign.text, /not of an organisation that may register/);
  assert.match(foreign.text, /dept\.gov\.example/);
  assert.equal((await send("ann@sub.dept.gov.example")).status, 200);
});

Deno.test("/register/{token}: the link works once, and GET does not use it", async () => {
  await using hark = await start();
  const client = openClient(hark);
  await client.post("/register/sent", { email_address: ANN.email }, { from: "/register" });
  const path = await received(hark, ANN.email, /(\/register\/[\w-]+)/);
  for (let visit = 0; visit < 3; visit++) assert.equal((await client.get(path)).status, 200);
  const form = { name: ANN.name, password: ANN.password, mobile_number: ANN.mobile };
  const short = await client.post(path, { ...form, password: "short" });
  assert.equal(short.status, 422);
  assert.match(short.text, /at least 12 characters/);
  assert.doesNotMatch(short.text, /value="short"/);
  const done = await client.post(path, form);
  assert.deepEqual([done.status, done.location], [303, "/sign-in/code"]);
  const again = await openClient(hark).post(path, form);
  assert.equal(again.status, 410);
  assert.match(again.text, /This link was used before/);
  const unknown = await client.get("/register/unknown");
  assert.equal(unknown.status, 410);
});

Deno.test("/sign-in: a session before the second factor reaches the code and signing out only", async () => {
  await using hark = await start();
  await registerPerson(hark);
  const client = openClient(hark);
  const opened = await client.post("/sign-in", {
    email_address: ANN.email.toUpperCase(),
    password: ANN.password,
    return_to: "/services/new",
  });
  assert.equal(opened.location, "/sign-in/code?return_to=%2Fservices%2Fnew");
  for (const path of ["/services", "/services/new", "/account"]) {
    assert.match((await client.get(path)).location ?? "", /^\/sign-in\/code/, path);
  }
  const page = await client.get("/sign-in/code?return_to=/services/new");
  assert.match(page.text, /autocomplete="one-time-code"/);
  assert.match(page.text, /number ending/);
  const half = client.cookies.get("hark");
  const code = await received(hark, endOf(ANN.mobile), CODE);
  const done = await client.post("/sign-in/code", { code, return_to: "/services/new" });
  assert.equal(done.location, "/services/new");
  assert.notEqual(client.cookies.get("hark"), half);
  const replayed = openClient(hark);
  replayed.cookies.set("hark", half ?? "");
  assert.match((await replayed.get("/services")).location ?? "", /^\/sign-in/);
});

Deno.test("/sign-in: a wrong password and an unknown address get the same page", async () => {
  await using hark = await start();
  await registerPerson(hark);
  const client = openClient(hark);
  const attempt = async (email_address: string) => {
    const page = await client.post("/sign-in", { email_address, password: "wrong words here" });
    assert.equal(client.cookies.has("hark"), false);
    return [page.status, page.text.replaceAll(email_address, "…")];
  };
  const wrong = await attempt(ANN.email);
  assert.deepEqual(wrong, await attempt("stranger@dept.gov.example"));
  assert.equal(wrong[0], 422);
});

Deno.test("/sign-in/code: shows the tries that are left, and refuses a code without digits", async () => {
  await using hark = await start();
  await registerPerson(hark);
  const client = openClient(hark);
  await client.post("/sign-in", { email_address: ANN.email, password: ANN.password });
  const right = await received(hark, endOf(ANN.mobile), CODE);
  const wrong = String((Number(right) + 1) % 1_000_000).padStart(6, "0");
  assert.match((await client.post("/sign-in/code", { code: wrong })).text, /You have 4 tries left/);
  assert.match((await client.post("/sign-in/code", { code: " " })).text, /Enter the code/);
  const soon = await client.post("/sign-in/code/new", {}, { from: "/sign-in/code" });
  assert.equal(soon.status, 422);
  assert.match(soon.text, /You can ask for a new code in \d+ seconds?/);
  const spaced = `${right.slice(0, 3)} ${right.slice(3)}`;
  assert.equal((await client.post("/sign-in/code", { code: spaced })).status, 303);
});

Deno.test("/sign-in: returns to pages of this site only", async () => {
  await using hark = await start();
  await registerPerson(hark);
  for (const returnTo of ["https://evil.example/", "//evil.example", "/v2/templates"]) {
    const client = openClient(hark);
    const opened = await client.post("/sign-in", {
      email_address: ANN.email,
      password: ANN.password,
      return_to: returnTo,
    });
    assert.equal(opened.location, "/sign-in/code?return_to=%2Fservices", returnTo);
  }
});

Deno.test("/sign-out: ends the session, and its cookie does not open a page any more", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const token = client.cookies.get("hark") ?? "";
  const left = await client.post("/sign-out", {}, { from: "/services" });
  assert.deepEqual([left.location, client.cookies.has("hark")], ["/", false]);
  client.cookies.set("hark", token);
  assert.equal((await client.get("/services")).location, "/sign-in?return_to=%2Fservices");
});

Deno.test("/sign-in: over https the cookie is __Host-hark, Secure, HttpOnly and SameSite=Lax", async () => {
  await using hark = await startTestApplication({
    environment: { REGISTRATION_DOMAINS: "*", PUBLIC_URL: "https://hark.example.org" },
  });
  const person = openClient(hark);
  const headers = { origin: "https://hark.example.org" };
  const register = { email_address: ANN.email };
  await person.post("/register/sent", register, { from: "/register", headers });
  const path = await received(hark, ANN.email, /(\/register\/[\w-]+)/);
  const done = await person.post(path, {
    name: ANN.name,
    password: ANN.password,
    mobile_number: ANN.mobile,
  }, { headers });
  const [cookie = ""] = done.headers.getSetCookie();
  assert.match(cookie, /^__Host-hark=[\w-]{43}; /);
  for (const attribute of ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"]) {
    assert.ok(cookie.includes(attribute), attribute);
  }
  assert.doesNotMatch(cookie, /Domain/);
});

Deno.test("/sign-in/forgotten: sets a new password by a link, and ends all sessions", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const other = openClient(hark);
  await other.post("/sign-in/forgotten", { email_address: ANN.email });
  const path = await received(hark, ANN.email, /(\/sign-in\/new-password\/[\w-]+)/);
  assert.equal((await other.post(path, { password: "short" })).status, 422);
  const done = await other.post(path, { password: "lamps over quiet rivers" });
  assert.equal(done.status, 200);
  assert.match((await client.get("/services")).location ?? "", /^\/sign-in/);
  assert.equal((await other.post(path, { password: "lamps over quiet rivers" })).status, 410);
  const old = await other.post("/sign-in", { email_address: ANN.email, password: ANN.password });
  assert.equal(old.status, 422);
});

Deno.test("/operators/{token}: creates the operator's account, and makes an existing account an operator", async () => {
  await using hark = await start();
  const linkOf = async (email_address: string) => {
    const made = await hark.manage("POST", "/manage/operators", { email_address });
    return new URL((await bodyOf(made, 201)).url).pathname;
  };
  const client = openClient(hark);
  const path = await linkOf(ANN.email);
  assert.match((await client.get(path)).text, /You will be an operator/);
  await client.post(path, {
    name: ANN.name,
    password: ANN.password,
    mobile_number: ANN.mobile,
  });
  const code = await received(hark, endOf(ANN.mobile), CODE);
  assert.equal((await client.post("/sign-in/code", { code })).status, 303);
  assert.equal((await client.get(path)).status, 410);

  const bob = {
    name: "Bob",
    email: "bob@dept.gov.example",
    password: "seven quiet green lamps",
    mobile: "07900 900124",
  };
  const other = await registerPerson(hark, bob);
  const link = await linkOf(bob.email);
  const mistaken = await client.post(link, {});
  assert.equal(mistaken.status, 422);
  assert.match(mistaken.text, /for another address than yours/);
  assert.match((await openClient(hark).get(link)).text, /sign in, and you come back here/);
  assert.equal((await other.post(link, {})).location, "/services");
  assert.equal((await other.get(link)).status, 410);
});
