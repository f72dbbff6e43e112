/** A service with many messages and templates, for its pages: made through the API, and filled by SQL. */
import { DatabaseSync } from "node:sqlite";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { PAGES, pathOf } from "../../../routes/web/pages.ts";
import { callAs, manage, newTemplate, type Reach, reachAt } from "../../conformance/services.ts";
import { ADMIN_TOKEN } from "../../support/application.ts";
import { type Folder, makeFolder, waitFor } from "../../support/process.ts";
import { runMigrate, type Server, startHark } from "../http/servers.ts";
import { waitForEmptyOutbox } from "../long/filled_hark.ts";
import { EMAIL_TEMPLATE, SMS_PERSONALISATION, SMS_TEMPLATE } from "../messages.ts";
import { copyMessages, copyTemplates, countCopies } from "./copies.ts";
import { openVisitor, type Visitor } from "./visitor.ts";

/** How much the service has. */
export interface ServiceSize {
  readonly messages: number;
  readonly templates: number;
}

/** A service of a running server, with a visitor of its pages. */
export interface FilledService extends AsyncDisposable {
  readonly server: Server;
  readonly visitor: Visitor;
  /** Values for the parameters of pages. */
  readonly values: Readonly<Record<string, string>>;
  /** Replaces the server by one that has just started. */
  restart(): Promise<void>;
}

const ROOT = new URL("../../../", import.meta.url).pathname;
const KEYS = 20;
const LIST_ROWS = 200;
const SCHEDULED = 60;
const SUPPRESSED = 60;
/** Retention deletes messages that are older than seven days. */
const OLDEST_DAYS = 6;
/** A number that a copy does not have. */
export const SEARCHED_NUMBER = "07900 900123";
const SETTINGS = {
  mode: "live",
  rate_limit_per_minute: 60_000,
  daily_limits: { sms: 1_000_000, email: 1_000_000 },
};

