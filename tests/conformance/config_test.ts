import assert from "node:assert/strict";
import { INBOX_MESSAGE_FORMATS } from "../../domain/inbox/inbox_message.ts";
import { ConfigError, readConfig, warningsOf } from "../../runtime/config.ts";
import { ADMIN_TOKEN, MASTER_KEY } from "../support/application.ts";
import { makeKeys, toJwks } from "../support/tokens.ts";

const PUBLIC_URL = "https://hark.example.org";
const BASE = { DATABASE_URL: "file:unused", MASTER_KEY, ADMIN_TOKEN, PUBLIC_URL };
const SANDBOXES = { EMAIL_PROVIDER: "sandbox", SMS_PROVIDER: "sandbox" };
const POSTMARK = { SMS_PROVIDER: "sandbox", POSTMARK_SERVER_TOKEN: "token" };
const WEBHOOK = { POSTMARK_WEBHOOK_USER: "user", POSTMARK_WEBHOOK_PASSWORD: "password" };

Deno.test("warningsOf: names the sandboxes, each exception, and missing settings without which receipts cannot arrive", () => {
  const said = (variables: Readonly<Record<string, string>>) =>
    warningsOf(readConfig({ ...BASE, ...variables }, "production"))
      .map((warning) => warning.split(/[ :]/)[0]);
  const sms = "SMS_PROVIDER=sandbox";
  assert.deepEqual(said(SANDBOXES), ["EMAIL_PROVIDER=sandbox", sms]);
  // People who cannot sign in must find out why: the page says that a text is on its way.
  const [, ofTexts] = warningsOf(readConfig({ ...BASE, ...SANDBOXES }, "production"));
  assert.match(ofTexts ?? "", /no code for signing in reaches a phone: SMS_PROVIDER=none/);
  assert.deepEqual(said({ ...POSTMARK, ALLOW_INSECURE: "no-receipts, http-keys" }), [
    "ALLOW_INSECURE=no-receipts",
    "ALLOW_INSECURE=http-keys",
    sms,
    "POSTMARK_WEBHOOK_USER",
  ]);
  assert.deepEqual(said({ ...POSTMARK, ...WEBHOOK }), [sms]);
});

Deno.test("readConfig: requires in production the settings without which receipts cannot arrive", () => {
  assert.deepEqual(problemsOf({ EMAIL_PROVIDER: "", ...POSTMARK, PUBLIC_URL: "" }), [
    "PUBLIC_URL",
    "POSTMARK_WEBHOOK_USER",
    "POSTMARK_WEBHOOK_PASSWORD",
  ]);
  const half = { EMAIL_PROVIDER: "", ...POSTMARK, POSTMARK_WEBHOOK_USER: "user" };
  assert.deepEqual(problemsOf(half), ["POSTMARK_WEBHOOK_USER"], "once, not as both");
});

Deno.test("readConfig: refuses a METRICS_TOKEN that is short, a pattern, or the operator's", () => {
  const strong = "5c1e9f27b3a8d0461f7e2b9c";
  const problems = (mode: "development" | "production", METRICS_TOKEN: string) => {
    try {
      const config = readConfig({ ...BASE, ...SANDBOXES, METRICS_TOKEN }, mode);
      return config.metricsToken ?? "none";
    } catch (error) {
      return error instanceof ConfigError ? error.message : error;
    }
  };
  assert.equal(problems("production", ""), "none");
  assert.equal(problems("production", strong), strong);
  assert.equal(problems("development", strong.slice(0, 16)), strong.slice(0, 16));
  const short = problems("production", strong.slice(0, 23));
  assert.match(String(short), /^METRICS_TOKEN has under 24 characters: /);
  assert.match(
    String(problems("production", "ab".repeat(12))),
    /^METRICS_TOKEN has under 8 different/,
  );
  assert.equal(
    problems("development", strong.slice(0, 15)),
    "METRICS_TOKEN must have at least 16 characters",
  );
  for (const mode of ["development", "production"] as const) {
    assert.equal(
      problems(mode, ADMIN_TOKEN),
      "METRICS_TOKEN must not be the ADMIN_TOKEN, which opens more than metrics",
    );
  }
});

