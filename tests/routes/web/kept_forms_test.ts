/** Forms that are sent when the session is over, and shown again to the person who typed them. */
import assert from "node:assert/strict";
import { createEncryption } from "../../../adapters/crypto/envelope_encryption.ts";
import { CODE_VALID_MS } from "../../../domain/accounts/one_time_codes.ts";
import type { UserId } from "../../../domain/ids.ts";
import { MAX_KEPT_FORM_BYTES, MAX_KEPT_FORMS } from "../../../domain/ports/kept_forms.ts";
import { MAX_KEPT_FIELDS } from "../../../routes/web/kept_form.ts";
import { MAX_EDITED_BODY } from "../../../routes/web/templates/typed_template.ts";
import { openAccountStores } from "../../../runtime/accounts.ts";
import {
  MASTER_KEY,
  startTestApplication,
  type TestApplication,
} from "../../support/application.ts";
import {
  ANN,
  CODE,
  createService,
  endOf,
  type Fields,
  type PageAnswer,
  received,
  registerPerson,
  type WebClient,
} from "../../support/web_client.ts";
import { bodyOf, movableClock } from "../support.ts";

const BOB = {
  name: "Bob Lee",
  email: "bob@dept.gov.example",
  password: "another long password",
  mobile: "07900 900456",
};

async function openScene() {
  const clock = movableClock(Date.UTC(2026, 10, 2, 12));
  const hark = await startTestApplication({ clock, environment: { REGISTRATION_DOMAINS: "*" } });
  const ann = await registerPerson(hark);
  const service = await createService(ann);
  const templateId = await hark.newTemplate(service.replace("/services/", ""), {
    channel: "sms",
    name: "Ready",
    body: "Dear ((name))",
  });
  const template = `${service}/templates/${templateId}`;
  return {
    hark,
    clock,
    ann,
    service,
    template,
    edit: `${template}/edit`,
    [Symbol.asyncDispose]: () => hark.close(),
  };
}

/** Sends a page's form after its session has ended in this browser. */
async function sendSignedOut(client: WebClient, path: string, fields: Fields, from = path) {
  const { text } = await client.get(from);
  // The page's own form is the last one before the foot.
  const main = /<main[^]*<\/main>/.exec(text)?.[0] ?? "";
  const hidden = Array.from(
    main.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g),
    ([, name = "", value = ""]) => [name, value] as const,
  );
  const session = client.cookies.get("hark") ?? "";
  client.cookies.delete("hark");
  const answer = await client.post(path, { ...Object.fromEntries(hidden), ...fields }, {
    from: "/sign-in",
  });
  assert.match(answer.location ?? "", /^\/sign-in\?return_to=/);
  return { answer, signInAgain: () => client.cookies.set("hark", session) };
}

/** The text of an area, as it is shown. */
function areaOf({ text }: PageAnswer): string {
  return /<textarea[^>]*>([^]*?)<\/textarea>/.exec(text)?.[1] ?? "";
}

async function countForms({ db }: TestApplication): Promise<number> {
  const [result] = await db.read(["SELECT 1 FROM user_codes WHERE purpose = 'kept-form'"]);
  return result?.rows.length ?? 0;
}

