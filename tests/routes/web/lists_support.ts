/** Sending to a list through the pages. */
import assert from "node:assert/strict";
import {
  startTestApplication,
  type TestApplication,
  type TestApplicationOptions,
} from "../../support/application.ts";
import {
  createService,
  type PageAnswer,
  registerPerson,
  type WebClient,
} from "../../support/web_client.ts";
import { RUNNER } from "../../support/runner.ts";
import { clockFromNow } from "../support.ts";

/** An application with a signed-in person, a live service and a template, whose clock the test moves. */
export interface ListScene extends AsyncDisposable {
  readonly hark: TestApplication;
  readonly client: WebClient;
  /** The path of the service's overview. */
  readonly service: string;
  readonly serviceId: string;
  readonly templateId: string;
  /** The page that asks for a list. */
  readonly uploadPath: string;
  /** Moves the clock ahead by some milliseconds. */
  pass(ms: number): void;
}

export const BODY = "Dear ((name)), your ((item)) is due";

/** Opens the scene. */
export async function openListScene(
  { body = BODY, mode, moves = false, ...options }: TestApplicationOptions & {
    readonly body?: string;
    readonly mode?: "trial";
    /** Whether the test moves the clock. */
    readonly moves?: boolean;
  } = {},
): Promise<ListScene> {
  const clock = moves ? clockFromNow() : undefined;
  const hark = await startTestApplication({
    ...(clock === undefined ? {} : { clock }),
    ...options,
    environment: { REGISTRATION_DOMAINS: "*", ...options.environment },
  });
  const client = await registerPerson(hark);
  const service = await createService(client);
  const serviceId = service.split("/").at(-1) ?? "";
  if (mode !== "trial") {
    await hark.manage("PATCH", `/manage/services/${serviceId}`, { mode: "live" });
  }
  const made = await hark.manage("POST", `/manage/services/${serviceId}/templates`, {
    channel: "sms",
    name: "Reminder",
    body,
  });
  const { id: templateId } = await made.json();
  return {
    hark,
    client,
    service,
    serviceId,
    templateId,
    uploadPath: `${service}/templates/${templateId}/list`,
    pass(ms) {
      if (clock === undefined) throw new Error("the clock does not move");
      clock.advance(ms);
    },
    [Symbol.asyncDispose]: () => hark[Symbol.asyncDispose](),
  };
}

/** A list with a valid row for each name. */
export function listOf(names: readonly string[], headings = "phone number,name,item"): string {
  const rows = names.map((name, at) => `07900${String(900_200 + at)},${name},permit`);
  return [headings, ...rows, ""].join("\n");
}

/** Uploads a file through the form. */
export async function uploadFile(
  { hark, client, uploadPath }: Pick<ListScene, "hark" | "client" | "uploadPath">,
  content: BlobPart,
  { name = "people.csv", fields = {}, body }: {
    readonly name?: string;
    readonly fields?: Readonly<Record<string, string>>;
    /** Sent in place of a form. */
    readonly body?: (form: Response) => Promise<RequestInit>;
  } = {},
): Promise<PageAnswer> {
  const page = await client.get(uploadPath);
  const [, token = ""] = /name="csrf_token" value="([^"]+)"/.exec(page.text) ?? [];
  const form = new FormData();
  form.set("csrf_token", token);
  for (const [field, value] of Object.entries(fields)) form.set(field, value);
  form.set("file", new File([content], name));
  const cookie = [...client.cookies].map(([key, value]) => `${key}=${value}`).join("; ");
  const init = body === undefined ? { body: form } : await body(new Response(form));
  const answer = await hark.request(uploadPath, {
    method: "POST",
    redirect: "manual",
    ...init,
    headers: {
      cookie,
      origin: "http://hark.test",
      ...Object.fromEntries(new Headers(init.headers)),
    },
  });
  return {
    status: answer.status,
    headers: answer.headers,
    text: await answer.text(),
    location: answer.headers.get("location"),
  };
}

/** Uploads a list that is accepted, and returns the path of its page. */
export async function uploadList(
  scene: Pick<ListScene, "hark" | "client" | "uploadPath">,
  content: BlobPart,
): Promise<string> {
  const answer = await uploadFile(scene, content);
  assert.equal(answer.status, 303, answer.text);
  return answer.location ?? "";
}

/** Presses a button of a list. Returns where it leads. */
export async function press(
  { client }: Pick<ListScene, "client">,
  path: string,
  fields: Readonly<Record<string, string>>,
): Promise<PageAnswer> {
  return await client.post(path, fields, { without: ["action"] });
}

/** Sends a list from its page. Returns the path of the list that is sent. */
export async function send(scene: Pick<ListScene, "client">, draft: string): Promise<string> {
  const sent = await press(scene, draft, { action: "send", when: "now" });
  assert.equal(sent.status, 303, sent.text);
  return sent.location ?? "";
}

/** The list as the management API has it. */
export async function jobOf({ hark, serviceId }: ListScene, path: string) {
  const id = path.split(/[/?]/).find((_, at, all) => all[at - 1] === "lists");
  const answer = await hark.manage("GET", `/manage/services/${serviceId}/jobs/${id}`);
  return await answer.json();
}

/** Runs the background work on lists and messages until nothing is due. */
export async function work({ hark }: ListScene): Promise<void> {
  if (RUNNER === "process") {
    const { signal } = new AbortController();
    await hark.backgroundWork.runJobs(signal);
    await hark.backgroundWork.announcePauses();
  }
  await hark.settle();
}
