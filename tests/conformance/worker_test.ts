/** The Worker build, in a real workerd, over libSQL's HTTP protocol. */

import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import {
  ackOf,
  COUNT,
  describeEvents,
  INBOX,
  readEvents,
  STREAM,
} from "../routes/registry/inbox/support.ts";
import { ADMIN_TOKEN, registryKeys, startTestApplication } from "../support/application.ts";
import { waitFor } from "../support/process.ts";
import { status } from "../support/stand_ins/scripted_server.ts";
import {
  issueToken,
  PROPER_CLAIMS,
  type TestKeys,
  toJwks,
  TOKEN_RULES,
} from "../support/tokens.ts";
import { newVonageKeys, signVonageCall, startVonage } from "../support/stand_ins/vonage.ts";
import { startWorker, WORKER_TEST } from "../support/workerd.ts";
import { BINDINGS, bundleOnce, DATABASE, startHarkWorker } from "./hark_worker.ts";
import { startProviders } from "./providers.ts";
import { callAs, manage, newService, newTemplate, timelineOf, waitForStatus } from "./services.ts";

const accessTokensOf = (keys: TestKeys) => ({ ACCESS_TOKEN_JWKS: toJwks(keys), ...TOKEN_RULES });

const SMS = { channel: "sms", name: "Text", body: "Hello ((name))" };

const DISPATCH_TOKEN = "6b1f7c3e5a2d8406e1c7b9f4";

Deno.test(
  "the Worker: accepts and sends a notification and reads its receipt, then 50 at once",
  WORKER_TEST,
  async () => {
    await using started = await startHarkWorker(BINDINGS);
    const { reach } = started;
    const healthy = { status: "ok", version: manifest.version };
    assert.deepEqual((await manage(reach, "GET", "/healthz")).body, healthy);
    const { id: serviceId, keys } = await newService(reach);
    const template_id = await newTemplate(reach, serviceId, SMS);
    const request = { template_id, phone_number: "07900900123", personalisation: { name: "Ann" } };
    const headers = { "Idempotency-Key": "once" };
    const path = "/v2/notifications/sms";
    const sent = await callAs(reach, keys.live, "POST", path, request, headers);
    assert.equal(sent.status, 201);
    assert.equal(sent.body.content.body, "Hello Ann");
    const shown = await waitForStatus(reach, keys.live, sent.body.id, "delivered");
    assert.equal(shown.phone_number, "07900900123");
    assert.equal(shown.body, "Hello Ann");
    const again = await callAs(reach, keys.live, "POST", path, request, headers);
    assert.equal(again.headers.get("Idempotent-Replayed"), "true");
    assert.deepEqual(again.body, sent.body);
    const events = await timelineOf(reach, serviceId, sent.body.id);
    assert.deepEqual(events.map(({ kind, status }) => [kind, status]), [
      ["accepted", "created"],
      ["attempt-started", undefined],
      ["attempt-ended", undefined],
      ["status-changed", "sending"],
      ["status-changed", "delivered"],
    ]);

    // On Workers a database client may not outlive its request: a shared one hangs from the 21st request on.
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        callAs(reach, keys.live, "POST", path, {
          ...request,
          personalisation: { name: String(n) },
        })),
    );
    assert.deepEqual(answers.map(({ status }) => status), Array(50).fill(201));
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 50);
    await waitFor("all to be delivered", async () => {
      const delivered = "/v2/notifications?status=delivered";
      const { body } = await callAs(reach, keys.live, "GET", delivered);
      return body.notifications.length === 51;
    }, { everyMs: 100 });
  },
);

Deno.test(
  "the Worker: creates the first operator's link, and invites to a team",
  WORKER_TEST,
  async () => {
    await using started = await startHarkWorker(BINDINGS);
    const { reach } = started;
    const email_address = "ann@dept.example";
    const link = await manage(reach, "POST", "/manage/operators", { email_address });
    assert.equal(link.status, 201);
    assert.match(link.body.url, /\/operators\/[\w-]{43}$/);
    assert.ok(Date.parse(link.body.expires_at) > Date.now());
    const { id } = await newService(reach);
    const path = `/manage/services/${id}`;
    const body = { email_address, roles: ["manage"] };
    const invited = await manage(reach, "POST", `${path}/invitations`, body);
    assert.equal(invited.status, 201);
    const audit = await manage(reach, "GET", `${path}/audit`);
    const entries = audit.body.entries.map((
      { action, subject }: Record<string, unknown>,
    ) => [action, subject]);
    // The newest first; those below are of the service and its keys.
    assert.deepEqual(entries[0], ["invitation-created", invited.body.id]);
    assert.deepEqual(
      new Set(entries.slice(1).map(([action]: readonly unknown[]) => action)),
      new Set(["service-created", "key-created"]),
    );
  },
);

