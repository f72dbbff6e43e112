/** What production refuses to start with, each by a real process, and what the operator can allow. */
import assert from "node:assert/strict";
import { INSECURE_EXCEPTION_NAMES } from "../../runtime/insecure_exceptions.ts";
import { ADMIN_TOKEN, MASTER_KEY } from "../support/application.ts";
import {
  type Folder,
  makeFolder,
  migrateFolder,
  run,
  SANDBOX_ENVIRONMENT,
  serve,
} from "../support/process.ts";
import { TESTED_PROGRAM } from "../support/tested_program.ts";
import { makeKeys, toJwks, TOKEN_RULES } from "../support/tokens.ts";
import { callAs, manage, newService, newTemplate, reachAt } from "./services.ts";

type Variables = Readonly<Record<string, string>>;

const OTHER_KEY = "xk8vF2mQpZ0aTtq1nD7yJc4wRr9bLs3eHgUoV5iKfAM=";
const KEYS = toJwks(await makeKeys("ES256", "strict"));
const TOKENS = { ACCESS_TOKEN_JWKS: KEYS, ...TOKEN_RULES };
const KEY_SERVER = { ACCESS_TOKEN_JWKS_URL: "https://id.example/certs", ...TOKEN_RULES };
const POSTMARK = { EMAIL_PROVIDER: "postmark", POSTMARK_SERVER_TOKEN: "token" };
const OPENSSL_KEY = /"openssl rand -base64 32"/;
const OPENSSL_TOKEN = /"openssl rand -hex 24"/;

const base64Of = (byteAt: (index: number) => number) =>
  Uint8Array.from({ length: 32 }, (_, index) => byteAt(index)).toBase64();

/** The folder of the program. */
const PROGRAM = TESTED_PROGRAM.folder;

/** Reads the documentation's example of a variable. */
async function exampleOf(pattern: RegExp): Promise<string> {
  const page = await Deno.readTextFile(new URL("../../docs/configuration.md", import.meta.url));
  return pattern.exec(page)?.[1] ?? assert.fail(`no example like ${pattern}`);
}

/** Variables that production refuses: the one that is named, how the fault is described, and the command shown. */
interface Refused {
  readonly name: string;
  readonly variables: Variables;
  readonly variable: string;
  readonly fault: RegExp;
  readonly command: RegExp;
}