Deno.test("a form whose session is over: a full template is shown again after signing in, once, and a newer version is still noticed", async () => {
  await using scene = await openScene();
  const { hark, ann, template, edit, service } = scene;
  const body = "ж".repeat(MAX_EDITED_BODY);
  const { signInAgain } = await sendSignedOut(ann, edit, { name: "Kept", body, do: "save" });
  assert.ok((ann.cookies.get("hark_form") ?? "").length < 100);
  const changed = await hark.manage("PUT", `/manage${template}`, { body: "Theirs ((name))" });
  await bodyOf(changed, 200);
  // Signing in with password and code leads back to the page.
  ann.cookies.delete("hark_browser");
  await ann.post("/sign-in", { email_address: ANN.email, password: ANN.password, return_to: edit });
  const code = await received(hark, endOf(ANN.mobile), CODE);
  const done = await ann.post("/sign-in/code", { code, return_to: edit });
  assert.equal(done.location, edit);
  const shown = await ann.get(edit);
  assert.equal(areaOf(shown), body);
  assert.match(shown.text, /name="version" value="1"/);
  assert.equal(areaOf(await ann.get(edit)), "Theirs ((name))");

  // The version of the form is kept too, so that the other's change is not overwritten.
  await sendSignedOut(ann, edit, { name: "Kept", body: "Mine", do: "save", version: "1" });
  signInAgain();
  const again = await ann.get(edit);
  assert.match(again.text, /name="version" value="1"/);
  const saved = await ann.post(edit, { name: "Kept", body: "Mine", do: "save", version: "1" }, {
    from: service,
  });
  assert.notEqual(saved.status, 303);
});

Deno.test("a form whose session is over: a new e-mail and a message to one person keep every field", async () => {
  await using scene = await openScene();
  const { ann, service, template } = scene;
  const create = `${service}/templates/new`;
  const fields = { name: "Letter", subject: "About ((it))", body: "Dear", "value:it": "tax" };
  const mail = await sendSignedOut(ann, create, fields, `${create}?channel=email`);
  mail.signInAgain();
  const shown = await ann.get(create);
  assert.match(shown.text, /name="subject"[^>]*value="About \(\(it\)\)"/);
  assert.match(shown.text, /name="value:it" value="tax"/);
  assert.match(shown.text, /name="channel" value="email"/);

  const send = `${template}/send`;
  const typed = {
    to: ANN.mobile,
    value_0: "Olha",
    when: "later",
    date: "2026-11-03",
    time: "09:00",
  };
  const message = await sendSignedOut(ann, send, { ...typed, step: "send" });
  message.signInAgain();
  const { text } = await ann.get(send);
  for (const [name, value] of Object.entries(typed)) {
    assert.match(text, new RegExp(`name="${name}"[^>]*value="${value}"`), name);
  }
});

Deno.test("a form whose session is over: its secrets are not kept, another person does not get it, and it ends", async () => {
  await using scene = await openScene();
  const { hark, clock, ann, edit, service } = scene;
  const bob = await registerPerson(hark, BOB);
  await hark.db.write(["UPDATE users SET is_operator = 1"]);
  const fields = { name: "Kept", body: "Mine" };

  const first = await sendSignedOut(ann, edit, fields);
  bob.cookies.set("hark_form", ann.cookies.get("hark_form") ?? "");
  assert.equal(areaOf(await bob.get(edit)), "Dear ((name))");
  first.signInAgain();
  assert.equal(areaOf(await ann.get(edit)), "Mine");

  // The mark of another person, or none, keeps nothing.
  const [page, ofBob] = [(await ann.get(edit)).text, (await bob.get(edit)).text];
  const tokenIn = (text: string) => /name="csrf_token" value="([^"]+)"/.exec(text)?.[1] ?? "";
  const idOf = (token: string) => token.split(".")[1] ?? "";
  const forged = tokenIn(page).replace(idOf(tokenIn(page)), idOf(tokenIn(ofBob)));
  for (const csrf_token of [forged, "", "x", tokenIn(page).split(".")[0] ?? ""]) {
    await sendSignedOut(ann, edit, { ...fields, csrf_token });
    assert.equal(ann.cookies.has("hark_form"), false, csrf_token);
    first.signInAgain();
  }

  const callback = `${service}/callbacks/delivery`;
  const secret = { url: "https://example.org/hook", bearer_token: "secret-token-of-ann" };
  const kept = await sendSignedOut(ann, callback, secret);
  kept.signInAgain();
  const shown = await ann.get(callback);
  assert.match(shown.text, /https:\/\/example\.org\/hook/);
  assert.doesNotMatch(shown.text, /secret-token-of-ann/);

  const late = await sendSignedOut(ann, edit, fields);
  clock.advance(CODE_VALID_MS["kept-form"] - 1);
  late.signInAgain();
  assert.equal(areaOf(await ann.get(edit)), "Mine");
  const later = await sendSignedOut(ann, edit, fields);
  clock.advance(CODE_VALID_MS["kept-form"]);
  later.signInAgain();
  assert.equal(areaOf(await ann.get(edit)), "Dear ((name))");
});