Deno.test(
  "the Worker: keeps files in R2 and serves them to their recipient",
  WORKER_TEST,
  async () => {
    await using started = await startHarkWorker(BINDINGS, ["FILES"]);
    const { reach, worker } = started;
    const { id: serviceId, keys } = await newService(reach);
    const template_id = await newTemplate(reach, serviceId, {
      channel: "email",
      name: "File",
      subject: "Your file",
      body: "((doc))",
    });
    const sent = await callAs(reach, keys.live, "POST", "/v2/notifications/email", {
      template_id,
      email_address: "ann@example.com",
      personalisation: { doc: { file: btoa("a,b"), filename: "rows.csv" } },
    });
    assert.equal(sent.status, 201);
    const { pathname, search } = new URL(sent.body.content.body);
    const link = pathname + search;
    const page = await worker.fetch(link);
    assert.match(await page.text(), /CSV file/);
    const press = (email_address: string) =>
      worker.fetch(link, { method: "POST", body: new URLSearchParams({ email_address }) });
    assert.equal((await press("bob@example.com")).status, 403);
    assert.equal(await (await press("ann@example.com")).text(), "a,b");
    assert.equal((await worker.scheduled()).outcome, "ok");
  },
);

Deno.test(
  "the Worker: its cron, and POST /internal/dispatch, send messages that the request itself could not",
  WORKER_TEST,
  async () => {
    await using providers = await startProviders();
    const { postmark, environment } = providers;
    await using started = await startHarkWorker({
      ...environment,
      ...DATABASE,
      DISPATCH_TOKEN,
    });
    const { reach, worker } = started;
    // This Worker has no socket: webhooks are passed to its `fetch`.
    await using webhooks = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) =>
        await worker.fetch(new URL(request.url).pathname, {
          method: request.method,
          headers: request.headers,
          body: await request.arrayBuffer(),
        }),
    );
    providers.reportTo(`http://127.0.0.1:${webhooks.addr.port}`);
    const { id: serviceId, keys } = await newService(reach);
    const template_id = await newTemplate(reach, serviceId, {
      channel: "email",
      name: "E-mail",
      subject: "Dear ((name))",
      body: "Hello",
    });
    postmark.next(status(429));
    postmark.next(status(503, { ErrorCode: 100, Message: "Maintenance" }));
    const send = async (fields = {}) => {
      const { status, body } = await callAs(reach, keys.live, "POST", "/v2/notifications/email", {
        template_id,
        email_address: "ann@example.com",
        personalisation: { name: "Ann" },
        ...fields,
      });
      assert.equal(status, 201);
      return String(body.id);
    };
    const ids = [await send(), await send()];
    for (const id of ids) {
      await waitFor("the first attempt to fail", async () => {
        const events = await timelineOf(reach, serviceId, id);
        return events.some(({ next_attempt_at }) => next_attempt_at !== undefined);
      });
    }
    assert.equal(postmark.accepted.length, 0);
    await waitFor("the cron to send them", async () => {
      assert.equal((await worker.scheduled()).outcome, "ok");
      return postmark.accepted.length === 2;
    }, { everyMs: 250 });
    for (const { MessageID } of postmark.accepted) {
      assert.deepEqual(await postmark.deliver(MessageID), [200]);
    }
    for (const id of ids) await waitForStatus(reach, keys.live, id, "delivered");

    await send({ scheduled_for: new Date(Date.now() + 2_000).toISOString() });
    const dispatch = (token: string) =>
      worker.fetch("/internal/dispatch", {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
      });
    assert.equal((await (await dispatch("another-token")).json()).error.length > 0, true);
    await waitFor("a call to send it", async () => {
      const answer = await dispatch(DISPATCH_TOKEN);
      assert.equal(answer.status, 200);
      const { claimed, sent } = await answer.json();
      return claimed === 1 && sent === 1;
    }, { everyMs: 1_100 });
    assert.equal(postmark.accepted.length, 3);
  },
);

