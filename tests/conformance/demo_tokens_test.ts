/** The access tokens that `deno task dev` shows and `deno task token` prints. */
import assert from "node:assert/strict";
import { decodeJwt } from "jose";
import { createAccessTokens } from "../../adapters/tokens/access_tokens.ts";
import { DEMO_TOKEN_LIFE_MS } from "../../runtime/development/environment.ts";
import { readPublicKeys } from "../../domain/access/access_token_keys.ts";
import { type Folder, makeFolder, run, serve } from "../support/process.ts";

const OLDER = { masterKey: btoa("\0".repeat(32)), adminToken: "a".repeat(32) };

/** A folder of a version that had no access tokens. */
async function makeOlderFolder(): Promise<Folder> {
  const folder = await makeFolder();
  await Deno.mkdir(`${folder.path}/.data`);
  await Deno.writeTextFile(`${folder.path}/.data/development.json`, JSON.stringify(OLDER));
  return folder;
}

async function readKept({ path }: Folder) {
  return JSON.parse(await Deno.readTextFile(`${path}/.data/development.json`));
}

/** Verifies with the folder's own key, at the time when the token was issued. */
async function verify(folder: Folder, token: string, options = {}) {
  const { d: _private, ...publicJwk } = (await readKept(folder)).accessKey;
  const read = readPublicKeys({ keys: [publicJwk] });
  const config = {
    keys: { jwks: read.ok ? read.value.keys : assert.fail() },
    issuers: [],
    audiences: [],
    maxLifetimeS: DEMO_TOKEN_LIFE_MS / 1000,
    ...options,
  };
  const issuedAt = (decodeJwt(token).iat ?? 0) * 1000;
  const result = await createAccessTokens(config, { fetch }).verify(token, issuedAt);
  if (!result.ok) assert.fail(JSON.stringify(result.refusal));
  const { recipientId, roles, expiresAt } = result.value;
  assert.equal(expiresAt - issuedAt, DEMO_TOKEN_LIFE_MS);
  return { recipientId, roles };
}

async function print(
  folder: Folder,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(["token", ...args], { folder, environment });
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

Deno.test("the token task: names the person as RECIPIENT_CLAIM and ACCESS_TOKEN_REALMS say", async () => {
  await using folder = await makeOlderFolder();
  const environment = {
    RECIPIENT_CLAIM: "preferred_username",
    ACCESS_TOKEN_ISSUER: "https://id.example/officer,https://id.example/citizen",
    ACCESS_TOKEN_REALMS: "https://id.example/officer=officer,https://id.example/citizen=citizen",
  };
  const { preferred_username, iss } = decodeJwt(
    await print(folder, ["citizen", "olena"], environment),
  );
  assert.deepEqual([preferred_username, iss], ["olena", "https://id.example/citizen"]);
  const admin = decodeJwt(await print(folder, ["template-admin"], environment));
  assert.equal(admin.iss, "https://id.example/officer");
});

Deno.test("the token task: prints access tokens of a citizen and of a template admin", async () => {
  await using folder = await makeOlderFolder();
  assert.deepEqual(await verify(folder, await print(folder, ["citizen"])), {
    recipientId: "demo-citizen",
    roles: ["citizen"],
  });
  const { accessKey, ...others } = await readKept(folder);
  assert.deepEqual(others, OLDER, "what an older folder kept is kept");
  assert.deepEqual(await verify(folder, await print(folder, ["citizen", "bob"])), {
    recipientId: "bob",
    roles: ["citizen"],
  });
  assert.deepEqual((await readKept(folder)).accessKey, accessKey, "the key is made once");
  assert.deepEqual(await verify(folder, await print(folder, ["template-admin"])), {
    recipientId: "demo-template-admin",
    roles: ["template-admin"],
  });
});

Deno.test("the token task: issues tokens for the roles, issuer and audience of the environment", async () => {
  await using folder = await makeOlderFolder();
  const token = await print(folder, ["template-admin"], {
    TEMPLATE_ROLE: "publisher",
    SENDER_ROLE: "sender",
    ACCESS_TOKEN_ISSUER: "https://id.example, https://other.example",
    ACCESS_TOKEN_AUDIENCE: "inbox",
  });
  const rules = { issuers: ["https://id.example"], audiences: ["inbox"] };
  const { roles } = await verify(folder, token, rules);
  assert.deepEqual(roles, ["publisher", "sender"]);
});

Deno.test("the token task: says why it issues no access token", async () => {
  await using empty = await makeFolder();
  await using folder = await makeOlderFolder();
  const environment = { ACCESS_TOKEN_JWKS_URL: "https://id.example/certs" };
  const cases = [
    [["citizen"], { folder: empty }, /^There is no demo key yet: .*\n$/],
    [["citizen"], { folder, environment }, /^ACCESS_TOKEN_JWKS.* others' keys: .*\n$/],
    [["citizens"], { folder }, /^That is no key, nor one of citizen, template-admin\.\n$/],
    [["citizen"], { folder, environment: { PORT: "x" } }, /^PORT must be .*\n$/],
  ] as const;
  for (const [args, options, said] of cases) {
    const { code, stdout, stderr } = await run(["token", ...args], options);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, said);
  }
});

Deno.test("dev: shows access tokens when its own key verifies them, and none with other keys", async () => {
  await using folder = await makeOlderFolder();
  {
    await using hark = await serve("dev", { folder, environment: { PORT: "0" } });
    const shown = (name: string) =>
      new RegExp(`^ +${name} +(eyJ\\S+)$`, "m").exec(hark.stdout)?.[1];
    const citizen = await verify(folder, shown("citizen") ?? assert.fail(hark.stdout));
    assert.equal(citizen.recipientId, "demo-citizen");
    const admin = await verify(folder, shown("admin") ?? assert.fail(hark.stdout));
    assert.deepEqual(admin.roles, ["template-admin"]);
  }
  const environment = { PORT: "0", ACCESS_TOKEN_JWKS_URL: "https://id.example/certs" };
  await using hark = await serve("dev", { folder, environment });
  assert.doesNotMatch(hark.stdout, /X-Access-Token|eyJ/);
});
