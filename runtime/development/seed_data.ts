/** Seed data of `deno task dev`: a demo service, and a template for inbox messages. */
import type { KeyId, ServiceId, TemplateId } from "../../domain/ids.ts";
import type { RegistryTemplateStore } from "../../domain/ports/registry_template_store.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import { safeName } from "../../domain/service/sender.ts";
import { DEFAULT_SETTINGS, KEY_KINDS, type KeyKind } from "../../domain/service/service.ts";
import { type DemoRole, issueDemoAccessToken } from "./demo_tokens.ts";
import type { DevelopmentEnvironment } from "./environment.ts";
import { type Demo, type DevelopmentSecrets, writeSecrets } from "./secrets_file.ts";

/** The seed data that the banner shows. */
export interface DevelopmentData {
  readonly demo: Demo;
  /** A demo access token for each role; `undefined` when tokens are verified with other keys. */
  readonly accessTokens: Readonly<Record<DemoRole, string>> | undefined;
}

/** The service of the registry API, and where its templates are stored. */
export interface RegistrySeedTarget {
  readonly serviceId: ServiceId;
  readonly templates: Pick<RegistryTemplateStore, "find" | "save">;
}

/** The name of the template of messages to the demo citizen; its English translation is this name with `-en`. */
export const DEMO_TEMPLATE = "demo-message";

const DEMO_TEMPLATES = {
  [DEMO_TEMPLATE]: {
    title: "Заяву прийнято",
    content: "<p>Вітаємо, ${name}!</p><p>Ми отримали вашу заяву. Відповідь буде до ${date}.</p>",
  },
  [`${DEMO_TEMPLATE}-en`]: {
    title: "We have your application",
    content: "<p>Dear ${name},</p><p>We have your application and will answer by ${date}.</p>",
  },
} as const;

/**
 * Creates the demo service and the demo templates unless they exist, and issues demo access tokens.
 *
 * @param registry `undefined` when the registry API is off: no inbox templates are created then
 */
export async function seedDevelopmentData(
  environment: DevelopmentEnvironment,
  store: ManagementStore,
  registry: RegistrySeedTarget | undefined,
): Promise<DevelopmentData> {
  if (registry !== undefined) await seedRegistryTemplates(registry);
  const { secrets } = environment;
  const demo = await findDemo(secrets, store) ?? await createDemo(store);
  if (demo !== secrets.demo) await writeSecrets({ ...secrets, demo });
  const [citizen, admin] = await Promise.all([
    issueDemoAccessToken(environment, "citizen"),
    issueDemoAccessToken(environment, "template-admin"),
  ]);
  const accessTokens = citizen === undefined || admin === undefined
    ? undefined
    : { citizen, "template-admin": admin };
  return { demo, accessTokens };
}

async function seedRegistryTemplates({ serviceId, templates }: RegistrySeedTarget): Promise<void> {
  for (const [name, content] of Object.entries(DEMO_TEMPLATES)) {
    if (await templates.find(serviceId, "inbox", name) !== undefined) continue;
    await templates.save(serviceId, {
      channel: "inbox",
      name,
      attributes: [],
      version: { ...content, shortText: null, syntax: "freemarker", external: undefined },
      previous: undefined,
      newId: crypto.randomUUID() as TemplateId,
    }, Date.now());
  }
}

async function findDemo(
  { demo }: DevelopmentSecrets,
  store: ManagementStore,
): Promise<Demo | undefined> {
  const service = demo && await store.getService(demo.serviceId as ServiceId);
  return service && demo;
}

async function createDemo(store: ManagementStore): Promise<Demo> {
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
  const templates = await createDemoTemplates(store, serviceId, now);
  return { serviceId, keys: await createDemoKeys(store, serviceId, now), templates };
}

async function createDemoTemplates(
  store: ManagementStore,
  serviceId: ServiceId,
  now: number,
): Promise<Demo["templates"]> {
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
  return { sms, email };
}

async function createDemoKeys(
  store: ManagementStore,
  serviceId: ServiceId,
  now: number,
): Promise<Demo["keys"]> {
  const keys: Partial<Record<KeyKind, string>> = {};
  for (const kind of KEY_KINDS) {
    const name = `demo ${kind}`;
    const secret = crypto.randomUUID();
    const id = crypto.randomUUID() as KeyId;
    await store.createKey(serviceId, { id, name, kind, secret }, now);
    keys[kind] = `${safeName(name, "_")}-${serviceId}-${secret}`;
  }
  const { live = "", team = "", test = "" } = keys;
  return { live, team, test };
}