Deno.test(
  "the Worker: sends a text through Vonage, signed with its key, and reads the signed report",
  WORKER_TEST,
  async () => {
    const { privateKey, publicKey } = newVonageKeys();
    const applicationId = crypto.randomUUID();
    const account = { applicationId, publicKey, signatureSecret: "vonage-secret" };
    const vonage = await startVonage(account);
    try {
      await using started = await startHarkWorker({
        ...BINDINGS,
        SMS_PROVIDER: "vonage",
        VONAGE_APPLICATION_ID: applicationId,
        VONAGE_PRIVATE_KEY: privateKey,
        VONAGE_SIGNATURE_SECRET: account.signatureSecret,
        VONAGE_FROM: "Hark",
        VONAGE_BASE_URL: vonage.url,
      });
      const { reach } = started;
      const { id: serviceId, keys } = await newService(reach);
      const template_id = await newTemplate(reach, serviceId, SMS);
      const sent = await callAs(reach, keys.live, "POST", "/v2/notifications/sms", {
        template_id,
        phone_number: "07900900123",
        personalisation: { name: "Ann" },
      });
      await waitForStatus(reach, keys.live, sent.body.id, "sending");
      const [text] = vonage.accepted;
      const body = JSON.stringify({
        message_uuid: text?.id,
        status: "delivered",
        client_ref: text?.clientRef,
      });
      const report = async (secret: string) =>
        (await reach("/receipts/vonage", {
          method: "POST",
          headers: { authorization: signVonageCall(secret, body) },
          body,
        })).status;
      assert.equal(await report("guessed"), 401);
      assert.equal(await report(account.signatureSecret), 200);
      await waitForStatus(reach, keys.live, sent.body.id, "delivered");
    } finally {
      await vonage.close();
    }
  },
);

Deno.test(
  "the Worker: answers with the missing variables when its configuration is incomplete",
  WORKER_TEST,
  async () => {
    const script = await bundleOnce();
    const answerOf = async (
      bindings: Readonly<Record<string, string>>,
      services: readonly string[] = [],
    ) => {
      await using worker = await startWorker({ script, bindings, services });
      const health = await worker.fetch("/healthz");
      assert.deepEqual([health.status, (await health.json()).status], [200, "ok"]);
      const answer = await worker.fetch("/v2/notifications");
      assert.equal((await worker.scheduled()).outcome, "exception");
      return { status: answer.status, text: await answer.text() };
    };
    const [empty, wrong, file, folder, inboxes, files] = await Promise.all([
      answerOf({}),
      answerOf({ ...BINDINGS, MASTER_KEY: "not-a-key" }),
      answerOf({ ...BINDINGS, DATABASE_URL: "file:hark.db" }),
      answerOf({ ...BINDINGS, FILES_DIR: "files" }),
      answerOf({ ...BINDINGS, INBOXES: "secret" }),
      answerOf({ ...BINDINGS, FILES: "secret" }),
    ]);
    for (const { status } of [empty, wrong, file, folder, inboxes, files]) {
      assert.equal(status, 503);
    }
    for (const name of ["DATABASE_URL", "MASTER_KEY", "ADMIN_TOKEN"]) {
      assert.match(empty.text, new RegExp(`${name} is missing`));
    }
    assert.match(wrong.text, /MASTER_KEY must be base64 of 32 bytes/);
    assert.doesNotMatch(wrong.text, /not-a-key/);
    assert.match(file.text, /DATABASE_URL must be http/);
    assert.match(folder.text, /bind an R2 bucket as FILES/);
    assert.match(inboxes.text, /INBOXES must be a Durable Object namespace of the class InboxL/);
    assert.match(files.text, /FILES must be the binding of an R2 bucket/);
    assert.doesNotMatch(inboxes.text + files.text, /secret/);
    // A binding to a service has methods of all names.
    for (
      const [name, said] of [
        ["INBOXES", /INBOXES must be a Durable Object namespace of the class InboxListeners/],
        ["FILES", /FILES must be the binding of an R2 bucket/],
        ["QUEUE", /QUEUE must be the binding of a producer of a queue/],
        ["DATABASE", /the binding DATABASE is no Durable Object namespace/],
      ] as const
    ) {
      const DATABASE_URL = name === "DATABASE" ? "durable-object:" : DATABASE.DATABASE_URL;
      const { status, text } = await answerOf({ ...BINDINGS, DATABASE_URL }, [name]);
      assert.equal(status, 503);
      assert.match(text, said);
    }
  },
);

