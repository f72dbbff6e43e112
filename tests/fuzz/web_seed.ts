/** People at the pages of the web application, and a service with something on each of its pages. */
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { PAGES, pathOf } from "../../routes/web/pages.ts";
import { BODY, listOf, send, uploadList } from "../routes/web/lists_support.ts";
import { startTestApplication, type TestApplication } from "../support/application.ts";
import type { Folder } from "../support/process.ts";
import { ANN, createService, registerPerson, type WebClient } from "../support/web_client.ts";

/** The session of a person at the pages. */
export interface WebSession {
  readonly sessionToken: string;
  /** The token that forms of the session carry. */
  readonly formToken: string;
}

/** A person with a service, and an operator. */
export interface WebSeed extends WebSession {
  readonly serviceId: string;
  readonly operator: WebSession;
  /** What addresses of pages name, by the parameter. */
  readonly ids: Readonly<Record<string, string>>;
}

/** Somebody whom `/manage` makes an operator. */
const OPERATOR_PERSON = {
  name: "Olena",
  email: "olena@dept.gov.example",
  password: "seven quiet green lamps",
  mobile: "07900 900124",
} as const;

async function sessionOf(client: WebClient): Promise<WebSession> {
  const page = await client.get("/services/new");
  const [, formToken = ""] = /name="csrf_token" value="([^"]+)"/.exec(page.text) ?? [];
  return { sessionToken: client.cookies.get("hark") ?? "", formToken };
}

/**
 * Registers a person, who fills a service, and an operator, through the pages of an application over the folder's
 * database, before a process serves it.
 */
export async function seedPages({ path }: Folder): Promise<WebSeed> {
  const db = await openDatabase({ url: `file:${path}/hark.db` });
  const hark = await startTestApplication({ db });
  const client = await registerPerson(hark);
  const serviceId = (await createService(client)).split("/").at(-1) ?? "";
  const olena = await registerPerson(hark, OPERATOR_PERSON);
  const made = await hark.manage("POST", "/manage/operators", {
    email_address: OPERATOR_PERSON.email,
  });
  await olena.post(new URL((await made.json()).url).pathname, {});
  const { id: token_id } = await (await hark.manage("POST", "/manage/tokens", { name: "CI" }))
    .json();
  const ids = { token_id, ...await fillService(hark, client, serviceId) };
  const [person, operator] = [await sessionOf(client), await sessionOf(olena)];
  await hark.close();
  db.close();
  return { ...person, serviceId, operator, ids };
}

/** Fills a service through the pages. Returns the ids of what its pages show, by the parameter of their addresses. */
async function fillService(hark: TestApplication, client: WebClient, service_id: string) {
  const service = `/services/${service_id}`;
  await hark.manage("PATCH", `/manage${service}`, { mode: "live" });
  const template_id = await hark.newTemplate(service_id, {
    channel: "sms",
    name: "Reminder",
    body: BODY,
  });
  const folder = await client.post(`${service}/templates/folders/new`, { name: "Letters" });
  const uploadPath = `${service}/templates/${template_id}/list`;
  const scene = { hark, client, uploadPath };
  const draft = await uploadList(scene, listOf(["Ann"]));
  const job = await send(scene, await uploadList(scene, listOf(["Bob"])));
  const values = { value_0: "Ann", value_1: "permit", when: "now", step: "send" };
  const path = pathOf(PAGES.sendOne, { service_id, template_id });
  const sent = await client.post(path, { to: ANN.mobile, ...values });
  const message_id = idAtEnd(sent.location);
  const search = { by: "recipient", term: "07700 900123" };
  const found = await client.post(`${service}/messages`, search);
  const conversation = new URL(found.location ?? "", "http://hark.test").searchParams.get("search");
  const added = await hark.manage("POST", `/manage${service}/suppressions`, {
    ...{ channel: "sms", recipient: search.term, reason: "Asked" },
  });
  return {
    template_id,
    folder_id: /folder=([^&]+)/.exec(folder.location ?? "")?.[1] ?? "",
    draft_id: idAtEnd(draft),
    job_id: idAtEnd(job),
    message_id,
    notification_id: message_id,
    conversation: conversation ?? "",
    suppression_id: String((await added.json()).id),
    kind: "delivery",
  };
}

const idAtEnd = (path: string | null) => path?.split("/").at(-1) ?? "";
