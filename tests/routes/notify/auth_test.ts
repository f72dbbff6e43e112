import assert from "node:assert/strict";
import { SignJWT } from "jose";
import manifest from "../../../deno.json" with { type: "json" };
import {
  ADMIN_TOKEN,
  issueRequestToken,
  startTestApplication,
  type TestApplication,
} from "../../support/application.ts";
import {
  bodyOf,
  DAY,
  emailTo,
  type MovableClock,
  movableClock,
  newServiceWithTemplates,
  NO_ID,
  SECOND,
  type ServiceWithTemplates,
  textTo,
} from "../support.ts";

interface Endpoint {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** Every address that a service's token gives access to, with a valid request. */
function endpointsOf(service: ServiceWithTemplates, notificationId: string): readonly Endpoint[] {
  const body = { to: "07700900123", template: service.sms, personalisation: { name: "Ann" } };
  const mail = { to: "ann@example.com", template: service.email, personalisation: {} };
  return [
    { method: "POST", path: "/v2/notifications/sms", body: textTo(service) },
    { method: "POST", path: "/v2/notifications/email", body: emailTo(service) },
    { method: "POST", path: "/v2/notifications/letter", body: {} },
    { method: "POST", path: "/v2/notifications/fax", body: {} },
    { method: "POST", path: "/v2/notifications/batch", body: { notifications: [{}] } },
    { method: "POST", path: `/v2/notifications/${notificationId}/cancel` },
    { method: "GET", path: "/v2/notifications" },
    { method: "GET", path: `/v2/notifications/${notificationId}` },
    { method: "GET", path: `/v2/notifications/${notificationId}/pdf` },
    { method: "GET", path: `/v2/template/${service.sms}` },
    { method: "GET", path: `/v2/template/${service.sms}/version/1` },
    { method: "GET", path: "/v2/templates" },
    { method: "POST", path: `/v2/template/${service.sms}/preview`, body: {} },
    { method: "POST", path: "/notifications/sms", body },
    { method: "POST", path: "/notifications/email", body: mail },
    { method: "GET", path: "/notifications" },
    { method: "GET", path: `/notifications/${notificationId}` },
    // Validation errors are not reported to unauthenticated callers.
    { method: "POST", path: "/v2/notifications/sms", body: "not JSON" },
    { method: "POST", path: "/v2/notifications/email", body: { template_id: NO_ID } },
    { method: "POST", path: "/v2/notifications/batch", body: "not JSON" },
    { method: "POST", path: "/v2/notifications/x/cancel" },
    { method: "POST", path: "/notifications/sms", body: "not JSON" },
    { method: "POST", path: "/notifications/email", body: { template: 0 } },
    { method: "GET", path: "/v2/notifications/x" },
    { method: "GET", path: "/v2/notifications?status=x" },
    { method: "GET", path: "/notifications?page=x" },
    { method: "GET", path: "/v2/templates?type=x" },
    { method: "GET", path: `/v2/template/${NO_ID}` },
    { method: "POST", path: "/v2/template/x/preview", body: "{" },
  ];
}

interface Fixture {
  readonly hark: TestApplication;
  readonly clock: MovableClock;
  readonly service: ServiceWithTemplates;
  readonly other: ServiceWithTemplates;
}

interface Refused {
  readonly title: string;
  readonly status: 401 | 403;
  readonly message: string;
  /** The `Authorization` header, created when everything else of the case is prepared. */
  readonly header: (fixture: Fixture) => Promise<string | undefined> | string | undefined;
}

const GENERAL = "Invalid token: make sure your API token matches the example at " +
  "https://docs.notifications.service.gov.uk/rest-api.html#authorisation-header";
const NOT_HS256 = "Invalid token: algorithm used is not HS256";
const KEY_NOT_FOUND = "Invalid token: API key not found";
const CLOCK = "Error: Your system clock must be accurate to within 30 seconds";

const secondsOf = ({ clock }: Fixture) => Math.floor(clock.now() / SECOND);

async function sign(
  fixture: Fixture,
  claims: Readonly<Record<string, unknown>>,
  { secret = fixture.service.keys.live.slice(-36), alg = "HS256" } = {},
): Promise<string> {
  const token = await new SignJWT({ iss: fixture.service.id, iat: secondsOf(fixture), ...claims })
    .setProtectedHeader({ typ: "JWT", alg }).sign(new TextEncoder().encode(secret));
  return `Bearer ${token}`;
}

const encode = (value: unknown) =>
  btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** A token with the given header and an invalid signature. */
function forge(fixture: Fixture, joseHeader: unknown, signature = "AA"): string {
  const claims = { iss: fixture.service.id, iat: secondsOf(fixture) };
  return `Bearer ${encode(joseHeader)}.${encode(claims)}.${signature}`;
}

async function revoke({ hark, service }: Fixture, kinds: readonly string[]): Promise<void> {
  const path = `/manage/services/${service.id}/keys`;
  const { keys } = await bodyOf(await hark.manage("GET", path), 200);
  for (const { id, kind } of keys) {
    if (kinds.includes(kind)) await bodyOf(await hark.manage("DELETE", `${path}/${id}`), 200);
  }
}

const REFUSALS: readonly Refused[] = [
  {
    title: "no header",
    status: 401,
    message: "Unauthorized: authentication token must be provided",
    header: () => undefined,
  },
  {
    title: "an empty header",
    status: 401,
    message: "Unauthorized: authentication token must be provided",
    header: () => "",
  },
  {
    title: "another scheme",
    status: 401,
    message: "Unauthorized: authentication bearer scheme must be used",
    header: () => "Basic dXNlcjpwYXNz",
  },
  { title: "garbage", status: 403, message: GENERAL, header: () => "Bearer garbage" },
  { title: "two parts", status: 403, message: GENERAL, header: () => "Bearer e30.e30" },
  {
    title: "the operator's token",
    status: 403,
    message: GENERAL,
    header: () => `Bearer ${ADMIN_TOKEN}`,
  },
  {
    title: "the key itself",
    status: 403,
    message: GENERAL,
    header: ({ service }) => `Bearer ${service.keys.live}`,
  },
  {
    title: "no issuer",
    status: 403,
    message: "Invalid token: iss field not provided",
    header: (fixture) =>
      `Bearer ${encode({ alg: "HS256" })}.${encode({ iat: secondsOf(fixture) })}.AA`,
  },
  {
    title: "an issuer that is no id",
    status: 403,
    message: "Invalid token: service id is not the right data type",
    header: (fixture) => sign(fixture, { iss: "me" }),
  },
  {
    title: "an unknown service",
    status: 403,
    message: "Invalid token: service not found",
    header: (fixture) => sign(fixture, { iss: NO_ID }),
  },
  {
    title: "another service's secret",
    status: 403,
    message: KEY_NOT_FOUND,
    header: (fixture) => sign(fixture, {}, { secret: fixture.other.keys.live.slice(-36) }),
  },
  {
    title: "the algorithm none",
    status: 403,
    message: NOT_HS256,
    header: (fixture) => forge(fixture, { typ: "JWT", alg: "none" }, ""),
  },
  {
    title: "HS384 with the right secret",
    status: 403,
    message: NOT_HS256,
    header: (fixture) => sign(fixture, {}, { alg: "HS384" }),
  },
  {
    title: "HS512 with the right secret",
    status: 403,
    message: NOT_HS256,
    header: (fixture) => sign(fixture, {}, { alg: "HS512" }),
  },
  {
    title: "RS256",
    status: 403,
    message: NOT_HS256,
    header: (fixture) => forge(fixture, { typ: "JWT", alg: "RS256" }),
  },
  {
    title: "an algorithm in lower case",
    status: 403,
    message: NOT_HS256,
    header: (fixture) => forge(fixture, { typ: "JWT", alg: "hs256" }),
  },
  {
    title: "a changed signature",
    status: 403,
    message: KEY_NOT_FOUND,
    header: async (fixture) => `${(await sign(fixture, {})).split(".").slice(0, 2).join(".")}.AAAA`,
  },
  {
    title: "no iat",
    status: 403,
    message: KEY_NOT_FOUND,
    header: (fixture) => sign(fixture, { iat: undefined }),
  },
  {
    title: "a token of 31 seconds ago",
    status: 403,
    message: CLOCK,
    header: (fixture) => sign(fixture, { iat: secondsOf(fixture) - 31 }),
  },
  {
    title: "a token of 31 seconds ahead",
    status: 403,
    message: CLOCK,
    header: (fixture) => sign(fixture, { iat: secondsOf(fixture) + 31 }),
  },
  {
    title: "an audience",
    status: 403,
    message: GENERAL,
    header: (fixture) => sign(fixture, { aud: "hark" }),
  },
  {
    title: "a key revoked just now",
    status: 403,
    message: "Invalid token: API key revoked",
    header: async (fixture) => {
      await revoke(fixture, ["live"]);
      return await sign(fixture, {});
    },
  },
  {
    title: "a key revoked six days ago",
    status: 403,
    message: "Invalid token: API key revoked",
    header: async (fixture) => {
      await revoke(fixture, ["live"]);
      fixture.clock.advance(6 * DAY);
      return await sign(fixture, {});
    },
  },
  {
    title: "a key revoked eight days ago",
    status: 403,
    message: KEY_NOT_FOUND,
    header: async (fixture) => {
      await revoke(fixture, ["live"]);
      fixture.clock.advance(8 * DAY);
      return await sign(fixture, {});
    },
  },
  {
    title: "the last key, revoked eight days ago",
    status: 403,
    message: "Invalid token: service has no API keys",
    header: async (fixture) => {
      await revoke(fixture, ["live", "team", "test"]);
      fixture.clock.advance(8 * DAY);
      return await sign(fixture, {});
    },
  },
  {
    title: "an archived service",
    status: 403,
    message: "Invalid token: service is archived",
    header: async (fixture) => {
      const { hark, service } = fixture;
      await bodyOf(
        await hark.manage("PATCH", `/manage/services/${service.id}`, { active: false }),
        200,
      );
      return await sign(fixture, {});
    },
  },
];

const sendTo = (hark: TestApplication, { method, path, body }: Endpoint, authorization?: string) =>
  hark.request(path, {
    method,
    headers: authorization === undefined ? {} : { authorization },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });

for (const { title, status, message, header } of REFUSALS) {
  Deno.test(`/v2 and /notifications: refuse ${title} at every address`, async () => {
    const clock = movableClock();
    await using hark = await startTestApplication({ clock });
    const [service, other] = [
      await newServiceWithTemplates(hark, { name: "Secret service" }),
      await newServiceWithTemplates(hark),
    ];
    const sent = await sendTo(
      hark,
      { method: "POST", path: "/v2/notifications/sms", body: textTo(service) },
      await sign({ hark, clock, service, other }, {}),
    );
    const { id } = await bodyOf(sent, 201);
    const endpoints = endpointsOf(service, id);
    // A cached service must not let the caller in.
    for (const endpoint of endpoints) {
      const known = await sendTo(hark, endpoint, await sign({ hark, clock, service, other }, {}));
      assert.ok(![401, 403].includes(known.status), `${endpoint.path} ${known.status}`);
      await known.body?.cancel();
    }
    await hark.settle();
    const before = (await hark.sent()).length;
    const authorization = await header({ hark, clock, service, other });
    for (const endpoint of endpoints) {
      const label = `${endpoint.method} ${endpoint.path}`;
      const body = await bodyOf(await sendTo(hark, endpoint, authorization), status, label);
      assert.deepEqual(
        body,
        endpoint.path.startsWith("/v2/")
          ? { status_code: status, errors: [{ error: "AuthError", message }] }
          : { result: "error", message: { token: [message] } },
        label,
      );
    }
    await hark.settle();
    assert.equal((await hark.sent()).length, before);
  });
}

Deno.test("/v2 and /notifications: accept a token of 30 seconds either way, and unusual but valid ones", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  const fixture = { hark, clock, service, other: service };
  const now = secondsOf(fixture);
  const bearer = await sign(fixture, {});
  const headers = [
    await sign(fixture, { iat: now - 30 }),
    await sign(fixture, { iat: now + 30 }),
    await sign(fixture, { iss: service.id.toUpperCase() }),
    await sign(fixture, { iss: `{${service.id.replaceAll("-", "")}}` }),
    await sign(fixture, { exp: now + 5, nbf: now, jti: "x", sub: "y", other: 1 }),
    bearer.replace("Bearer", "bearer"),
    bearer.replace("Bearer", "BEARER"),
  ];
  for (const authorization of headers) {
    for (const path of ["/v2/notifications", "/notifications"]) {
      await bodyOf(await hark.request(path, { headers: { authorization } }), 200, authorization);
    }
  }
});

