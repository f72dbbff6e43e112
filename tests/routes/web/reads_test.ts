/** How often the pages call the database, and what a browser loads for them. */
import assert from "node:assert/strict";
import type { Database } from "../../../adapters/libsql/connection/database.ts";
import { createRetention } from "../../../adapters/libsql/notifications/retention.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { PAGES, pathOf } from "../../../routes/web/pages.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { openCallCounter } from "../../support/call_counter.ts";
import { firstViewBytes } from "../../support/page_weight.ts";
import { putRequest } from "../go_live_support.ts";
import { ANN, createService, registerPerson, type WebClient } from "../../support/web_client.ts";
import { BODY, send, uploadList } from "./lists_support.ts";
import { test } from "../../support/runner.ts";

type PageName = keyof typeof PAGES;

/** Max calls of a page: one for session, person, roles and service, and one for what the page shows. */
const MAX_CALLS = 2;

/** Pages that make more, each with its number: they show what two stores hold. */
const MORE_CALLS: Readonly<Partial<Record<PageName, number>>> = {
  // The message, and the version of its template.
  ...{ message: 3, messageContent: 3 },
  // The texts of both sides, and once in a process the keys by whose hashes they are found.
  ...{ conversation: 4, lists: 3 },
  goLiveRequest: 3,
  callback: 3,
  // It checks the list anew, while it is downloaded, here also for suppressed recipients.
  listErrors: 6,
};

/** Pages that append an entry to the audit log. */
const AUDITED: readonly PageName[] = [
  ...["messagesCsv", "suppressedCsv", "unsubscribedCsv", "auditCsv"] as const,
];

/** The most bytes of a first view: the page with its style sheet and scripts, compressed. */
const MAX_FIRST_VIEW = 60_000;

/** Pages that lead a signed-in person to another one. */
const LEAD_ON: readonly PageName[] = ["home", "registerSent", "signIn", "signInCode"];

/** Creates a key through the pages, and returns its id. */
async function createKey(client: WebClient, service: string): Promise<string> {
  await client.post(`${service}/keys/new`, { name: "case system", kind: "team" });
  const { text } = await client.get(`${service}/keys`);
  return /keys\/([0-9a-f-]{36})\/revoke/.exec(text)?.[1] ?? "";
}

/** A list of the person alone, to whom a service in trial mode may send. */
const OWN_LIST = `phone number,name,item\n${ANN.mobile},Ann,permit\n`;

/** The ids of a template, of a list that was uploaded and of one that is sent. */
async function listsOf(hark: TestApplication, client: WebClient, serviceId: string) {
  const made = await hark.manage("POST", `/manage/services/${serviceId}/templates`, {
    channel: "sms",
    name: "Reminder",
    body: BODY,
  });
  const { id: template_id } = await made.json();
  const uploadPath = `/services/${serviceId}/templates/${template_id}/list`;
  const scene = { hark, client, uploadPath };
  const [draft, sent] = [
    await uploadList(scene, OWN_LIST),
    await uploadList(scene, OWN_LIST),
  ];
  const path = await send(scene, sent);
  return { template_id, draft_id: idOf(draft), job_id: idOf(path) };
}

const idOf = (path: string) => path.split("/").at(-1) ?? "";
/** Sends an e-mail of a service, and returns its id. */
async function sendEmail(hark: TestApplication, serviceId: string): Promise<string> {
  const template = await hark.newTemplate(serviceId, {
    channel: "email",
    name: "Letter",
    subject: "About",
    body: "Hello",
  });
  const key = { name: "reads", kind: "live" };
  const made = await hark.manage("POST", `/manage/services/${serviceId}/keys`, key);
  const { key: secret } = await made.json();
  const sent = await hark.as(secret, "POST", "/v2/notifications/email", {
    // In trial mode a service may send to its team.
    email_address: ANN.email,
    template_id: template,
  });
  return String((await sent.json()).id);
}

/** Values that stand for a recipient: of a conversation, and of a suppression. */
async function recipientValues(hark: TestApplication, client: WebClient, service: string) {
  const recipient = "07700 900123";
  const found = await client.post(`${service}/messages`, { by: "recipient", term: recipient });
  const search = new URL(found.location ?? "", "http://hark.test").searchParams.get("search");
  const added = await hark.manage("POST", `/manage${service}/suppressions`, {
    ...{ channel: "sms", recipient, reason: "Asked" },
  });
  const { id: suppression_id } = await added.json();
  return { conversation: search ?? "", suppression_id: String(suppression_id) };
}