Deno.test("a form whose session is over: one that is too large is not kept, and of many the newest", async () => {
  await using scene = await openScene();
  const { hark, ann, edit } = scene;
  const size = (body: string) => JSON.stringify({ body: [body] }).length;
  const most = "x".repeat(MAX_KEPT_FORM_BYTES - size(""));
  const send = async (body: string) => {
    const { signInAgain } = await sendSignedOut(ann, edit, { body });
    signInAgain();
    const isKept = ann.cookies.delete("hark_form");
    return isKept;
  };
  assert.equal(await send("y"), true);
  // The form has other fields too, so that the longest body alone is too long.
  assert.equal(await send(most), false);
  assert.equal(await countForms(hark), 1);
  const token = /name="csrf_token" value="([^"]+)"/.exec((await ann.get(edit)).text)?.[1] ?? "";
  for (
    const [further, isKept] of [[MAX_KEPT_FIELDS - 1, true], [MAX_KEPT_FIELDS, false]] as const
  ) {
    const answer = await hark.request(edit, {
      method: "POST",
      headers: { origin: "http://hark.test" },
      body: new URLSearchParams(`csrf_token=${token}${"&x=".repeat(further)}`),
      redirect: "manual",
    });
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.getSetCookie().join().includes("hark_form="), isKept);
  }
  for (let time = 0; time < MAX_KEPT_FORMS + 2; time++) assert.equal(await send("z"), true);
  assert.equal(await countForms(hark), MAX_KEPT_FORMS);
});

Deno.test("a form whose session is over: fields named like what every object has, and pages with strange addresses, lead to sign in", async () => {
  await using scene = await openScene();
  const { ann, edit } = scene;
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  const inherited = Object.fromEntries(names.map((name) => [name, "x"]));
  const { signInAgain } = await sendSignedOut(ann, edit, { ...inherited, body: "Mine" });
  signInAgain();
  assert.equal(areaOf(await ann.get(edit)), "Mine");
  for (const id of ["a;Domain=example.org", "%D0%B6", "%0d%0aX:y", "%00"]) {
    const page = await sendSignedOut(ann, `/services/${id}/templates/new`, { body: "Mine" }, edit);
    assert.equal(page.answer.headers.getSetCookie().join().includes("hark_form="), false, id);
    signInAgain();
  }
});

Deno.test("keepForm: passwords, codes, tokens and the secret of an authenticator app are not kept", async () => {
  await using scene = await openScene();
  const { hark, clock, ann } = scene;
  const [, csrf_token = ""] = /name="csrf_token" value="([^"]+)"/.exec(
    (await ann.get("/account/name")).text,
  ) ?? [];
  const secrets = {
    ...{ password: "ABCDEFGH", code: "ABCDEFGH", secret: "ABCDEFGH", bearer_token: "ABCDEFGH" },
    uri: "otpauth://totp/ABCDEFGH",
  };
  ann.cookies.delete("hark");
  await ann.post("/account/app", { step: "code", ...secrets, csrf_token }, { from: "/sign-in" });
  const encryption = await createEncryption([Uint8Array.fromBase64(MASTER_KEY)]);
  const stores = openAccountStores({ db: hark.db, encryption, clock, forget: () => {} });
  const [users] = await hark.db.read(["SELECT lower(hex(id)) AS id FROM users"]);
  const id = String(users?.rows[0]?.["id"]).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  const token = ann.cookies.get("hark_form") ?? "";
  const kept = await stores.keptForms.take(id as UserId, token, "/account/app", clock.now());
  assert.deepEqual(kept, { step: ["code"] });
});
