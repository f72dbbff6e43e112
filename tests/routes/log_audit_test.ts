/** An audit of the log: the fields and values that its lines may have, under typical and hostile requests. */
import assert from "node:assert/strict";
import { SignJWT } from "jose";
import type { LogEntry } from "../../domain/ports/log.ts";
import { ADMIN_TOKEN, issueRequestToken, registryKeys } from "../support/application.ts";
import { issueToken } from "../support/tokens.ts";
import { byChannels, JSON_TYPE, ROLE, startRegistry, TEMPLATES } from "./registry/support.ts";
import {
  bodyOf,
  callAt,
  clockFromNow,
  EMAIL,
  emailTo,
  newServiceWithTemplates,
  NO_ID,
  SECOND,
  SMS,
  SMS_2016,
  textTo,
} from "./support.ts";
import { RUNNER } from "../support/runner.ts";

type CallArguments = Parameters<typeof callAt> extends [unknown, unknown, ...infer Rest] ? Rest
  : never;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** A word of the program, such as an outcome, a code or the name of an error. */
const WORD = /^[A-Za-z0-9_-]{1,60}$/;
/** A route: segments of the program, parameters by name, and ids. */
const ROUTE = /^(?:unknown|(?:\/(?::?[a-zA-Z_0-9.-]+)?)+)$/;
const ADDRESS = /^(?:unknown|[0-9a-f.:]+)$/;

/** The values that each field may have. A field that is not listed fails the audit. */
const FIELDS: Readonly<Record<string, RegExp | "number" | "boolean">> = {
  event: WORD,
  request_id: UUID,
  service_id: UUID,
  claimed_service_id: UUID,
  notification_id: UUID,
  method: /^[A-Z]{3,10}$/,
  route: ROUTE,
  status: "number",
  ms: "number",
  attempt: "number",
  count: "number",
  channel: WORD,
  provider: WORD,
  outcome: WORD,
  code: WORD,
  error: WORD,
  where: /^at [\w .<>[\]$]*\(?(?:file|data|node|npm|ext):[^\s]+\)?$/,
  client: ADDRESS,
  credential: WORD,
  reason: WORD,
  limit: WORD,
  omitted_event: WORD,
};

/** Personal data and secrets of the requests: none may be in a line. */
const PRIVATE = [
  "7700900123",
  "7700 900123",
  "ann.smith",
  "Smith",
  "Олена",
  "olena",
  "3184710691",
  "secret-card",
  "reference-of-ann",
  "idempotency-of-ann",
  "Land Registry of Ann",
  "template-of-ann",
  ADMIN_TOKEN,
  "webhook-password",
];

/** What a server has without it: calls come from this machine, and the provider cannot be reached. */
const IN_PROCESS = {
  remoteAddress: "127.0.0.1",
  fetch: () => Promise.reject(new TypeError("cannot reach ann.smith@example.com")),
} as const;

/** The addresses of the clients. On Workers the platform's header has one address, and no list. */
const CLIENTS = [
  "127.0.0.1",
  ...(RUNNER === "worker" ? [] : ["192.0.2.7"]),
  "::ffff:192.0.2.7",
  ...(RUNNER === "worker" ? ["unknown"] : []),
];

function audit(line: LogEntry): void {
  const text = JSON.stringify(line);
  for (const word of PRIVATE) assert.ok(!text.includes(word), `${word} in ${text}`);
  for (const [name, value] of Object.entries(line)) {
    const rule = FIELDS[name];
    assert.ok(rule !== undefined, `the field ${name} of ${text}`);
    if (rule instanceof RegExp) {
      assert.ok(typeof value === "string" && rule.test(value), `${name} of ${text}`);
    } else assert.equal(typeof value, rule, `${name} of ${text}`);
  }
}