/** Makes and fills a service, and starts a server on its database. */
export async function fillService(size: ServiceSize): Promise<FilledService> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await makeFolder());
  await runMigrate(ROOT, folder);
  let url = "";
  const { visitor, values } = await writeService(folder, (origin) => url = origin, () => url);
  const database = `${folder.path}/hark.db`;
  const now = Date.now();
  const origin = { serviceId: visitor.serviceId, authorId: values["user_id"] ?? "" };
  copyTemplates(database, origin, size.templates);
  await copyMessages(database, origin, {
    count: size.messages,
    from: now - OLDEST_DAYS * DAY_MS,
    to: now - 60_000,
  });
  countCopies(database, origin, now);
  keepRecent(database, now);
  let server = await startHark({ folder });
  stack.defer(() => server[Symbol.asyncDispose]());
  url = server.url;
  const owned = stack.move();
  return {
    get server() {
      return server;
    },
    visitor,
    values,
    async restart() {
      await server[Symbol.asyncDispose]();
      server = await startHark({ folder });
      url = server.url;
    },
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

/** Pages that need a recent password are measured long after the visitor gave it. */
function keepRecent(database: string, now: number): void {
  using db = new DatabaseSync(database);
  db.prepare("UPDATE sessions SET reauthenticated_at = ?").run(now + DAY_MS);
}

/** Creates the service with one of everything that its pages show. */
async function writeService(
  folder: Folder,
  setOrigin: (url: string) => void,
  origin: () => string,
): Promise<Pick<FilledService, "visitor" | "values">> {
  await using server = await startHark({ folder });
  setOrigin(server.url);
  const visitor = await openVisitor(origin);
  const { serviceId: service_id } = visitor;
  const reach = reachAt(origin);
  const path = `/manage/services/${service_id}`;
  await expectOk(manage(reach, "PATCH", path, SETTINGS));
  const template_id = await newTemplate(reach, service_id, SMS_TEMPLATE);
  const mail = { ...EMAIL_TEMPLATE, body: "Dear ((name)), on ((date))", subject: "Decision" };
  const emailTemplate = await newTemplate(reach, service_id, mail);
  let key = "";
  let key_id = "";
  for (let n = 0; n < KEYS; n++) {
    const made = await expectOk(
      manage(reach, "POST", `${path}/keys`, { name: `system ${n}`, kind: "live" }),
    );
    [key, key_id] = [String(made.key), String(made.id)];
  }
  const common = { personalisation: SMS_PERSONALISATION, reference: "order 1234" };
  const text = { ...common, template_id, phone_number: SEARCHED_NUMBER };
  const email = { ...common, template_id: emailTemplate, email_address: "ann@example.com" };
  await expectOk(callAs(reach, key, "POST", "/v2/notifications/sms", text));
  const sent = await expectOk(callAs(reach, key, "POST", "/v2/notifications/email", email));
  const byHand = await visitor.send(pathOf(PAGES.sendOne, { service_id, template_id }), {
    ...{ to: SEARCHED_NUMBER, value_0: "Ann", value_1: "1 May", when: "now", step: "send" },
  });
  const job_id = await sendList(reach, path, template_id);
  await waitForEmptyOutbox(server);
  const scheduled_for = new Date(Date.now() + DAY_MS).toISOString();
  for (let n = 0; n < SCHEDULED; n++) {
    const later = { ...text, scheduled_for };
    await expectOk(callAs(reach, key, "POST", "/v2/notifications/sms", later));
  }
  let suppression_id = "";
  for (let n = 0; n < SUPPRESSED; n++) {
    const recipient = `07900 8001${String(n).padStart(2, "0")}`;
    const suppression = { channel: "sms", recipient, reason: "Asked" };
    const { id } = await expectOk(manage(reach, "POST", `${path}/suppressions`, suppression));
    suppression_id = String(id);
  }
  const token = await expectOk(manage(reach, "POST", "/manage/tokens", { name: "Backups" }));
  const team = await visitor.client.get(pathOf(PAGES.team, { service_id }));
  const conversation = await searchedFor(visitor, "recipient", SEARCHED_NUMBER);
  const notification_id = byHand.location?.split("/").at(-1) ?? "";
  return {
    visitor,
    values: {
      ...{ service_id, template_id, key_id, job_id, suppression_id, conversation, notification_id },
      user_id: /\/team\/([0-9a-f-]{36})"/.exec(team.text)?.[1] ?? "",
      message_id: String(sent.id),
      token_id: String(token.id),
      kind: "delivery",
      version: "1",
    },
  };
}

/** Searches the messages. @returns what is searched for, encrypted, as it stands in the address */
export async function searchedFor(
  { send, serviceId }: Visitor,
  by: "recipient" | "reference",
  term: string,
): Promise<string> {
  const { location } = await send(pathOf(PAGES.messages, { service_id: serviceId }), { by, term });
  return new URL(location ?? "", "http://hark.test").searchParams.get("search") ?? "";
}

/** Sends a list and waits until its rows are accepted. @returns its id */
async function sendList(reach: Reach, path: string, templateId: string): Promise<string> {
  const rows = Array.from({ length: LIST_ROWS }, (_, n) => `07900 7${10_000 + n},Ann,1 May`);
  const body = ["phone number,name,date", ...rows].join("\n");
  const headers = { "Authorization": `Bearer ${ADMIN_TOKEN}`, "Content-Type": "text/csv" };
  const answer = await reach(`${path}/jobs?template_id=${templateId}&start=true`, {
    method: "POST",
    headers,
    body,
  });
  const { id } = JSON.parse(await answer.text());
  if (answer.status !== 201) throw new Error(`a list is answered with ${answer.status}`);
  await waitFor("the list to be accepted", async () => {
    const { body } = await manage(reach, "GET", `${path}/jobs/${id}`);
    return body.finished_at === null ? undefined : true;
  });
  return String(id);
}

async function expectOk(answer: ReturnType<typeof manage>) {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(JSON.stringify(body));
  return body;
}
