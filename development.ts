/** What `deno task dev` needs on an empty folder: keys, a demo service, and one screen that says where all is. */
import { SignJWT } from "jose";
import type { Config } from "./config.ts";
import type { KeyId, ServiceId, TemplateId } from "./domain/ids.ts";
import type { ManagementStore } from "./domain/management_ports.ts";
import { safeName } from "./domain/sender.ts";
import { DEFAULT_SETTINGS, KEY_KINDS, type KeyKind } from "./domain/service.ts";

const FOLDER = ".data";
const FILE = `${FOLDER}/development.json`;

/** A demo service with its keys and templates. */
interface Demo {
  readonly serviceId: string;
  readonly keys: Readonly<Record<KeyKind, string>>;
  readonly templates: { readonly sms: string; readonly email: string };
}

interface Secrets {
  readonly masterKey: string;
  readonly adminToken: string;
  readonly demo: Demo | undefined;
}

/** The environment with what was made up for it, and what is kept in the folder. */
export interface KeptEnvironment {
  readonly environment: Readonly<Record<string, string>>;
  readonly kept: Secrets;
}

/** What development is furnished with. */
export interface Furniture {
  readonly demo: Demo;
}

/** Reads what is kept in the folder, makes what is missing, and fills the environment's gaps with it. */
export async function readFurniture(
  variables: Readonly<Record<string, string>>,
): Promise<KeptEnvironment> {
  const kept = await readKept() ?? {
    masterKey: randomBase64(32),
    adminToken: randomBase64(24).replaceAll(/[+/=]/g, "x"),
    demo: undefined,
  };
  await keep(kept);
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const environment = {
    DATABASE_URL: `file:${FOLDER}/hark.db`,
    FILES_DIR: `${FOLDER}/files`,
    MASTER_KEY: kept.masterKey,
    ADMIN_TOKEN: kept.adminToken,
    ...given,
  };
  return { environment, kept };
}

/** Makes the demo service, unless the database has it. */
export async function furnish(
  { kept }: KeptEnvironment,
  store: ManagementStore,
): Promise<Furniture> {
  const { demo } = kept;
  if (demo !== undefined && await store.getService(demo.serviceId as ServiceId) !== undefined) {
    return { demo };
  }
  const made = await makeDemo(store);
  await keep({ ...kept, demo: made });
  return { demo: made };
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

/** The one screen that a developer sees. */
export function welcome({ demo }: Furniture, config: Config, port: number): string {
  const origin = `http://localhost:${port}`;
  const channel = (provider: string) =>
    provider === "sandbox" ? "sandbox (nothing is really sent)" : provider;
  return `
  Hark is listening on ${origin}

  Mailbox      ${origin}/dev/mailbox
  SMS          ${channel(config.sms.provider)}
  E-mail       ${channel(config.email.provider)}

  Demo service ${demo.serviceId}
    live key   ${demo.keys.live}
    team key   ${demo.keys.team}
    test key   ${demo.keys.test}
    SMS        template ${demo.templates.sms}
    e-mail     template ${demo.templates.email}

  Admin token  ${config.adminToken}

  Send a text: paste this in another terminal, in this folder

curl -sS ${origin}/v2/notifications/sms \\
  -H "Authorization: Bearer $(npx -y deno@2.9.6 task --quiet token)" \\
  -H "Content-Type: application/json" \\
  -d '{"phone_number": "07900 900123", "template_id": "${demo.templates.sms}",
       "personalisation": {"name": "Ann", "date": "1 May", "bring": "yes"}}'

  and look at the mailbox.
`;
}

async function readKept(): Promise<Secrets | undefined> {
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

if (typeof Deno !== "undefined" && import.meta.main) {
  const token = await mintToken(Deno.args[0]);
  if (token === undefined) {
    console.error('There is no demo key yet: start "deno task dev" first, in this folder.');
    Deno.exit(1);
  }
  console.log(token);
}
