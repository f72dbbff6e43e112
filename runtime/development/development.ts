/** What `deno task dev` needs on an empty folder: keys, a demo service, and one screen that says where all is. */
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  SignJWT,
} from "jose";
import { type Config, ConfigError, readConfig } from "../config.ts";
import type { KeyId, ServiceId, TemplateId } from "../../domain/ids.ts";
import type { RegistryTemplateStore } from "../../domain/ports/registry_template_store.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import { safeName } from "../../domain/service/sender.ts";
import { DEFAULT_SETTINGS, KEY_KINDS, type KeyKind } from "../../domain/service/service.ts";
import { DAY_MS } from "../../domain/time/durations.ts";

const FOLDER = ".data";
const FILE = `${FOLDER}/development.json`;

/** A demo service with its keys and templates. */
export interface Demo {
  readonly serviceId: string;
  readonly keys: Readonly<Record<KeyKind, string>>;
  readonly templates: { readonly sms: string; readonly email: string };
}

interface Secrets {
  readonly masterKey: string;
  readonly adminToken: string;
  readonly demo: Demo | undefined;
  /** The private key that signs demo access tokens, with its `kid`. */
  readonly accessKey: JWK;
}

/** The environment with what was made up for it, and what is kept in the folder. */
export interface KeptEnvironment {
  readonly environment: Readonly<Record<string, string>>;
  readonly kept: Secrets;
}

/** What development is furnished with. */
export interface DevelopmentEnvironment {
  readonly demo: Demo;
  /** An access token for each of {@link DEMO_BEARERS}; `undefined` when tokens are verified with others' keys. */
  readonly accessTokens: Readonly<Record<DemoBearer, string>> | undefined;
}

/** For whom demo access tokens are minted. */
export const DEMO_BEARERS = ["citizen", "template-admin"] as const;

/** A kind of person that a demo access token is minted for. */
export type DemoBearer = (typeof DEMO_BEARERS)[number];

/** How long a demo access token lives. */
export const DEMO_TOKEN_LIFE_MS = 7 * DAY_MS;

/** Reads what is kept in the folder, makes what is missing, and fills the environment's gaps with it. */
export async function loadDevelopmentEnvironment(
  variables: Readonly<Record<string, string>>,
): Promise<KeptEnvironment> {
  const found = await readKept();
  const kept: Secrets = {
    masterKey: found?.masterKey ?? randomBase64(32),
    adminToken: found?.adminToken ?? randomBase64(24).replaceAll(/[+/=]/g, "x"),
    demo: found?.demo,
    accessKey: found?.accessKey ?? await makeAccessKey(),
  };
  await keep(kept);
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const hasKeys = "ACCESS_TOKEN_JWKS" in given || "ACCESS_TOKEN_JWKS_URL" in given;
  const environment = {
    ...(hasKeys ? {} : { ACCESS_TOKEN_JWKS: toPublicJwks(kept.accessKey) }),
    DATABASE_URL: `file:${FOLDER}/hark.db`,
    FILES_DIR: `${FOLDER}/files`,
    MASTER_KEY: kept.masterKey,
    ADMIN_TOKEN: kept.adminToken,
    ...given,
  };
  return { environment, kept };
}

/** Makes the demo service, unless the database has it, and mints demo access tokens. */
export async function seedDevelopmentData(
  keptEnvironment: KeptEnvironment,
  store: ManagementStore,
  registry: RegistryDevelopmentEnvironment | undefined,
): Promise<DevelopmentEnvironment> {
  if (registry !== undefined) await furnishRegistry(registry);
  const { kept } = keptEnvironment;
  const demo = await findDemo(kept, store) ?? await makeDemo(store);
  if (demo !== kept.demo) await keep({ ...kept, demo });
  const [citizen, admin] = await Promise.all([
    issueDemoAccessToken(keptEnvironment, "citizen"),
    issueDemoAccessToken(keptEnvironment, "template-admin"),
  ]);
  const accessTokens = citizen === undefined || admin === undefined
    ? undefined
    : { citizen, "template-admin": admin };
  return { demo, accessTokens };
}

/** The service of the registries' surface, and where its templates are. */
export interface RegistryDevelopmentEnvironment {
  readonly serviceId: ServiceId;
  readonly templates: Pick<RegistryTemplateStore, "find" | "save">;
}

/** The name of the demo citizen's template. */
const DEMO_TEMPLATE = "demo-message";

const DEMO_WORDS = {
  [DEMO_TEMPLATE]: {
    title: "Заяву прийнято",
    content: "<p>Вітаємо, ${name}!</p><p>Ми отримали вашу заяву. Відповідь буде до ${date}.</p>",
  },
  [`${DEMO_TEMPLATE}-en`]: {
    title: "We have your application",
    content: "<p>Dear ${name},</p><p>We have your application and will answer by ${date}.</p>",
  },
} as const;