const REFUSED: readonly Refused[] = [
  ...[
    ["of one byte", base64Of(() => 0), /has under 8 different bytes/],
    ["of the byte 255", base64Of(() => 255), /has under 8 different bytes/],
    ["of two bytes", base64Of((index) => index % 2), /has under 8 different bytes/],
    ["of a pattern", btoa("0123456789abcdef0123456789abcdef"), /repeats one pattern/],
    ["of counted bytes", base64Of((index) => index), /is a sequence/],
    ["of the documentation", await exampleOf(/`([A-Za-z0-9+/]{43}=)`/), /is the documentation's/],
  ].map(([name, MASTER_KEY = "", fault]) => ({
    name: `a master key ${name}`,
    variables: { MASTER_KEY: String(MASTER_KEY) },
    variable: "MASTER_KEY",
    fault: fault instanceof RegExp ? fault : /$^/,
    command: OPENSSL_KEY,
  })),
  ...[
    ["of few characters", "a".repeat(40), /has under 8 different/],
    ["of 23 characters", ADMIN_TOKEN.slice(1), /has under 24 characters/],
    ["of 16 characters", "a9Kd02mxPqZr71Lt", /has under 24 characters/],
    ["of a pattern", "admin-token-".repeat(3), /repeats one pattern/],
    ["of the documentation", await exampleOf(/`([0-9a-f]{48})`/), /is the documentation's/],
  ].map(([name, ADMIN_TOKEN = "", fault]) => ({
    name: `an admin token ${name}`,
    variables: { ADMIN_TOKEN: String(ADMIN_TOKEN) },
    variable: "ADMIN_TOKEN",
    fault: fault instanceof RegExp ? fault : /$^/,
    command: OPENSSL_TOKEN,
  })),
  {
    name: "the previous master key equal to the current one",
    variables: { MASTER_KEY_PREVIOUS: `${MASTER_KEY} ` },
    variable: "MASTER_KEY_PREVIOUS",
    fault: /is equal to MASTER_KEY/,
    command: OPENSSL_KEY,
  },
  {
    name: "no public address",
    variables: { PUBLIC_URL: "" },
    variable: "PUBLIC_URL",
    fault: /is missing/,
    command: /"export PUBLIC_URL=https:/,
  },
  {
    name: "an http: public address",
    variables: { PUBLIC_URL: "http://hark.example.org" },
    variable: "PUBLIC_URL",
    fault: /is an http: address/,
    command: /"export PUBLIC_URL=https:.*ALLOW_INSECURE=http-public-url$/m,
  },
  {
    name: "an http: public address that looks like loopback",
    variables: { PUBLIC_URL: "http://127.0.0.1.example.org" },
    variable: "PUBLIC_URL",
    fault: /is an http: address/,
    command: /"export PUBLIC_URL=https:/,
  },
  {
    name: "an http: key server",
    variables: { ...KEY_SERVER, ACCESS_TOKEN_JWKS_URL: "https://a.example http://b.example/certs" },
    variable: "ACCESS_TOKEN_JWKS_URL",
    fault: /has an http: address/,
    command: /"export ACCESS_TOKEN_JWKS_URL=https:.*ALLOW_INSECURE=http-keys$/m,
  },
  ...["http://db.example", "libsql://db.example:8080?tls=0"].map((DATABASE_URL) => ({
    name: `a remote database without TLS, ${DATABASE_URL}`,
    variables: { DATABASE_URL },
    variable: "DATABASE_URL",
    fault: /without TLS/,
    command: /"export DATABASE_URL=libsql:.*ALLOW_INSECURE=http-database$/m,
  })),
  {
    name: "access tokens without an audience",
    variables: { ...TOKENS, ACCESS_TOKEN_AUDIENCE: "" },
    variable: "ACCESS_TOKEN_AUDIENCE",
    fault: /is missing/,
    command: /"export ACCESS_TOKEN_AUDIENCE=.*ALLOW_INSECURE=no-audience$/m,
  },
  {
    name: "access tokens without an issuer",
    variables: { ...KEY_SERVER, ACCESS_TOKEN_ISSUER: "" },
    variable: "ACCESS_TOKEN_ISSUER",
    fault: /is missing/,
    command: /"export ACCESS_TOKEN_ISSUER=.*ALLOW_INSECURE=no-issuer$/m,
  },
  ...["POSTMARK_WEBHOOK_USER", "POSTMARK_WEBHOOK_PASSWORD"].map((variable) => ({
    name: `receipts of Postmark without ${variable}`,
    variables: POSTMARK,
    variable,
    fault: /is missing/,
    command: /"openssl rand -hex 24".*ALLOW_INSECURE=no-receipts$/m,
  })),
  {
    name: "receipts of Twilio without its token",
    variables: { SMS_PROVIDER: "twilio", TWILIO_ACCOUNT_SID: "AC1", TWILIO_FROM: "+15005550006" },
    variable: "TWILIO_AUTH_TOKEN",
    fault: /is missing/,
    command: /SMS_PROVIDER=sandbox/,
  },
  {
    name: "an unknown exception",
    variables: { ALLOW_INSECURE: "no-audience,everything" },
    variable: "ALLOW_INSECURE",
    fault: /has an unknown name/,
    command: /http-keys, http-database, http-public-url, no-audience, no-issuer, no-receipts$/m,
  },
  {
    name: "an empty list of exceptions",
    variables: { ALLOW_INSECURE: " , " },
    variable: "ALLOW_INSECURE",
    fault: /must be one of/,
    command: /http-keys/,
  },
];

/** The errors of `start` over a migrated file; it must end with 1, without a stack trace and without secrets. */
async function refusalOf(folder: Folder, variables: Variables): Promise<string> {
  const environment = { ...SANDBOX_ENVIRONMENT, ...variables };
  const { code, stderr, stdout } = await run(["start"], { folder, environment });
  assert.equal(code, 1, `${stdout}\n${stderr}`);
  assert.match(stderr, /^Hark cannot start\.\n/);
  assert.doesNotMatch(stderr, /\n +at /);
  for (const secret of ["MASTER_KEY", "MASTER_KEY_PREVIOUS", "ADMIN_TOKEN"]) {
    const value = environment[secret];
    if (value !== undefined) assert(!stderr.includes(value.trim()), secret);
  }
  return stderr;
}

Deno.test("start: refuses insecure settings, each with its variable, the fault and a command", async (t) => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  for (const { name, variables, variable, fault, command } of REFUSED) {
    await t.step(name, async () => {
      const lines = (await refusalOf(folder, variables)).split("\n")
        .filter((line) => line.startsWith(`${variable} `));
      assert.equal(lines.length, 1, lines.join("\n"));
      const [line = ""] = lines;
      assert.match(line, fault);
      assert.match(line, command);
    });
  }
  const files = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
  assert(!files.includes("hark.db.lock"), "the database is not touched");
});

Deno.test("start: refuses to keep its files in a folder that contains the program", async () => {
  await using folder = await makeFolder();
  await Deno.symlink(PROGRAM, `${folder.path}/link`);
  for (const path of [PROGRAM, `${PROGRAM}../`, "./link/"]) {
    assert.match(
      await refusalOf(folder, { FILES_DIR: path }),
      /FILES_DIR is a folder that contains the program.*export FILES_DIR=data\/files"$/m,
    );
  }
});

Deno.test("start: reports all problems at once", async () => {
  await using folder = await makeFolder();
  const said = await refusalOf(folder, {
    MASTER_KEY: base64Of(() => 0),
    ADMIN_TOKEN: "aaaaaaaaaaaaaaaa",
    PUBLIC_URL: "http://hark.example.org",
    ACCESS_TOKEN_JWKS_URL: "http://id.example/certs",
    PORT: "many",
  });
  assert.deepEqual(said.trim().split("\n").slice(1).map((line) => line.split(" ")[0]), [
    "PORT",
    "MASTER_KEY",
    "ADMIN_TOKEN",
    "PUBLIC_URL",
    "ACCESS_TOKEN_JWKS_URL",
    "ACCESS_TOKEN_AUDIENCE",
    "ACCESS_TOKEN_ISSUER",
  ]);
});

Deno.test("start: accepts what ALLOW_INSECURE names, with a warning for each name at every start", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  const environment = {
    ...SANDBOX_ENVIRONMENT,
    ...POSTMARK,
    PUBLIC_URL: "http://hark.example.org",
    ACCESS_TOKEN_JWKS_URL: "http://id.example/certs",
    ALLOW_INSECURE: INSECURE_EXCEPTION_NAMES.join(", "),
  };
  for (const start of ["first", "second"]) {
    await using hark = await serve("start", { folder, environment });
    const warnings = hark.stdout.split("\n").filter((line) => line.includes('"warning"'));
    for (const name of INSECURE_EXCEPTION_NAMES) {
      const own = warnings.filter((line) => line.includes(`ALLOW_INSECURE=${name}: `));
      assert.equal(own.length, 1, `${start}: ${name}`);
    }
    assert(warnings.some((line) => line.includes("SMS_PROVIDER=sandbox")), start);
    assert.equal((await hark.kill("SIGTERM")).code, 0);
  }
});

