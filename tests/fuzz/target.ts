/** The process that a fuzz run or a hostile case is sent to: a real `start` with seed data and stand-ins for providers. */
import assert from "node:assert/strict";
import { startProviders } from "../conformance/providers.ts";
import { callAs, manage, newService, newTemplate, reachAt } from "../conformance/services.ts";
import { childrenOf } from "../hostile/clients.ts";
import { ADMIN_TOKEN, issueRequestToken } from "../support/application.ts";
import {
  LAUNCHER,
  makeFolder,
  migrateFolder,
  serve,
  type ServingProcess,
  waitFor,
} from "../support/process.ts";
import { issueToken, makeKeys, TEST_AUDIENCE, TEST_ISSUER, toJwks } from "../support/tokens.ts";
import { newVonageKeys } from "../support/stand_ins/vonage.ts";
import { seedPages, type WebSeed } from "./web_seed.ts";

/** The kinds of resources that requests name. */
export type ResourceKind =
  | "service"
  | "key"
  | "template"
  | "email_reply_to"
  | "sms_senders"
  | "suppression"
  | "inboundNumber"
  /** A redrive of dead letters by a filter. */
  | "redrive"
  /** A drop of dead letters by a filter. */
  | "drop"
  | "notification"
  | "job"
  /** A job that has not been started. */
  | "waitingJob"
  /** A notification that is sent later, and can be cancelled. */
  | "waitingNotification"
  /** An e-mail in the mailbox of `dev`. */
  | "mailboxEmail"
  | "registryTemplate"
  | "inboxMessage";

/** Fixed seed data; no generated request changes or deletes it. */
export interface SeedData {
  readonly serviceId: string;
  /** Its settings, keys and templates may be changed and deleted. */
  readonly scratchServiceId: string;
  readonly keys: Readonly<Record<"live" | "team" | "test", string>>;
  /** A key of the service that owns the inboxes. */
  readonly registryKey: string;
  readonly smsTemplate: string;
  readonly emailTemplate: string;
  readonly inboxTemplate: string;
  /** Paths of links in an e-mail that was sent. */
  /** A person who is signed in to the pages, with a service of their own. */
  readonly web: WebSeed;
  readonly unsubscribePath: string;
  readonly filePath: string;
}

/** A served process with its seed data. */
export interface Target extends AsyncDisposable {
  readonly process: ServingProcess;
  /** The id of the process that serves: the launcher is another one. */
  readonly pid: number;
  readonly port: number;
  readonly seed: SeedData;
  /** The environment of the process, with the credentials of the providers' receipts. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ids that earlier answers gave, newest last. */
  readonly ids: Readonly<Record<ResourceKind, string[]>>;
  /** `Authorization` for a key of the seed data. */
  bearer(kind: "live" | "team" | "test" | "registry"): Promise<string>;
  /** An access token of a recipient, or of an official who may send and write templates. */
  accessToken(role: "citizen" | "official"): Promise<string>;
}

/** The id of the recipient whose access token {@link Target.accessToken} issues. */
export const RECIPIENT = "citizen-1";
/** The most that a rate limit may be. */
const NO_LIMIT = 100_000_000;
/** How long a token is reused: request tokens are valid for 30 s. */
const TOKEN_REUSE_MS = 10_000;

/** A module that reports for how long the event loop was held. */
const LOOP_WATCH = new URL("../support/loop_watch.ts", import.meta.url);

/** The options of {@link startTarget}. */
export interface TargetOptions {
  /** The variables of a database that is migrated; a file of its own by default. */
  readonly database?: Readonly<Record<string, string>>;
  /** Whether it prints `loop-held` lines; it then runs without the launcher, with all permissions. */
  readonly watchesLoop?: boolean;
}