/** Publishes a demo message for inboxes, unless it is there. */
async function furnishRegistry(
  { serviceId, templates }: RegistryDevelopmentEnvironment,
): Promise<void> {
  for (const [name, words] of Object.entries(DEMO_WORDS)) {
    if (await templates.find(serviceId, "inbox", name) !== undefined) continue;
    await templates.save(serviceId, {
      channel: "inbox",
      name,
      attributes: [],
      version: { ...words, shortText: null, syntax: "freemarker", external: undefined },
      found: undefined,
      newId: crypto.randomUUID() as TemplateId,
    }, Date.now());
  }
}

async function findDemo({ demo }: Secrets, store: ManagementStore): Promise<Demo | undefined> {
  const service = demo && await store.getService(demo.serviceId as ServiceId);
  return service && demo;
}

async function makeAccessKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: "ES256", use: "sig" };
}

function toPublicJwks({ kty, crv, x, y, kid, alg, use }: JWK): string {
  return JSON.stringify({ keys: [{ kty, crv, x, y, kid, alg, use }] });
}

/**
 * Mints an access token (`X-Access-Token`) that this folder's Hark takes, of {@link DEMO_TOKEN_LIFE_MS}.
 *
 * @param bearer a `citizen` has that role; a `template-admin` has those of the configuration that write and send
 * @param recipientId whose token it is
 * @returns `undefined` when the environment says that tokens are verified with others' keys
 * @throws ConfigError when the environment is wrong
 */
export async function issueDemoAccessToken(
  { environment, kept: { accessKey } }: KeptEnvironment,
  bearer: DemoBearer,
  recipientId: string = `demo-${bearer}`,
  now: number = Date.now(),
): Promise<string | undefined> {
  if (environment.ACCESS_TOKEN_JWKS !== toPublicJwks(accessKey)) return undefined;
  const { registry } = readConfig(environment, "development");
  const { templateRole, senderRole, issuers: [issuer], audiences: [audience] } = registry;
  const roles = bearer === "citizen" ? ["citizen"] : [...new Set([templateRole, senderRole])];
  const token = new SignJWT({ roles })
    .setProtectedHeader({ typ: "JWT", alg: "ES256", kid: accessKey.kid ?? "" })
    .setSubject(recipientId).setIssuedAt(new Date(now))
    .setExpirationTime(new Date(now + DEMO_TOKEN_LIFE_MS));
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return await token.sign(await importJWK(accessKey, "ES256"));
}

async function makeDemo(store: ManagementStore): Promise<Demo> {
  const now = Date.now();
  const serviceId = crypto.randomUUID() as ServiceId;
  await store.createService(
    { id: serviceId, name: "Demo service", mode: "live", active: true, settings: DEFAULT_SETTINGS },
    now,
  );
  await store.setGuests(serviceId, {
    emailAddresses: ["guest@example.com"],
    phoneNumbers: ["07900 900456"],
  }, now);
  const sms = crypto.randomUUID() as TemplateId;
  const email = crypto.randomUUID() as TemplateId;
  await store.createTemplate(serviceId, {
    id: sms,
    channel: "sms",
    name: "Appointment reminder",
    subject: null,
    body: "Hello ((name)), your appointment is on ((date)).((bring??  Bring your passport.))",
  }, now);
  await store.createTemplate(serviceId, {
    id: email,
    channel: "email",
    name: "Application received",
    subject: "We have received your application, ((name))",
    body: "# Thank you, ((name))\n\nWe received your application on ((date)). " +
      "You do not need to do anything now.\n\n## What happens next\n\n" +
      "* we check what you sent us\n* we write to you within 5 working days\n\n" +
      "^ Keep this message until you hear from us.\n\n" +
      "[How we decide](https://example.com/how-we-decide)",
  }, now);
  const keys: Partial<Record<KeyKind, string>> = {};
  for (const kind of KEY_KINDS) {
    const name = `demo ${kind}`;
    const secret = crypto.randomUUID();
    const id = crypto.randomUUID() as KeyId;
    await store.createKey(serviceId, { id, name, kind, secret }, now);
    keys[kind] = `${safeName(name, "_")}-${serviceId}-${secret}`;
  }
  const { live = "", team = "", test = "" } = keys;
  return { serviceId, keys: { live, team, test }, templates: { sms, email } };
}

/**
 * Mints the token of a request, as the official clients do.
 *
 * @param key a key as it was shown when it was made; the demo service's live key when left out
 * @returns `undefined` when there is no demo service yet
 */