Deno.test("start: accepts http: for loopback hosts without an exception", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  const environment = {
    ...SANDBOX_ENVIRONMENT,
    ...TOKEN_RULES,
    PUBLIC_URL: "http://[::1]:8787",
    ACCESS_TOKEN_JWKS_URL: "http://127.0.0.2/certs http://localhost:8080/certs",
  };
  await using hark = await serve("start", { folder, environment });
  assert.doesNotMatch(hark.stdout, /ALLOW_INSECURE/);
});

Deno.test("start: refuses a master key that does not decrypt what the database holds", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  const rotated = { MASTER_KEY: OTHER_KEY, MASTER_KEY_PREVIOUS: MASTER_KEY };
  {
    await using hark = await serve("start", {
      folder,
      environment: { ...SANDBOX_ENVIRONMENT, MASTER_KEY: OTHER_KEY },
    });
    assert.equal((await hark.kill("SIGTERM")).code, 0, "an empty database is opened by every key");
  }
  {
    await using hark = await serve("start", { folder, environment: SANDBOX_ENVIRONMENT });
    await newService(reachAt(() => hark.url));
  }
  const said = await refusalOf(folder, { MASTER_KEY: OTHER_KEY });
  assert.match(said, /^MASTER_KEY does not decrypt .*MASTER_KEY_PREVIOUS.*sha256sum/m);
  {
    await using hark = await serve("start", {
      folder,
      environment: { ...SANDBOX_ENVIRONMENT, ...rotated },
    });
    await newService(reachAt(() => hark.url));
  }
  // One service under each key: neither key alone is enough.
  assert.match(await refusalOf(folder, {}), /^MASTER_KEY does not decrypt/m);
  assert.match(await refusalOf(folder, { MASTER_KEY: OTHER_KEY }), /^MASTER_KEY does not decrypt/m);
  const database = { DATABASE_URL: "file:hark.db", ...rotated };
  assert.equal((await run(["migrate"], { folder, environment: database })).code, 0);
  await using _hark = await serve("start", {
    folder,
    environment: { ...SANDBOX_ENVIRONMENT, MASTER_KEY: OTHER_KEY },
  });
});