Deno.test("readConfig: refuses a DISPATCH_TOKEN that is weak, or opens something else", () => {
  const tokens = { METRICS_TOKEN: "5c1e9f27b3a8d0461f7e2b9c", DISPATCH_TOKEN: "" };
  const read = (DISPATCH_TOKEN: string) => {
    try {
      return readConfig({ ...BASE, ...SANDBOXES, ...tokens, DISPATCH_TOKEN }, "production")
        .dispatchToken;
    } catch (error) {
      return error instanceof ConfigError ? error.message : error;
    }
  };
  const strong = "6b1f7c3e5a2d8406e1c7b9f4";
  assert.deepEqual([read(""), read(strong)], [undefined, strong]);
  assert.match(String(read(strong.slice(0, 23))), /^DISPATCH_TOKEN has under 24 characters: /);
  for (const shared of [ADMIN_TOKEN, tokens.METRICS_TOKEN]) {
    assert.match(String(read(shared)), /^DISPATCH_TOKEN must be another token than ADMIN_TOKEN/);
  }
});

Deno.test("readConfig: configures Diia when its address and token are set, and refuses one without the other", () => {
  const token = "a-partner-token";
  const read = (variables: Readonly<Record<string, string>>) =>
    readConfig({ ...BASE, ...SANDBOXES, ...variables }, "production").channels.diia
      .map(({ name, settings }) => ({ provider: name, ...settings }));
  const both = { DIIA_BASE_URL: "https://diia.example/", DIIA_PARTNER_TOKEN: token };
  const diia = { provider: "diia", baseUrl: "https://diia.example", partnerToken: token };
  assert.deepEqual(read({}), []);
  assert.deepEqual(read({ DIIA_BASE_URL: "", DIIA_PARTNER_TOKEN: "" }), []);
  assert.deepEqual(read(both), [{ ...diia, paths: "registries" }]);
  assert.deepEqual(read({ ...both, DIIA_PATHS: "gateway" }), [{ ...diia, paths: "gateway" }]);
  for (
    const [variables, said] of [
      [
        { DIIA_PARTNER_TOKEN: token },
        /^DIIA_BASE_URL and DIIA_PARTNER_TOKEN must be set together$/,
      ],
      [{ DIIA_BASE_URL: "https://diia.example" }, /must be set together$/],
      [{ ...both, DIIA_BASE_URL: "diia.example" }, /^DIIA_BASE_URL must be an http\(s\) address$/],
      [{ ...both, DIIA_PATHS: "other" }, /^DIIA_PATHS /],
    ] as const
  ) {
    assert.throws(() => read(variables), (error: Error) => {
      assert.match(error.message, said);
      assert(!error.message.includes(token));
      return true;
    });
  }
});

Deno.test("readConfig: drops the trailing slash of addresses, and treats an empty variable as unset", () => {
  const config = readConfig(
    { ...BASE, ...SANDBOXES, PUBLIC_URL: "https://hark.example/", PORT: "" },
    "production",
  );
  assert.deepEqual([config.publicUrl, config.port, config.emailDomain], [
    "https://hark.example",
    8787,
    "hark.example",
  ]);
});

Deno.test("readConfig: refuses a PUBLIC_URL with a user name or a password, without quoting it", () => {
  for (const credentials of ["ann:hunter2@", "hunter2@", ":hunter2@"]) {
    const variables = { ...BASE, ...SANDBOXES, PUBLIC_URL: `https://${credentials}hark.example` };
    assert.throws(() => readConfig(variables, "production"), {
      name: "ConfigError",
      message: "PUBLIC_URL must have no user name and no password",
    });
  }
  for (const other of ["hark.example", "ftp://ann:x@hark.example"]) {
    assert.throws(
      () => readConfig({ ...BASE, ...SANDBOXES, PUBLIC_URL: other }, "production"),
      { message: "PUBLIC_URL must be an http(s) address" },
    );
  }
});

const REGISTRY = { ...BASE, ...SANDBOXES };
/** Lets the tests of single variables leave the others out. */
const ALLOW_INSECURE = "http-keys,no-audience,no-issuer";
const SERVICE_ID = "0a5c4f3e-6a39-4a4f-9b07-2f1f5f3c9f11";

/** The settings of the registry API. */
const registryOf = (variables: Readonly<Record<string, string>>) =>
  readConfig({ ...REGISTRY, ...variables }, "production").registry;

