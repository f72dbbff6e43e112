import assert from "node:assert/strict";
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "../support/migrated.ts";
import { StoreUnavailable } from "../../domain/ports/store_unavailable.ts";
import {
  STORE_RETRY_AFTER_S,
  STORE_UNAVAILABLE_MESSAGE,
} from "../../routes/http/store_unavailable.ts";
import { startTestApplication } from "../support/application.ts";
import { createHrana } from "../support/hrana.ts";
import { JSON_TYPE, ROLE } from "./registry/support.ts";
import {
  bodyOf,
  EMAIL,
  emailTo,
  newServiceWithTemplates,
  NO_ID,
  SMS,
  SMS_2016,
  textTo,
} from "./support.ts";
import { test } from "../support/runner.ts";

/** A database in memory whose calls can be made to fail. */
async function openBreakable() {
  const opened = await openDatabase({ url: ":memory:" });
  await migrateEmpty(opened, Date.now());
  let failure: (() => Error) | undefined;
  const wrap = (call: Database["read"]): Database["read"] => (statements) =>
    failure === undefined ? call(statements) : Promise.reject(failure());
  const { background } = opened;
  const db: Database = {
    ...opened,
    read: wrap(opened.read),
    readPoint: wrap(opened.readPoint),
    readLong: wrap(opened.readLong),
    write: wrap(opened.write),
    background: { ...background, read: wrap(background.read), write: wrap(background.write) },
  };
  return { db, close: () => opened.close(), failWith: (make: typeof failure) => failure = make };
}

const V2 = {
  status_code: 503,
  errors: [{ error: "ServiceUnavailableError", message: STORE_UNAVAILABLE_MESSAGE }],
};
const V2016 = { result: "error", message: STORE_UNAVAILABLE_MESSAGE };
const PROBLEM = {
  type: "about:blank",
  title: "Service unavailable",
  status: 503,
  detail: STORE_UNAVAILABLE_MESSAGE,
};
const REGISTRY = {
  code: "503 SERVICE_UNAVAILABLE",
  message: STORE_UNAVAILABLE_MESSAGE,
  details: null,
};
const SETTINGS = { ...REGISTRY, code: "SERVICE_UNAVAILABLE" };

