/** The table of providers, and a made-up provider that is added by the steps of `docs/adding_a_provider.md`. */
import assert from "node:assert/strict";
import { ConfigError, readConfig, senderDefaults, warningsOf } from "../../runtime/config.ts";
import { VARIABLES } from "../../runtime/environment.ts";
import { PROVIDERS } from "../../runtime/providers.ts";
import { ADMIN_TOKEN, MASTER_KEY, startTestApplication } from "../support/application.ts";
import { newVonageKeys } from "../support/stand_ins/vonage.ts";
import { EXAMPLE_SMS } from "./example_sms.ts";

const TABLE = [...PROVIDERS, EXAMPLE_SMS];
const BASE = {
  DATABASE_URL: "file:unused",
  MASTER_KEY,
  ADMIN_TOKEN,
  PUBLIC_URL: "https://hark.example.org",
  EMAIL_PROVIDER: "sandbox",
};
const EXAMPLE = { EXAMPLE_SMS_TOKEN: "token", EXAMPLE_SMS_FROM: "Library" };
const TWILIO = {
  TWILIO_ACCOUNT_SID: "AC0123456789abcdef0123456789abcdef",
  TWILIO_AUTH_TOKEN: "twilio-token",
  TWILIO_FROM: "+15005550006",
};

const read = (variables: Readonly<Record<string, string>>) =>
  readConfig({ ...BASE, ...variables }, "production", TABLE);

const smsProviders = (variables: Readonly<Record<string, string>>) =>
  read(variables).channels.sms.map(({ name }) => name);

function problemsOf(variables: Readonly<Record<string, string>>): readonly string[] {
  try {
    read(variables);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split("\n");
  }
  return [];
}

Deno.test("PROVIDERS: each name and each variable belongs to one provider", () => {
  const names = PROVIDERS.map(({ name }) => name);
  assert.deepEqual([...new Set(names)], names);
  const variables = PROVIDERS.flatMap((provider) => Object.keys(provider.variables));
  assert.deepEqual([...new Set(variables)], variables);
  for (const { required, together, variables } of PROVIDERS) {
    for (const name of [...required, ...together.flat()]) assert(name in variables, name);
  }
  for (const name of [...variables, "SMS_PROVIDER", "EMAIL_PROVIDER"]) {
    assert(VARIABLES.includes(name), name);
  }
});

Deno.test("readConfig: the variable of a channel accepts the names of its providers, the sandbox and none", () => {
  const expected =
    'SMS_PROVIDER Invalid option: expected one of "twilio"|"vonage"|"example-sms"|"sandbox"|"none"';
  assert(problemsOf({ SMS_PROVIDER: "pigeon" }).includes(expected));
  assert.deepEqual(smsProviders({ SMS_PROVIDER: "sandbox", ...EXAMPLE, ...TWILIO }), ["sandbox"]);
  assert.deepEqual(smsProviders({ SMS_PROVIDER: "none", ...EXAMPLE, ...TWILIO }), []);
  assert.deepEqual(read({ SMS_PROVIDER: "none" }).closedChannels, ["sms"]);
  assert.deepEqual(read({ SMS_PROVIDER: "none", EMAIL_PROVIDER: "none" }).closedChannels, [
    "email",
    "sms",
  ]);
  assert.deepEqual(read(EXAMPLE).closedChannels, []);
});

Deno.test("readConfig: production wants the secret of Vonage's reports, or the exception that does without", () => {
  const vonage = {
    SMS_PROVIDER: "vonage",
    VONAGE_APPLICATION_ID: crypto.randomUUID(),
    VONAGE_PRIVATE_KEY: newVonageKeys().privateKey,
    VONAGE_FROM: "Library",
  };
  const [problem, ...others] = problemsOf(vonage);
  assert.deepEqual(others, []);
  assert.match(problem ?? "", /^VONAGE_SIGNATURE_SECRET is missing: .*ALLOW_INSECURE=no-receipts$/);
  const allowed = read({ ...vonage, ALLOW_INSECURE: "no-receipts" });
  assert(warningsOf(allowed).some((line) => line.startsWith("VONAGE_SIGNATURE_SECRET is not set")));
  const complete = { ...vonage, VONAGE_SIGNATURE_SECRET: "secret" };
  assert.deepEqual(problemsOf(complete), []);
  assert.deepEqual(smsProviders({ ...complete, ...TWILIO }), ["vonage", "twilio"]);
  assert.equal(senderDefaults(read(complete)).smsSender, "Library");
  const wrong = { ...complete, VONAGE_APPLICATION_ID: "abc", VONAGE_PRIVATE_KEY: "s3cret" };
  assert.deepEqual(problemsOf(wrong).map((line) => line.split(" ")[0]), [
    "VONAGE_APPLICATION_ID",
    "VONAGE_PRIVATE_KEY",
  ]);
  assert.doesNotMatch(problemsOf(wrong).join("\n"), /s3cret|abc/);
});