Deno.test("/healthz and /_status: answer without authentication", async () => {
  await using hark = await startTestApplication();
  const healthy = { status: "ok", version: manifest.version };
  assert.deepEqual(await bodyOf(await hark.request("/healthz"), 200), healthy);
  for (const path of ["/_status", "/_status?simple=1"]) {
    assert.deepEqual(await bodyOf(await hark.request(path), 200), { status: "ok" });
  }
});

Deno.test("GET /healthz: reports the version of deno.json, a SemVer version", async () => {
  await using hark = await startTestApplication();
  const { version } = await bodyOf(await hark.request("/healthz"), 200);
  assert.match(version, /^[0-9]+\.[0-9]+\.[0-9]+$/);
  assert.equal(version, manifest.version);
});

const MANAGED = (service: ServiceWithTemplates, notificationId: string, keyId: string) => {
  const servicePath = `/manage/services/${service.id}`;
  return [
    ["POST", "/manage/services", { name: "New" }],
    ["GET", "/manage/services"],
    ["GET", servicePath],
    ["PATCH", servicePath, { name: "Other" }],
    ["POST", `${servicePath}/keys`, { name: "k", kind: "live" }],
    ["GET", `${servicePath}/keys`],
    ["DELETE", `${servicePath}/keys/${keyId}`],
    ["GET", `${servicePath}/guests`],
    ["PUT", `${servicePath}/guests`, { email_addresses: [], phone_numbers: [] }],
    ...["email_reply_to", "sms_senders"].flatMap((path) =>
      [
        ["GET", `${servicePath}/${path}`],
        ["POST", `${servicePath}/${path}`, { email_address: "a@example.org" }],
        ["PATCH", `${servicePath}/${path}/${NO_ID}`, { is_default: true }],
        ["DELETE", `${servicePath}/${path}/${NO_ID}`],
      ] as const
    ),
    ["POST", `${servicePath}/templates`, { channel: "sms", name: "n", body: "b" }],
    ["GET", `${servicePath}/templates`],
    ["GET", `${servicePath}/templates/${service.sms}`],
    ["PUT", `${servicePath}/templates/${service.sms}`, { body: "c" }],
    ["DELETE", `${servicePath}/templates/${service.sms}`],
    ["GET", `${servicePath}/notifications`],
    ["GET", `${servicePath}/unsubscribe_requests`],
    ["POST", `${servicePath}/templates/preview`, { channel: "sms", body: "b" }],
    ["GET", `${servicePath}/notifications?to=07700900123`],
    ["GET", `${servicePath}/notifications/${notificationId}/timeline`],
    ["POST", `${servicePath}/notifications/${notificationId}/cancel`],
    ["POST", "/manage/services", "{"],
    ["GET", `/manage/services/${NO_ID}`],
    ["GET", "/manage/nothing"],
    ["POST", "/manage/services", " ".repeat(5 * 1024 * 1024 + 1)],
  ] as const;
};