Deno.test("start: refuses a file that another start serves, by any of its names, until that one is killed", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  await Deno.symlink(`${folder.path}/hark.db`, `${folder.path}/other.db`);
  await using first = await serve("start", { folder, environment: SANDBOX_ENVIRONMENT });
  for (const DATABASE_URL of ["file:hark.db", `file:${folder.path}/hark.db`, "file:other.db"]) {
    const said = await refusalOf(folder, { DATABASE_URL });
    assert.match(said, /^DATABASE_URL names a file that another .*"fuser -v .*hark\.db\.lock"/m);
  }
  const migrated = await run(["migrate"], {
    folder,
    environment: { DATABASE_URL: "file:hark.db" },
  });
  assert.deepEqual([migrated.code, migrated.stdout], [0, "nothing to migrate\n"]);
  const { mode } = await Deno.stat(`${folder.path}/hark.db.lock`);
  assert.equal((mode ?? 0) & 0o077, 0);
  await first.kill("SIGKILL");
  await using second = await serve("start", { folder, environment: SANDBOX_ENVIRONMENT });
  assert.equal((await second.kill("SIGTERM")).code, 0);
  await using _third = await serve("start", { folder, environment: SANDBOX_ENVIRONMENT });
});

Deno.test("start: refuses sends on a channel whose provider is none, and previews its templates", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  const environment = { ...SANDBOX_ENVIRONMENT, SMS_PROVIDER: "none" };
  await using hark = await serve("start", { folder, environment });
  const reach = reachAt(() => hark.url);
  const { id, keys } = await newService(reach);
  const sms = await newTemplate(reach, id, { channel: "sms", name: "Text", body: "Hi ((name))" });
  const email = await newTemplate(reach, id, {
    channel: "email",
    name: "E-mail",
    subject: "Hi",
    body: "Hi ((name))",
  });
  const personalisation = { name: "Ann" };
  for (const key of [keys.live, keys.team, keys.test]) {
    const refused = await callAs(reach, key, "POST", "/v2/notifications/sms", {
      template_id: sms,
      phone_number: "07900900123",
      personalisation,
    });
    assert.equal(refused.status, 400);
    assert.deepEqual(refused.body.errors, [{
      error: "BadRequestError",
      message: "Service is not allowed to send text messages",
    }]);
  }
  const bulk = await callAs(reach, keys.live, "POST", "/v2/notifications/bulk", {
    name: "List",
    template_id: sms,
    rows: [["phone number", "name"], ["07900900123", "Ann"]],
  });
  assert.equal(bulk.status, 400);
  assert.match(JSON.stringify(bulk.body), /Service is not allowed to send text messages/);
  const preview = await callAs(reach, keys.live, "POST", `/v2/template/${sms}/preview`, {
    personalisation,
  });
  assert.deepEqual([preview.status, preview.body.body], [200, "Hi Ann"]);
  const sent = await callAs(reach, keys.live, "POST", "/v2/notifications/email", {
    template_id: email,
    email_address: "ann@example.com",
    personalisation,
  });
  assert.equal(sent.status, 201);
  const service = await manage(reach, "GET", `/manage/services/${id}`);
  assert(service.body.channels.includes("sms"), "the service keeps its channels");
});