async function mintToken(key: string | undefined): Promise<string | undefined> {
  const used = key ?? (await readKept())?.demo?.keys.live;
  if (used === undefined) return undefined;
  const secret = new TextEncoder().encode(used.slice(-36));
  return await new SignJWT({}).setProtectedHeader({ typ: "JWT", alg: "HS256" })
    .setIssuer(used.slice(-73, -37)).setIssuedAt().sign(secret);
}

/** A command that sends a text from the demo service; `root` ends in a slash. */
export function textCommand(root: string, { templates }: Demo): string {
  return `curl -sS ${root}v2/notifications/sms \\
  -H "Authorization: Bearer $(npx -y deno@2.9.6 task --quiet token)" \\
  -H "Content-Type: application/json" \\
  -d '{"phone_number": "07900 900123", "template_id": "${templates.sms}",
       "personalisation": {"name": "Ann", "date": "1 May", "bring": "yes"}}'`;
}

/** A command that puts a message into the demo citizen's inbox; `root` ends in a slash. */
export function messageCommand(root: string): string {
  return `curl -sS ${root}api/notifications \\
  -H "X-Access-Token: $(npx -y deno@2.9.6 task --quiet token template-admin)" \\
  -H "Content-Type: application/json" \\
  -d '{"notification": {"templateName": "${DEMO_TEMPLATE}"}, "recipients":
       [{"id": "demo-citizen", "parameters": {"name": "Ann", "date": "1 May"}}]}'`;
}

/** The one screen that a developer sees. */
export function welcome(
  { demo, accessTokens }: DevelopmentEnvironment,
  config: Config,
  port: number,
): string {
  const origin = `http://localhost:${port}`;
  const channel = (provider: string) =>
    provider === "sandbox" ? "sandbox (nothing is really sent)" : provider;
  const accessTokenAuth = accessTokens === undefined ? "" : `
  X-Access-Token, for ${DEMO_TOKEN_LIFE_MS / DAY_MS} days
    citizen    ${accessTokens.citizen}
    admin      ${accessTokens["template-admin"]}
`;
  const inbox = accessTokens === undefined ? "" : `
  Put a message into a demo citizen's inbox, and look at the inbox page

${messageCommand(`${origin}/`)}
`;
  return `
  Hark is listening on ${origin}

  Mailbox      ${origin}/dev/mailbox${
    accessTokens === undefined ? "" : `\n  Inbox        ${origin}/dev/inbox`
  }
  SMS          ${channel(config.sms.provider)}
  E-mail       ${channel(config.email.provider)}

  Demo service ${demo.serviceId}
    live key   ${demo.keys.live}
    team key   ${demo.keys.team}
    test key   ${demo.keys.test}
    SMS        template ${demo.templates.sms}
    e-mail     template ${demo.templates.email}

  Admin token  ${config.adminToken}
${accessTokenAuth}
  Send a text: paste this into another terminal, in this folder

${textCommand(`${origin}/`, demo)}

  and look at the mailbox page.
${inbox}`;
}

/** What is kept; folders of older versions lack what came later. */
async function readKept(): Promise<Partial<Secrets> | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function keep(secrets: Secrets): Promise<void> {
  await Deno.mkdir(FOLDER, { recursive: true });
  await Deno.writeTextFile(FILE, JSON.stringify(secrets, null, 2), { mode: 0o600 });
}

function randomBase64(bytes: number): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes))));
}

/** @throws ConfigError with what to do, when there is no token to be had */
async function mintAnyToken(
  wanted: string | undefined,
  recipientId: string | undefined,
): Promise<string> {
  const bearer = DEMO_BEARERS.find((name) => name === wanted);
  if (bearer !== undefined && await readKept() !== undefined) {
    const keptEnvironment = await loadDevelopmentEnvironment(Deno.env.toObject());
    const token = await issueDemoAccessToken(keptEnvironment, bearer, recipientId);
    if (token !== undefined) return token;
    throw new ConfigError(
      "ACCESS_TOKEN_JWKS(_URL) names others' keys: only they issue tokens.",
    );
  }
  if (bearer === undefined && wanted !== undefined && !/-[0-9a-f-]{73}$/i.test(wanted)) {
    throw new ConfigError(`That is no key, nor one of ${DEMO_BEARERS.join(", ")}.`);
  }
  const token = bearer === undefined ? await mintToken(wanted) : undefined;
  if (token !== undefined) return token;
  throw new ConfigError('There is no demo key yet: start "deno task dev" first, in this folder.');
}

if (typeof Deno !== "undefined" && import.meta.main) {
  try {
    console.log(await mintAnyToken(Deno.args[0], Deno.args[1]));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