Deno.test("log: every line has known fields only, under typical and hostile requests", async () => {
  const clock = clockFromNow();
  await using hark = await startRegistry({
    clock,
    environment: {
      TRUSTED_PROXIES: "127.0.0.0/8",
      EMAIL_PROVIDER: "postmark",
      POSTMARK_BASE_URL: "http://127.0.0.1:1",
      POSTMARK_SERVER_TOKEN: "server-token",
      POSTMARK_WEBHOOK_USER: "ann.smith",
      POSTMARK_WEBHOOK_PASSWORD: "webhook-password",
      PUBLIC_URL: "https://hark.test",
    },
    ...(RUNNER === "process" ? IN_PROCESS : {}),
  });
  const before = (await hark.log()).length;
  const service = await newServiceWithTemplates(hark, { name: "Land Registry of Ann" });
  const { live, test } = service.keys;
  const one = `/manage/services/${service.id}`;
  const text = textTo(service, {
    reference: "reference-of-ann",
    personalisation: { name: "Smith" },
  });
  const mail = emailTo(service, {
    email_address: "ann.smith@example.com",
    personalisation: { name: "Smith", item: "secret-card" },
  });
  const olena = hark.citizen("olena", { drfo: "3184710691" });
  const publisher = hark.citizen("olena", { roles: [ROLE] });
  const signed = await issueRequestToken(live, Math.floor(clock.now() / 1000));
  const as = (...call: CallArguments) => callAt(hark, clock, ...call);
  const unsigned = (claims: Readonly<Record<string, unknown>>) =>
    new SignJWT(claims).setProtectedHeader({ typ: "JWT", alg: "HS256" })
      .sign(new TextEncoder().encode("ann.smith@example.com"));
  const accessKeys = await registryKeys();
  const access = (claims: Readonly<Record<string, unknown>>) =>
    issueToken(accessKeys, claims, { now: clock.now() });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const hostile = 'Smith\r\n{"event":"ann.smith"}'.replaceAll(/[\r\n]/g, " ");
  const csv = { "content-type": "text/csv", ...bearer(ADMIN_TOKEN) };
  const upload = (body: string, query = "") =>
    hark.request(`${one}/jobs?template_id=${service.sms}&file_name=Smith.csv${query}`, {
      method: "POST",
      headers: csv,
      body,
    });
  const get = (path: string, headers: Readonly<Record<string, string>> = {}, method = "GET") =>
    hark.request(path, { method, headers });

  const calls: readonly (() => Promise<Response>)[] = [
    // Typical.
    () => as(test, "POST", SMS, text, { "idempotency-key": "idempotency-of-ann" }),
    () => as(test, "POST", SMS, text, { "idempotency-key": "idempotency-of-ann" }),
    () => as(test, "POST", EMAIL, mail),
    () => as(live, "POST", EMAIL, mail),
    () => as(test, "POST", SMS_2016, { to: "07700900123", template: 1 }),
    () =>
      as(test, "POST", "/v2/notifications/batch", {
        notifications: [{ ...text, type: "sms" }, { ...mail, type: "email" }, { Smith: "olena" }],
      }),
    () =>
      as(live, "POST", "/v2/notifications/bulk", {
        name: "Smith",
        template_id: service.sms,
        rows: [["phone number", "name"], ["07700900123", "Smith"]],
      }),
    () => as(live, "GET", "/v2/notifications?reference=reference-of-ann&status=Smith"),
    () => hark.manage("GET", `${one}/notifications?to=ann.smith@example.com`),
    () => hark.manage("POST", `${one}/notifications/search`, { to: "ann.smith@example.com" }),
    () => hark.manage("POST", `${one}/notifications/search?to=Smith`, { to: "07700 900123" }),
    () => hark.manage("POST", `${one}/notifications/search`, { ann: "ann.smith@example.com" }),
    () => hark.manage("PATCH", one, { email_from_name: "Smith" }),
    () => hark.manage("POST", `${one}/email_reply_to`, { email_address: "ann.smith@example.com" }),
    () => upload("phone number,name\n07700900123,Smith\n"),
    () => upload("phone number,name\n07700900123x,Smith\n"),
    () => upload("\0Smith", "&scheduled_for=Smith"),
    () => publisher("PUT", `${TEMPLATES}inbox:template-of-ann`, { title: "Smith", content: "Hi" }),
    () => publisher("PUT", `${TEMPLATES}inbox:template-of-ann`, { title: "Smith", content: "${" }),
    () =>
      publisher("POST", "/api/notifications", {
        context: { system: "Smith", application: "tests" },
        notification: { templateName: "template-of-ann" },
        recipients: [byChannels([{ channel: "inbox" }]), byChannels([{ channel: "Smith" }])],
      }),
    () => olena("GET", "/api/notifications/inbox"),
    () => olena("GET", "/api/settings/me"),
    () =>
      olena("POST", "/api/settings/me/channels/email/verify", {
        address: "ann.smith@example.com",
      }, JSON_TYPE),
    () => publisher("GET", "/api/settings/olena"),
    () => hark.manage("PATCH", one, { daily_limits: { email: 0 } }),
    () => as(live, "POST", EMAIL, mail),
    // Hostile: values where ids, names and credentials are expected.
    () => get("/ann.smith@example.com/07700900123?to=Smith"),
    () => get("/v2/notifications/ann.smith@example.com", bearer(signed)),
    () => get(`/v2/templates?token=${signed}`, bearer("Smith")),
    () => get("/manage/services/Smith", bearer("Smith")),
    () => get("/manage/services", bearer(ADMIN_TOKEN.slice(0, -1))),
    () => get("/manage/services", { authorization: hostile }),
    () => get("/v2/templates", { authorization: hostile }),
    () => get("/d/Smith/Smith?key=Smith"),
    () => get("/unsubscribe/Smith/ann.smith@example.com"),
    () => get(`/unsubscribe/${NO_ID}/Smith`, {}, "POST"),
    () => get("/receipts/Smith", {}, "POST"),
    () => get("/receipts/postmark", { authorization: `Basic ${btoa("ann.smith:Smith")}` }, "POST"),
    () => get("/receipts/postmark", { authorization: "Basic Smith" }, "POST"),
    () => get("/api/Smith"),
    () => get("/api/settings/ann.smith@example.com", { "x-access-token": "Smith" }),
    () => get("/api/notifications/inbox", { "x-access-token": "Smith" }),
    () => get("/inbox.js?Smith", { origin: "https://ann.smith.example" }),
    // workerd itself refuses an unknown method.
    () => get("/v2/notifications/Smith", bearer(signed), RUNNER === "worker" ? "PUT" : "SMITH"),
    () => get("/healthz", { "x-forwarded-for": "Smith", "user-agent": "ann.smith" }),
    () => as(live, "POST", SMS, `{"phone_number":"07700900123"`),
    () => as(live, "POST", SMS, JSON.stringify({ Smith: { olena: "x".repeat(100_000) } })),
    async () => get("/v2/templates", bearer(await unsigned({ iss: "ann.smith@example.com" }))),
    async () => get("/v2/templates", bearer(await unsigned({ iss: service.id, sub: "Smith" }))),
    async () => get("/v2/templates", bearer(await unsigned({ iss: NO_ID, jti: "Smith" }))),
    async () =>
      get("/api/notifications/inbox", {
        "x-access-token": await access({ sub: "olena", exp: 1 }),
      }),
    async () =>
      get("/api/notifications/inbox", {
        "x-access-token": await access({ RECIPIENT_ID: { Smith: 1 } }),
      }),
    ...["Smith", "07700900123", "192.0.2.7, Smith", "Smith, 192.0.2.7", "::ffff:192.0.2.7"].map(
      (forwarded) => () =>
        get("/manage/services", {
          ...bearer("Smith"),
          "x-forwarded-for": forwarded,
          "cf-connecting-ip": forwarded,
        }),
    ),
  ];
  const statuses = new Set<number>();
  for (const [index, call] of calls.entries()) {
    // So that the log leaves out no line.
    clock.advance(SECOND / 8);
    const answer = await call();
    const body = await answer.text();
    assert.ok(answer.status < 500, `${index} ${answer.status} ${body}`);
    statuses.add(answer.status);
  }
  await hark.settle();
  assert.ok([200, 201, 202, 400, 401, 403, 404, 422].every((status) => statuses.has(status)));
  const lines = (await hark.log()).slice(before);
  for (const line of lines) audit(line);
  const events = new Set(lines.map(({ event }) => event));
  for (const event of ["request", "attempt", "credential-refused", "limit-reached"]) {
    assert.ok(events.has(event), event);
  }
  const clients = new Set(lines.flatMap(({ client }) => client ?? []));
  assert.deepEqual([...clients].sort(), CLIENTS);
  // The key and its token are secrets as well.
  const all = JSON.stringify(lines);
  for (const secret of [live.slice(-36), test.slice(-36), signed]) assert.ok(!all.includes(secret));
  await bodyOf(await hark.request("/healthz"), 200);
});