/** Starts the process and creates its seed data. Disposing kills it and deletes its folder. */
export async function startTarget(
  command: "start" | "dev" = "start",
  { database = {}, watchesLoop = false }: TargetOptions = {},
): Promise<Target> {
  const stack = new AsyncDisposableStack();
  try {
    const folder = stack.use(await makeFolder());
    await migrateFolder(folder);
    const web = await seedPages(folder);
    const providers = stack.use(await startProviders());
    const accessKeys = await makeKeys("ES256", "fuzz");
    const environment = {
      ...providers.environment,
      // The mailbox has what the sandbox sends.
      ...(command === "dev" ? { EMAIL_PROVIDER: "sandbox" } : {}),
      ...database,
      // Vonage stands by for Twilio: its webhooks are served, and no text goes out by it.
      VONAGE_APPLICATION_ID: crypto.randomUUID(),
      VONAGE_PRIVATE_KEY: newVonageKeys().privateKey,
      VONAGE_SIGNATURE_SECRET: "vonage-secret",
      VONAGE_FROM: "Hark",
      VONAGE_BASE_URL: "http://127.0.0.1:9",
      FILES_DIR: `${folder.path}/files`,
      DISPATCH_TOKEN: "6b1f7c3e5a2d8406e1c7b9f4",
      ACCESS_TOKEN_JWKS: toJwks(accessKeys),
      ACCESS_TOKEN_ISSUER: TEST_ISSUER,
      ACCESS_TOKEN_AUDIENCE: TEST_AUDIENCE,
    };
    const program = watchesLoop
      ? { permissions: ["-A", "--preload", LOOP_WATCH.pathname] }
      : { entry: LAUNCHER };
    const process = stack.use(await serve(command, { folder, environment, ...program }));
    const [server] = await childrenOf(process.pid);
    const issue = (claims: Readonly<Record<string, unknown>>) =>
      issueToken(accessKeys, { iss: TEST_ISSUER, aud: TEST_AUDIENCE, ...claims }, {
        now: Date.now(),
      });
    const accessToken = reuse((role: "citizen" | "official") =>
      issue(
        role === "citizen"
          ? { sub: RECIPIENT, roles: ["citizen"] }
          : { sub: "official-1", roles: ["template-admin"] },
      )
    );
    const links = async () =>
      command === "dev"
        ? await (await fetch(`${process.url}/dev/mailbox.json`)).text()
        : providers.postmark.accepted.map(({ TextBody }) => TextBody ?? "").join("\n");
    const seed = {
      ...await createSeedData(process.url, await accessToken("official"), links),
      web,
    };
    const keyOf = { ...seed.keys, registry: seed.registryKey };
    const owned = stack.move();
    return {
      process,
      pid: server ?? process.pid,
      port: Number(new URL(process.url).port),
      seed,
      environment,
      ids: noIds(),
      bearer: reuse(async (kind: "live" | "team" | "test" | "registry") =>
        `Bearer ${await issueRequestToken(keyOf[kind])}`
      ),
      accessToken,
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Returns the state of {@link Target.ids} before any answer. */
export function noIds(): Target["ids"] {
  return {
    service: [],
    key: [],
    template: [],
    email_reply_to: [],
    sms_senders: [],
    suppression: [],
    inboundNumber: [],
    redrive: [],
    drop: [],
    notification: [],
    job: [],
    waitingJob: [],
    waitingNotification: [],
    mailboxEmail: [],
    registryTemplate: [],
    inboxMessage: [],
  };
}

/** Repeats a result for {@link TOKEN_REUSE_MS}. */
function reuse<K>(make: (key: K) => Promise<string>): (key: K) => Promise<string> {
  const made = new Map<K, { readonly value: Promise<string>; readonly until: number }>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined && known.until > performance.now()) return known.value;
    const value = make(key);
    made.set(key, { value, until: performance.now() + TOKEN_REUSE_MS });
    return value;
  };
}

async function createSeedData(
  url: string,
  officialToken: string,
  sentTexts: () => Promise<string>,
): Promise<Omit<SeedData, "web">> {
  const reach = reachAt(() => url);
  const limits = { rate_limit_per_minute: NO_LIMIT };
  const main = await newService(reach, { name: "Main service", ...limits });
  const scratch = await newService(reach, { name: "Scratch service", ...limits });
  const { body: { services } } = await manage(reach, "GET", "/manage/services");
  const registry = services.find(({ name }: { readonly name: string }) => name === "Registry");
  await manage(reach, "PATCH", `/manage/services/${registry.id}`, limits);
  const registryKey = await manage(reach, "POST", `/manage/services/${registry.id}/keys`, {
    name: "registry live",
    kind: "live",
  });
  const smsTemplate = await newTemplate(reach, main.id, {
    channel: "sms",
    name: "Text",
    body: "Hello ((name))((more?? and more)), on ((date))",
  });
  const emailTemplate = await newTemplate(reach, main.id, {
    channel: "email",
    name: "E-mail",
    subject: "Hello ((name))",
    body: "# Dear ((name))\n\n* ((date))\n\n[a link](https://example.com/((name)))\n\n((file))",
    unsubscribe_link: true,
  });
  const inboxTemplate = await fetch(`${url}/api/notifications/templates/inbox:fuzz`, {
    method: "PUT",
    headers: { "x-access-token": officialToken, "content-type": "application/json" },
    body: JSON.stringify({
      title: "News",
      content: "<p>Dear ${name}[#if date??], on ${date}[/#if]</p>",
    }),
  });
  assert.equal(inboxTemplate.status, 201, await inboxTemplate.text());
  const listed = await fetch(`${url}/api/notifications/templates`, {
    headers: { "x-access-token": officialToken },
  });
  const [{ id: inboxTemplateId }] = await listed.json();
  const sent = await callAs(reach, main.keys.live, "POST", "/v2/notifications/email", {
    template_id: emailTemplate,
    email_address: "ann@example.com",
    personalisation: {
      name: "Ann",
      date: "1 May",
      file: { file: btoa("a text"), filename: "a.txt", confirm_email_before_download: false },
    },
  });
  assert.equal(sent.status, 201, JSON.stringify(sent.body));
  const findLink = (pattern: RegExp) =>
    waitFor("an e-mail with links", async () => {
      const link = pattern.exec(await sentTexts())?.[0];
      return link && new URL(link).pathname + new URL(link).search;
    });
  return {
    serviceId: main.id,
    scratchServiceId: scratch.id,
    keys: main.keys,
    registryKey: registryKey.body.key,
    smsTemplate,
    emailTemplate,
    inboxTemplate: inboxTemplateId,
    unsubscribePath: await findLink(/https?:\/\/\S+\/unsubscribe\/[\w-]+\/[\w-]+/),
    filePath: await findLink(/https?:\/\/\S+\/d\/[\w-]+\/[\w-]+\?key=[\w-]+/),
  };
}

/** The `Authorization` header of the operator. */
export const OPERATOR = ["Authorization", `Bearer ${ADMIN_TOKEN}`] as const;
