/** Databases of many rows, filled through the API and by copies of what the API wrote. */
import { DatabaseSync } from "node:sqlite";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { callAs, manage, reachAt } from "../../conformance/services.ts";
import { type Folder, makeFolder, waitFor } from "../../support/process.ts";
import { issueToken, makeKeys, TEST_ISSUER, type TestKeys, toJwks } from "../../support/tokens.ts";
import { load, requestBytes } from "../http/load.ts";
import { createSenders, freshHeaders, type Sender, sendRequests } from "../http/senders.ts";
import { runMigrate, type Server, startHark } from "../http/servers.ts";
import { cloneInboxMessages, cloneNotifications } from "./clone_rows.ts";

const SERVICES = 10;
/** Messages that the API accepts and delivers, and which are copied. */
const SEEDS = 100;
const INBOX_SEEDS = 10;
const REGISTRY_SERVICE_ID = "0b5e7d1c-5a51-4b0e-9a3e-2f6f0c9d7a11";

/** A folder with a database of many rows, which no server has open. */
export interface FilledFolder extends AsyncDisposable {
  readonly folder: Folder;
  /** For {@link startHark}: the sandbox for every channel, and the registries' API. */
  readonly environment: Readonly<Record<string, string>>;
  /** Sign access tokens. */
  readonly accessKeys: TestKeys;
  readonly senders: readonly Sender[];
  /** Sends to inboxes, by its live key. */
  readonly inboxSender: { readonly key: string; readonly templateId: string };
}

/** How many rows, and how old. */
export interface FillOptions {
  readonly notifications: number;
  readonly inboxMessages: number;
  /** Between these ages. */
  readonly newestDays: number;
  readonly oldestDays: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Creates and fills a database. */
export async function fillFolder(options: FillOptions): Promise<FilledFolder> {
  const folder = await makeFolder();
  const accessKeys = await makeKeys("ES256", "bench");
  const environment = {
    ...options.environment,
    ACCESS_TOKEN_JWKS: toJwks(accessKeys),
    ACCESS_TOKEN_ISSUER: TEST_ISSUER,
    ACCESS_TOKEN_AUDIENCE: "hark",
    REGISTRY_SERVICE_ID,
  };
  await runMigrate(ROOT, folder);
  const { senders, inboxSender } = await writeSeeds(folder, environment, accessKeys);
  const now = Date.now();
  const database = `${folder.path}/hark.db`;
  cloneNotifications(database, {
    count: options.notifications,
    from: now - options.oldestDays * DAY_MS,
    to: now - options.newestDays * DAY_MS,
  });
  cloneInboxMessages(database, options.inboxMessages);
  return {
    folder,
    environment,
    accessKeys,
    senders,
    inboxSender,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

const ROOT = new URL("../../../", import.meta.url).pathname;

async function writeSeeds(
  folder: Folder,
  environment: Readonly<Record<string, string>>,
  accessKeys: TestKeys,
): Promise<Pick<FilledFolder, "senders" | "inboxSender">> {
  // Providers that are only called with what the caller sends.
  const sandbox = { ...environment, SMS_PROVIDER: "sandbox", EMAIL_PROVIDER: "sandbox" };
  await using hark = await startHark({ folder, environment: sandbox });
  const senders = await createSenders(hark.url, SERVICES);
  const inboxSender = await createInboxSender(hark.url, accessKeys);
  const common = { url: hark.url, connections: 8, status: 201 } as const;
  await load({ ...common, until: { requests: SEEDS }, request: sendRequests(senders) });
  let n = 0;
  const request = () => inboxRequest(inboxSender, `seed-${n++}`);
  await load({ ...common, until: { requests: INBOX_SEEDS }, request });
  await waitForEmptyOutbox(hark);
  return { senders, inboxSender };
}

async function createInboxSender(
  url: string,
  accessKeys: TestKeys,
): Promise<FilledFolder["inboxSender"]> {
  const reach = reachAt(() => url);
  const path = `/manage/services/${REGISTRY_SERVICE_ID}`;
  const rate = { rate_limit_per_minute: 60_000 };
  const settings = await manage(reach, "PATCH", path, rate);
  const created = await manage(reach, "POST", `${path}/keys`, { name: "Bench", kind: "live" });
  const published = await reach("/api/notifications/templates/inbox:decision", {
    method: "PUT",
    headers: {
      "X-Access-Token": await issueAccessToken(accessKeys, "publisher"),
      "Content-Type": "application/json",
    },
    body: JSON.stringify({
      title: "Your application has been decided",
      content: "The decision is in your account. ".repeat(12),
    }),
  });
  const text = await published.text();
  if (settings.status !== 200 || published.status !== 201) throw new Error(text);
  const { key } = created.body;
  const { body } = await callAs(reach, key, "GET", "/v2/templates");
  return { key, templateId: body.templates[0].id };
}

/** An access token of a person, who may also publish templates. */
export function issueAccessToken(accessKeys: TestKeys, sub: string): Promise<string> {
  const claims = { sub, iss: TEST_ISSUER, aud: "hark", roles: ["template-admin"] };
  return issueToken(accessKeys, claims, { now: Date.now() });
}

/** A request that puts a message into an inbox. */
export function inboxRequest(
  { key, templateId }: FilledFolder["inboxSender"],
  recipientId: string,
): Uint8Array<ArrayBuffer> {
  const body = JSON.stringify({ recipient_id: recipientId, template_id: templateId });
  return requestBytes("POST", "/v2/notifications/inbox", freshHeaders(key), body);
}

/** Waits until every message is delivered, at most `timeoutMs` milliseconds: a minute by default. */
export async function waitForEmptyOutbox(
  { database }: Pick<Server, "database">,
  timeoutMs?: number,
): Promise<void> {
  using db = new DatabaseSync(database, { readOnly: true });
  const any = db.prepare("SELECT 1 FROM outbox LIMIT 1");
  await waitFor("the outbox to be empty", () => any.get() === undefined, { timeoutMs });
}