Deno.test(
  "the Worker: answers 503 on all routes but /healthz when production refuses its configuration",
  WORKER_TEST,
  async () => {
    const other = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(1)));
    for (
      const [bindings, said] of [
        [{ MASTER_KEY: other.toBase64() }, /^MASTER_KEY does not decrypt the keys/m],
        [{ MASTER_KEY: new Uint8Array(32).toBase64() }, /^MASTER_KEY has under 8 different/m],
        [{ PUBLIC_URL: "http://hark.example.org" }, /^PUBLIC_URL is an http: address/m],
        [
          { EMAIL_PROVIDER: "smtp", SMTP_URL: "smtps://mail.example.org" },
          /^SMTP_URL is for Deno: a Worker cannot send through smtp/m,
        ],
      ] as const
    ) {
      await using started = await startHarkWorker({ ...BINDINGS, ...bindings });
      const { worker, db } = started;
      const hark = await startTestApplication({ db });
      await hark.newService();
      await hark.close();
      for (const path of ["/v2/notifications", "/manage/services", "/", "/nowhere"]) {
        const answer = await worker.fetch(path);
        assert.equal(answer.status, 503, path);
        assert.match(await answer.text(), said);
      }
      const health = await worker.fetch("/healthz");
      assert.deepEqual([health.status, (await health.json()).status], [200, "ok"]);
      assert.equal((await worker.scheduled()).outcome, "exception");
    }
  },
);

Deno.test(
  "the Worker: lists an inbox, acknowledges messages, and streams changes until the token expires",
  WORKER_TEST,
  async () => {
    const keys = await registryKeys();
    const lines: string[] = [];
    await using started = await startHarkWorker(
      { ...BINDINGS, ...accessTokensOf(keys) },
      [],
      {},
      { onLine: (line) => void lines.push(line) },
    );
    const { worker, db } = started;
    const hark = await startTestApplication({ db, registry: true });
    const message = await hark.putMessage("citizen-1");
    const call = async (method: string, path: string, lifeS = 60) => {
      const token = await issueToken(keys, PROPER_CLAIMS, { now: Date.now(), lifeS });
      return await worker.fetch(path, { method, headers: { "x-access-token": token } });
    };
    const [listed] = await (await call("GET", INBOX)).json();
    assert.equal(listed.id, message);
    const streamed = call("GET", STREAM, 6);
    assert.equal((await call("POST", ackOf(message))).status, 200);
    assert.deepEqual(await (await call("GET", COUNT)).json(), { total: 1, unread: 0 });
    const two = await hark.putMessage("citizen-1");
    const events = describeEvents(await readEvents(await streamed).rest());
    assert.ok(events.some((event) => event.endsWith(`message ${two}`)), events.join());
    assert.equal(events.at(-1), "3 count 1/2");
    assert.equal((await call("POST", ackOf(two))).status, 200);
    await hark.close();
    // What it has no binding for is said at its start.
    for (
      const missing of [/"binding-missing","binding":"QUEUE"/, /INBOXES is not bound: each open/]
    ) {
      assert.equal(lines.filter((line) => missing.test(line)).length, 1, lines.join("\n"));
    }
    const unbound = await worker.queue("hark", [{ id: "m", body: {}, attempts: 1 }]);
    assert.deepEqual(unbound.retryMessages.map(({ msgId }) => msgId), ["m"]);
  },
);