Deno.test("readConfig: reads SMTP_URL, and prefers Postmark unless EMAIL_PROVIDER names smtp", () => {
  const emailProviders = (variables: Readonly<Record<string, string>>) =>
    read({ SMS_PROVIDER: "sandbox", EMAIL_PROVIDER: "", ...variables }).channels.email
      .map(({ name }) => name);
  const smtp = { SMTP_URL: "smtps://hark:secret@mail.example.org" };
  const postmark = { POSTMARK_SERVER_TOKEN: "token", ALLOW_INSECURE: "no-receipts" };
  assert.deepEqual(emailProviders(smtp), ["smtp"]);
  assert.deepEqual(emailProviders({ ...smtp, ...postmark }), ["postmark", "smtp"]);
  assert.deepEqual(emailProviders({ ...smtp, ...postmark, EMAIL_PROVIDER: "smtp" }), [
    "smtp",
    "postmark",
  ]);
  assert.deepEqual(emailProviders({ ...smtp, EMAIL_PROVIDER: "none" }), []);
});

Deno.test("readConfig: names the missing variables of a provider that is chosen or begun", () => {
  const missing = (name: string) =>
    `${name} is missing: set it, or SMS_PROVIDER=sandbox to send nothing and only pretend to`;
  const both = [missing("EXAMPLE_SMS_TOKEN"), missing("EXAMPLE_SMS_FROM")];
  assert.deepEqual(problemsOf({ SMS_PROVIDER: "example-sms" }), both);
  assert.deepEqual(problemsOf({ EXAMPLE_SMS_TOKEN: "token" }), [missing("EXAMPLE_SMS_FROM")]);
  assert.deepEqual(problemsOf({ ...TWILIO, EXAMPLE_SMS_TOKEN: "token" }), [
    missing("EXAMPLE_SMS_FROM"),
  ]);
  assert.deepEqual(problemsOf({}), Object.keys(TWILIO).map(missing));
});

Deno.test("readConfig: the chosen provider comes first, then the others of the channel that are configured", () => {
  assert.deepEqual(smsProviders(EXAMPLE), ["example-sms"]);
  assert.deepEqual(smsProviders({ ...EXAMPLE, ...TWILIO }), ["twilio", "example-sms"]);
  const second = { SMS_PROVIDER: "example-sms", ...EXAMPLE, ...TWILIO };
  assert.deepEqual(smsProviders(second), ["example-sms", "twilio"]);
  assert.equal(senderDefaults(read(second)).smsSender, "Library");
  assert.equal(senderDefaults(read({ ...EXAMPLE, ...TWILIO })).smsSender, "+15005550006");
  assert.deepEqual(problemsOf({ ...EXAMPLE, PUBLIC_URL: "" }).map((line) => line.split(" ")[0]), [
    "PUBLIC_URL",
  ]);
});

Deno.test("PROVIDERS: a second SMS provider, of one file and one row, sends texts and its receipts are applied", async () => {
  const calls: { readonly url: string; readonly body: unknown }[] = [];
  await using hark = await startTestApplication({
    providers: TABLE,
    environment: { SMS_PROVIDER: "example-sms", ...EXAMPLE, ...TWILIO },
    fetch: async (input, init) => {
      const request = new Request(input, init);
      calls.push({ url: request.url, body: await request.json() });
      return Response.json({ id: "message-1" }, { status: 201 });
    },
  });
  const service = await hark.newService();
  const template_id = await hark.newTemplate(service.id);
  const sent = await hark.as(service.keys.live, "POST", "/v2/notifications/sms", {
    template_id,
    phone_number: "07900900123",
    personalisation: { name: "Ann" },
  });
  assert.equal(sent.status, 201);
  const { id } = await sent.json();
  await hark.settle();
  assert.deepEqual(calls, [{
    url: "https://sms.example/messages",
    body: { to: "+447900900123", from: "Library", text: "Test service: Hi Ann" },
  }]);
  const report = async (provider: string, token: string) =>
    (await hark.request(`/receipts/${provider}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ id: "message-1", status: "arrived" }),
    })).status;
  assert.equal(await report("example-sms", "wrong"), 401);
  assert.equal(await report("twilio", "token"), 401, "the other candidate's receipts are read too");
  assert.equal(await report("example-sms", "token"), 200);
  const stored = await hark.as(service.keys.live, "GET", `/v2/notifications/${id}`);
  assert.equal((await stored.json()).status, "delivered");
});