/** Creates a template and a folder through the pages, and returns their ids. */
async function createTemplate(client: WebClient, service: string) {
  const from = `${service}/templates/new?channel=email`;
  const fields = { name: "Letter", subject: "S", body: "Dear ((name))", do: "save" };
  const made = await client.post(`${service}/templates/new`, fields, { from });
  const folder = await client.post(`${service}/templates/folders/new`, { name: "Letters" });
  return {
    mail_id: /templates\/([^?]+)/.exec(made.location ?? "")?.[1] ?? "",
    folder_id: /folder=([^&]+)/.exec(folder.location ?? "")?.[1] ?? "",
    version: "1",
  };
}

/** The values of the parameters in the addresses of pages. */
async function valuesOf(hark: TestApplication, client: WebClient) {
  const service = await createService(client);
  const keyId = await createKey(client, service);
  await client.post(`${service}/team/invite`, {
    email_address: "bob@dept.gov.example",
    roles: ["send"],
  });
  const team = await client.get(`${service}/team`);
  const user = /\/team\/([0-9a-f-]{36})"/.exec(team.text)?.[1] ?? "";
  const serviceId = service.split("/").at(-1) ?? "";
  return {
    service_id: serviceId,
    key_id: keyId,
    user_id: user,
    token: "unknown",
    ...await listsOf(hark, client, serviceId),
    ...await createTemplate(client, service),
    message_id: await sendEmail(hark, serviceId),
    ...await recipientValues(hark, client, service),
  };
}

/** Sends a message through the pages, and returns its id. */
async function sendMessage(hark: TestApplication, client: WebClient, serviceId: string) {
  const templateId = await hark.newTemplate(serviceId, { channel: "sms", name: "T", body: "Hi" });
  const path = pathOf(PAGES.sendOne, { service_id: serviceId, template_id: templateId });
  const sent = await client.post(path, { to: ANN.mobile, when: "now", step: "send" });
  return sent.location?.split("/").at(-1) ?? "";
}

function start(db: Database): Promise<TestApplication> {
  return startTestApplication({ db, environment: { REGISTRATION_DOMAINS: "*" } });
}

test.inside("pages: make one read for session, person, roles and service, and one more at most, and weigh little", async () => {
  const { db, take } = await openCallCounter();
  await using hark = await start(db);
  const client = await registerPerson(hark);
  const made = await hark.manage("POST", "/manage/tokens", { name: "Backups" });
  const { id: token_id } = await made.json();
  const ofService = await valuesOf(hark, client);
  const notification_id = await sendMessage(hark, client, ofService.service_id);
  // Its list was sent live; a service in trial mode asks to go live.
  await hark.manage("PATCH", `/manage/services/${ofService.service_id}`, { mode: "trial" });
  const request_id = await putRequest(hark, ofService.service_id);
  const values = { ...ofService, notification_id, token_id, request_id, kind: "delivery" };
  // Everybody's pages, and those of operators.
  await db.write(["UPDATE users SET is_operator = 1"]);
  const tooMany: string[] = [];
  for (const name of Object.keys(PAGES) as readonly PageName[]) {
    const page = PAGES[name];
    if (!page.methods.some((method) => method === "GET")) continue;
    await hark.settle();
    take();
    // The other pages of one template have that of the text message.
    const ofMail = name === "templateMail" ? { template_id: ofService.mail_id } : {};
    const path = pathOf(page, { ...values, ...ofMail });
    const answer = await client.get(path);
    const { reads, writes } = take();
    // A link that is unknown is answered 410.
    const status = LEAD_ON.includes(name) ? 303 : path.includes("unknown") ? 410 : 200;
    assert.equal(answer.status, status, path);
    const mostReads = MORE_CALLS[name] ?? MAX_CALLS;
    if (reads.length > mostReads || writes.length > Number(AUDITED.includes(name))) {
      tooMany.push(`${path}: ${reads.length} reads, ${writes.length} writes`);
    }
    const bytes = await firstViewBytes(client, answer.text);
    if (bytes >= MAX_FIRST_VIEW) tooMany.push(`${path}: ${bytes} bytes`);
  }
  assert.deepEqual(tooMany, []);

  const { purge } = createRetention(db);
  while (await purge(Date.now() + 8 * DAY_MS, 100) > 0);
  take();
  const deleted = await client.get(pathOf(PAGES.message, values));
  assert.match(deleted.text, /The content was deleted/);
  const { reads, writes } = take();
  assert.deepEqual([reads.length, writes.length], [3, 0]);
});