Deno.test(
  "the Worker: publishes a template, sends by its name, and delivers to the recipient's inbox",
  WORKER_TEST,
  async () => {
    const keys = await registryKeys();
    await using started = await startHarkWorker({ ...BINDINGS, ...accessTokensOf(keys) });
    const { worker } = started;
    const callBy = async (
      who: Readonly<Record<string, unknown>>,
      method: string,
      path: string,
      body?: unknown,
    ) => {
      const token = await issueToken(keys, { ...PROPER_CLAIMS, ...who }, { now: Date.now() });
      return await worker.fetch(path, {
        method,
        headers: { "X-Access-Token": token, "Accept-Language": "en" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    };
    const admin = { sub: "admin", roles: ["template-admin"] };
    const publish = async (name: string, content: string) => {
      const path = `/api/notifications/templates/inbox:${name}`;
      const published = await callBy(admin, "PUT", path, { title: name, content });
      assert.equal(published.status, 201, await published.text());
    };
    await publish("welcome", "<p>Вітаємо, ${name}!</p>");
    await publish("welcome-en", "<p>Welcome, ${name}!</p>");
    const sent = await callBy(admin, "POST", "/api/notifications", {
      notification: { templateName: "welcome" },
      recipients: [
        { id: "ann", parameters: { name: "Ann" } },
        { id: "bob", parameters: { name: "Bob" } },
      ],
    });
    assert.equal(sent.status, 202);
    const { notifications } = await sent.json();
    for (const [at, name] of ["Ann", "Bob"].entries()) {
      const who = { sub: name.toLowerCase() };
      const [message, ...others] = await waitFor("the message", async () => {
        const listed = await (await callBy(who, "GET", INBOX)).json();
        return listed.length > 0 && listed;
      });
      assert.deepEqual(others, []);
      const { id, subject, message: content } = message;
      assert.deepEqual(
        { id, subject, content },
        { id: notifications[at].id, subject: "welcome-en", content: `<p>Welcome, ${name}!</p>` },
      );
      assert.equal((await callBy(who, "POST", ackOf(id))).status, 200);
      assert.deepEqual(await (await callBy(who, "GET", COUNT)).json(), { total: 1, unread: 0 });
    }
    const response = await worker.fetch(STREAM, {
      method: "OPTIONS",
      headers: { "Origin": "https://portal.example", "Access-Control-Request-Method": "GET" },
    });
    assert.deepEqual([response.status, response.headers.get("Access-Control-Allow-Origin")], [
      204,
      "*",
    ]);
  },
);

Deno.test(
  "the Worker: answers 503 in each API's shape while the database is unavailable, at its first request too",
  WORKER_TEST,
  async () => {
    await using started = await startHarkWorker(BINDINGS);
    const { hrana, reach } = started;
    hrana.failNext(503);
    const first = await manage(reach, "GET", "/manage/services");
    assert.equal(first.status, 503);
    assert.equal(first.headers.get("Retry-After"), "5");
    assert.equal(first.body.title, "Service unavailable");
    hrana.failNext(503);
    assert.equal((await manage(reach, "GET", "/healthz")).status, 200);
    hrana.failNext(503);
    assert.equal((await manage(reach, "GET", "/readyz")).status, 503);
    const { keys } = await newService(reach);
    hrana.failNext(503);
    const listed = await callAs(reach, keys.live, "GET", "/v2/notifications");
    assert.equal(listed.status, 503);
    assert.equal(listed.headers.get("Retry-After"), "5");
    assert.equal(listed.body.errors[0].error, "ServiceUnavailableError");
    const ready = await manage(reach, "GET", "/readyz");
    assert.deepEqual([ready.status, ready.body.checks.worker], [200, "ok"]);
  },
);

Deno.test(
  "the Worker: shows pages, and creates the session of a first operator",
  WORKER_TEST,
  async () => {
    await using started = await startHarkWorker({
      ...BINDINGS,
      PUBLIC_URL: "https://hark.example.org",
    });
    const { worker } = started;
    const start = await worker.fetch("/");
    assert.match(await start.text(), /It has no users yet/);
    const made = await worker.fetch("/manage/operators", {
      method: "POST",
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, "Content-Type": "application/json" },
      body: JSON.stringify({ email_address: "ann@dept.gov.example" }),
    });
    assert.equal(made.status, 201);
    const { pathname } = new URL((await made.json()).url);
    const page = await worker.fetch(pathname);
    assert.match(await page.text(), /You will be an operator/);
    const registered = await worker.fetch(pathname, {
      method: "POST",
      headers: {
        Origin: "https://hark.example.org",
        "Content-Type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams({
        name: "Ann",
        password: "violet kettle under snow",
        mobile_number: "07900 900123",
      }).toString(),
    });
    assert.equal(registered.status, 303);
    const cookie = registered.headers.get("set-cookie") ?? "";
    assert.match(cookie, /^__Host-hark=/);
    const code = await worker.fetch("/sign-in/code", {
      headers: { Cookie: cookie.split(";")[0] ?? "" },
    });
    assert.match(await code.text(), /Check your phone/);
  },
);