/** The names of the variables that are refused; values are never quoted. */
function problemsOf(variables: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig({ ...REGISTRY, ...variables }, "production");
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split("\n").map((line) => line.split(" ")[0] ?? "");
  }
  return [];
}

Deno.test("readConfig: by default has no keys, issuers and audiences of access tokens, and a default role", () => {
  assert.deepEqual(registryOf({}), {
    keys: undefined,
    issuers: [],
    audiences: [],
    maxLifetimeS: 86_400,
    templateRole: "template-admin",
    senderRole: "template-admin",
    inboxMessage: "html",
    serviceId: undefined,
  });
});

Deno.test("readConfig: listens on loopback in development and on every interface in production, unless HOST is set", () => {
  const hostOf = (mode: "development" | "production", HOST = "") =>
    readConfig({ ...REGISTRY, HOST }, mode).host;
  assert.equal(hostOf("development"), "127.0.0.1");
  assert.equal(hostOf("production"), "0.0.0.0");
  for (const host of ["::", "::1", "10.1.2.3", "localhost", "node-1.internal"]) {
    assert.equal(hostOf("production", host), host);
  }
  for (const bad of ["[::1]", "1.2.3", "1.2.3.4:80", "http://a", "a b", "-a", "::g", "*"]) {
    assert.deepEqual(problemsOf({ HOST: bad }), ["HOST"], bad);
  }
});

Deno.test("readConfig: reads the hosts that callbacks may reach; development has this machine too", () => {
  const allowanceOf = (mode: "development" | "production", CALLBACK_ALLOW = "") =>
    readConfig({ ...REGISTRY, CALLBACK_ALLOW }, mode).callbackAllowance;
  assert.deepEqual(allowanceOf("production"), { hosts: new Set(), loopback: false });
  assert.deepEqual(allowanceOf("development"), { hosts: new Set(), loopback: true });
  assert.deepEqual(
    [...allowanceOf("production", "127.0.0.1:9000, hooks.internal:80").hosts],
    ["127.0.0.1:9000", "hooks.internal:80"],
  );
  for (const bad of ["127.0.0.1", "http://a:1", ",", "*:80", Array(101).fill("a:1").join()]) {
    assert.deepEqual(problemsOf({ CALLBACK_ALLOW: bad }), ["CALLBACK_ALLOW"], bad);
  }
});

Deno.test("readConfig: reads the cap on connections, the trusted proxies and the lifetime of access tokens, and refuses values out of range", () => {
  const read = (variables: Readonly<Record<string, string>>) =>
    readConfig({ ...REGISTRY, ...variables }, "production");
  assert.deepEqual(read({}).trustedProxies, []);
  assert.equal(read({ TRUSTED_PROXIES: "10.0.0.0/8, ::1" }).trustedProxies.length, 2);
  for (const bad of ["10.0.0.0/33", "proxy", ",", Array(101).fill("::1").join()]) {
    assert.deepEqual(problemsOf({ TRUSTED_PROXIES: bad }), ["TRUSTED_PROXIES"], bad);
  }
  assert.equal(read({}).maxConnections, 700);
  for (const value of [1, 100_000]) {
    assert.equal(read({ MAX_CONNECTIONS: String(value) }).maxConnections, value);
  }
  assert.equal(read({ ACCESS_TOKEN_MAX_LIFETIME_S: "31536000" }).registry.maxLifetimeS, 31_536_000);
  for (const bad of ["0", "-1", "1e3", "many", "0x10", " 5", "99999999"]) {
    for (const name of ["MAX_CONNECTIONS", "ACCESS_TOKEN_MAX_LIFETIME_S"]) {
      assert.deepEqual(problemsOf({ [name]: bad }), [name], bad);
    }
  }
});

Deno.test("readConfig: reads the settings of the registry API", async () => {
  const jwks = toJwks(await makeKeys("ES256", "a"), await makeKeys("RS256", "b"));
  const { keys, ...others } = registryOf({
    ACCESS_TOKEN_JWKS: jwks,
    ACCESS_TOKEN_ISSUER: "https://a.example/, https://b.example",
    ACCESS_TOKEN_AUDIENCE: "inbox",
    TEMPLATE_ROLE: "publisher",
    INBOX_MESSAGE: "text",
    REGISTRY_SERVICE_ID: SERVICE_ID.toUpperCase(),
  });
  const named = keys !== undefined && "jwks" in keys ? keys.jwks.map(({ kid }) => kid) : [];
  assert.deepEqual(named, ["a", "b"]);
  assert.deepEqual(others, {
    issuers: ["https://a.example/", "https://b.example"],
    audiences: ["inbox"],
    maxLifetimeS: 86_400,
    templateRole: "publisher",
    senderRole: "publisher",
    inboxMessage: "text",
    serviceId: SERVICE_ID,
  });
  assert.equal(registryOf({ SENDER_ROLE: "sender" }).senderRole, "sender");
  assert.equal(registryOf({ SENDER_ROLE: "sender" }).templateRole, "template-admin");
});