Deno.test("/manage: refuses every other token than the operator's at every address, and does nothing", async () => {
  await using hark = await startTestApplication({ alone: true });
  const service = await newServiceWithTemplates(hark, { name: "Secret service" });
  const { id } = await bodyOf(
    await hark.as(service.keys.live, "POST", "/v2/notifications/sms", textTo(service)),
    201,
  );
  const servicePath = `/manage/services/${service.id}`;
  const stateOf = async () =>
    JSON.stringify(
      await Promise.all(
        ["", "/keys", "/guests", "/templates", "/email_reply_to"].map(async (path) =>
          await bodyOf(await hark.manage("GET", servicePath + path), 200)
        ),
      ),
    );
  const before = await stateOf();
  const { keys } = await bodyOf(await hark.manage("GET", `${servicePath}/keys`), 200);
  const tokens = [
    undefined,
    "",
    "Bearer",
    "Bearer ",
    "Bearer wrong",
    ADMIN_TOKEN,
    `Basic ${btoa(`admin:${ADMIN_TOKEN}`)}`,
    `Bearer ${ADMIN_TOKEN}x`,
    `Bearer ${ADMIN_TOKEN.toUpperCase()}`,
    `Bearer ${ADMIN_TOKEN.slice(0, -1)}`,
    `Token ${ADMIN_TOKEN}`,
    `Bearer ${await issueRequestToken(service.keys.live)}`,
    `Bearer ${service.keys.live}`,
  ];
  for (const authorization of tokens) {
    for (const [method, path, body] of MANAGED(service, id, keys[0].id)) {
      const answer = await sendTo(hark, { method, path, body }, authorization);
      const label = `${method} ${path} ${authorization}`;
      assert.equal(answer.headers.get("www-authenticate"), "Bearer", label);
      assert.equal(answer.headers.get("content-type"), "application/problem+json", label);
      assert.deepEqual(await bodyOf(answer, 401, label), {
        type: "about:blank",
        title: "Unauthorized",
        status: 401,
        detail: "Send the operator's token: Authorization: Bearer ADMIN_TOKEN",
      });
    }
  }
  assert.equal(await stateOf(), before);
  const { services } = await bodyOf(await hark.manage("GET", "/manage/services"), 200);
  assert.equal(services.length, 1);
});

Deno.test("/manage: accepts the scheme of the operator's token in any case", async () => {
  await using hark = await startTestApplication();
  for (const scheme of ["Bearer", "bearer", "BEARER"]) {
    const headers = { authorization: `${scheme} ${ADMIN_TOKEN}` };
    await bodyOf(await hark.request("/manage/services", { headers }), 200, scheme);
  }
});