test.inside("every API: answers 503 with Retry-After in its own shape while the store is unavailable", async () => {
  const { db, failWith, close } = await openBreakable();
  const folder = await Deno.makeTempDir();
  {
    await using hark = await startTestApplication({
      db,
      registry: true,
      environment: {
        FILES_DIR: folder,
        POSTMARK_SERVER_TOKEN: "server-token",
        POSTMARK_WEBHOOK_USER: "postmark",
        POSTMARK_WEBHOOK_PASSWORD: "webhook-password",
      },
    });
    const service = await newServiceWithTemplates(hark);
    const { id, keys: { live } } = service;
    const citizen = hark.citizen("citizen-1", { roles: ["citizen"] });
    const official = hark.citizen("official", { roles: [ROLE] });
    const inbox = "/api/notifications/inbox";
    const settings = "/api/settings/me";
    const job = `/manage/services/${id}/jobs?template_id=${service.sms}&name=list`;
    const receipt = () =>
      hark.request("/receipts/postmark", {
        method: "POST",
        headers: { authorization: `Basic ${btoa("postmark:webhook-password")}` },
        body: JSON.stringify({
          RecordType: "Delivery",
          MessageID: NO_ID,
          DeliveredAt: "2031-05-14T12:00:00Z",
          Metadata: { service_id: id, notification_id: NO_ID },
        }),
      });
    const unsubscribe = `/unsubscribe/${NO_ID}/${"a".repeat(64)}`;
    const segment = "AAAAAAAAQACAAAAAAAAAAA";
    const file = `/d/${segment}/${segment}?key=${"A".repeat(43)}`;
    const html = { headers: { accept: "text/html" } };
    const asList = (text: string) => ({
      method: "POST",
      headers: { authorization: `Bearer ${hark.config.adminToken}`, "content-type": "text/csv" },
      body: text,
    });

    const cases: readonly (readonly [string, () => Promise<Response>, unknown])[] = [
      ["send a text", () => hark.as(live, "POST", SMS, textTo(service)), V2],
      ["send an e-mail", () => hark.as(live, "POST", EMAIL, emailTo(service)), V2],
      ["get one", () => hark.as(live, "GET", `/v2/notifications/${NO_ID}`), V2],
      ["list", () => hark.as(live, "GET", "/v2/notifications"), V2],
      ["list templates", () => hark.as(live, "GET", "/v2/templates"), V2],
      [
        "bulk",
        () =>
          hark.as(live, "POST", "/v2/notifications/bulk", {
            name: "list",
            template_id: service.sms,
            rows: [["phone number", "name"], ["07700900123", "Ann"]],
          }),
        V2,
      ],
      [
        "send by the 2016 API",
        () => hark.as(live, "POST", SMS_2016, { to: "07700900123", template: service.sms }),
        V2016,
      ],
      ["list by the 2016 API", () => hark.as(live, "GET", "/notifications"), V2016],
      ["show a service", () => hark.manage("GET", `/manage/services/${id}`), PROBLEM],
      ["create a service", () => hark.manage("POST", "/manage/services", { name: "New" }), PROBLEM],
      [
        "upload a list",
        () => hark.request(job, asList("phone number,name\n07700900123,Ann")),
        PROBLEM,
      ],
      ["list an inbox", () => citizen("GET", inbox), REGISTRY],
      ["acknowledge", () => citizen("POST", `${inbox}/ack-all`), REGISTRY],
      ["follow an inbox", () => citizen("GET", `${inbox}/stream`), REGISTRY],
      ["list registry templates", () => official("GET", "/api/notifications/templates"), REGISTRY],
      [
        "send to a recipient",
        () =>
          official("POST", "/api/notifications", {
            notification: { templateName: "news" },
            recipients: [{ id: "citizen-1" }],
          }, JSON_TYPE),
        REGISTRY,
      ],
      ["show settings", () => citizen("GET", settings), SETTINGS],
      [
        "ask for a code",
        () =>
          citizen(
            "POST",
            `${settings}/channels/email/verify`,
            { address: "a@example.com" },
            JSON_TYPE,
          ),
        SETTINGS,
      ],
      ["report a delivery", receipt, { error: STORE_UNAVAILABLE_MESSAGE }],
      ["unsubscribe by one click", () => hark.request(unsubscribe, { method: "POST" }), V2016],
      ["see an unsubscribe page", () => hark.request(unsubscribe, html), "page"],
      ["see a file's page", () => hark.request(file, html), "page"],
    ];

    failWith(() => new StoreUnavailable("SQLITE_FULL", "cannot write ann.smith@example.com"));
    const first = (await hark.log()).length;
    for (const [name, call, expected] of cases) {
      const response = await call();
      assert.equal(response.headers.get("Retry-After"), String(STORE_RETRY_AFTER_S), name);
      if (expected === "page") {
        assert.equal(response.status, 503, name);
        assert.match(response.headers.get("Content-Type") ?? "", /^text\/html/, name);
        assert.match(await response.text(), /not available at the moment/, name);
        continue;
      }
      const { traceId: _, ...body } = await bodyOf(response, 503, name);
      assert.deepEqual(body, expected, name);
    }
    const logged = (await hark.log()).slice(first);
    const lines = logged.filter(({ event }) => event === "store-unavailable");
    assert.equal(lines.length, cases.length);
    for (const line of lines) assert.equal(line.code, "SQLITE_FULL");
    assert.ok(logged.every(({ event }) => event !== "error"));
    assert.ok(!JSON.stringify(logged).includes("ann.smith"));

    failWith(() => new TypeError("a fault of Hark"));
    assert.equal((await hark.as(live, "GET", "/v2/notifications")).status, 500);
    failWith(undefined);
    assert.equal((await hark.as(live, "GET", "/v2/notifications")).status, 200);
  }
  close();
  await Deno.remove(folder, { recursive: true });
});

test.inside("POST /v2/notifications/sms: a repetition finds what was accepted when the store lost its answer", async () => {
  await using hrana = createHrana(":memory:");
  const db = await openDatabase({ url: "http://db.internal", fetch: hrana.fetch });
  await migrateEmpty(db, Date.now());
  {
    await using hark = await startTestApplication({ db });
    const service = await newServiceWithTemplates(hark);
    const send = () =>
      hark.as(service.keys.live, "POST", SMS, textTo(service), { "Idempotency-Key": "once" });
    // The service and the template are cached, so that the next call of the store is the accept.
    await bodyOf(await hark.as(service.keys.live, "POST", SMS, textTo(service)), 201);
    await hark.settle();
    hrana.loseNextReply();
    const lost = await send();
    assert.equal(lost.headers.get("Retry-After"), String(STORE_RETRY_AFTER_S));
    await bodyOf(lost, 503);
    const again = await send();
    assert.equal(again.headers.get("Idempotent-Replayed"), "true");
    const { id } = await bodyOf(again, 201);
    const { notifications } = await bodyOf(
      await hark.as(service.keys.live, "GET", "/v2/notifications"),
      200,
    );
    assert.equal(notifications.length, 2);
    assert.ok(notifications.some((each: { readonly id: string }) => each.id === id));
  }
  db.close();
});