Deno.test("readConfig: accepts several key addresses, separated by spaces or commas", () => {
  const urls = ["https://id.example/certs/", "http://keycloak:8080/realms/citizen/certs?x=1"];
  for (const between of [" ", ",", ", ", "\n"]) {
    const { keys } = registryOf({ ACCESS_TOKEN_JWKS_URL: urls.join(between), ALLOW_INSECURE });
    assert.deepEqual(keys, { urls });
  }
});

Deno.test("readConfig: refuses values that would leave tokens unverified, and names the variable", async () => {
  const keys = await makeKeys("ES256", "a");
  const jwks = toJwks(keys);
  const oct = { kty: "oct", k: "c2VjcmV0", alg: "HS256" };
  for (
    const bad of [
      "junk",
      "{}",
      '{"keys":[]}',
      JSON.stringify(keys.publicJwk),
      JSON.stringify({ keys: [oct] }),
      JSON.stringify({ keys: [keys.publicJwk, oct] }),
      JSON.stringify({ keys: [keys.publicJwk, keys.privateJwk] }),
      JSON.stringify({ keys: [{ ...keys.publicJwk, use: "enc" }] }),
    ]
  ) {
    assert.deepEqual(
      problemsOf({ ACCESS_TOKEN_JWKS: bad, ALLOW_INSECURE }),
      ["ACCESS_TOKEN_JWKS"],
      bad,
    );
  }
  for (
    const bad of [
      "id.example",
      "ftp://id.example",
      "https://a.example,b",
      " ",
      "https://u:p@a.example",
    ]
  ) {
    assert.deepEqual(problemsOf({ ACCESS_TOKEN_JWKS_URL: bad, ALLOW_INSECURE }), [
      "ACCESS_TOKEN_JWKS_URL",
    ], bad);
  }
  const both = {
    ACCESS_TOKEN_JWKS: jwks,
    ACCESS_TOKEN_JWKS_URL: "https://id.example",
    ALLOW_INSECURE,
  };
  assert.deepEqual(problemsOf(both), ["ACCESS_TOKEN_JWKS"]);
  for (
    const name of ["ACCESS_TOKEN_ISSUER", "ACCESS_TOKEN_AUDIENCE", "TEMPLATE_ROLE", "SENDER_ROLE"]
  ) {
    for (const bad of name.endsWith("ROLE") ? [" "] : [" ", ",", " , "]) {
      assert.deepEqual(problemsOf({ [name]: bad }), [name], bad);
    }
  }
  assert.deepEqual(problemsOf({ REGISTRY_SERVICE_ID: "demo" }), ["REGISTRY_SERVICE_ID"]);
});

Deno.test("readConfig: takes html or text as INBOX_MESSAGE, and names both when it refuses another value", () => {
  assert.equal(registryOf({ INBOX_MESSAGE: "" }).inboxMessage, "html");
  for (const format of INBOX_MESSAGE_FORMATS) {
    assert.equal(registryOf({ INBOX_MESSAGE: format }).inboxMessage, format);
  }
  for (const bad of ["HTML", "plain", "html,text", " text", "0"]) {
    assert.throws(() => registryOf({ INBOX_MESSAGE: bad }), /INBOX_MESSAGE must be html or text/);
  }
});

Deno.test("readConfig: does not quote keys that it refuses", async () => {
  const { privateJwk } = await makeKeys("ES256", "a");
  const ACCESS_TOKEN_JWKS = JSON.stringify({ keys: [privateJwk] });
  assert.throws(
    () => registryOf({ ACCESS_TOKEN_JWKS }),
    (error) => error instanceof ConfigError && !error.message.includes(privateJwk.d ?? "?"),
  );
});
