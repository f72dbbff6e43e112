import assert from "node:assert/strict";
import {
  startTestApplication,
  type TestApplication,
  type TestApplicationOptions,
} from "../../support/application.ts";
import { waitFor } from "../../support/process.ts";
import { RUNNER } from "../../support/runner.ts";
import {
  bodyOf,
  countOf,
  EMAIL,
  type MovableClock,
  movableClock,
  newServiceWithTemplates,
  type ServiceWithTemplates,
} from "../support.ts";
import { callAt } from "../support.ts";

/** An application with a folder for files, and a service with a template that links two files. */
export interface FilesFixture extends AsyncDisposable {
  readonly hark: TestApplication;
  readonly clock: MovableClock;
  readonly service: ServiceWithTemplates;
  readonly template: string;
  readonly folder: string;
}

export async function openFilesFixture(
  options: TestApplicationOptions = {},
): Promise<FilesFixture> {
  const folder = await Deno.makeTempDir();
  const clock = movableClock();
  const hark = await startTestApplication({
    clock,
    ...options,
    environment: { FILES_DIR: `${folder}/files`, ...options.environment },
  });
  const service = await newServiceWithTemplates(hark, { name: "Land Registry" });
  const template = await hark.newTemplate(service.id, {
    channel: "email",
    name: "Files",
    subject: "Your file",
    body: "Download: ((doc))",
  });
  return {
    hark,
    clock,
    service,
    template,
    folder,
    async [Symbol.asyncDispose]() {
      await hark.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A file of a personalisation: the base64 of a text or of bytes, and further fields. */
export function fileOf(
  content: string | Uint8Array,
  fields: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { file: bytes.toBase64(), ...fields };
}

/** Asks for an e-mail with files, at the time of the fixture's clock. */
export async function postFiles(
  { hark, clock, service, template }: FilesFixture,
  personalisation: Readonly<Record<string, unknown>>,
  {
    key = service.keys.live,
    headers = {},
    ...fields
  }: {
    readonly key?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly email_address?: string;
    readonly template_id?: string;
  } = {},
): Promise<Response> {
  const body = {
    email_address: "ann@example.com",
    template_id: template,
    personalisation,
    ...fields,
  };
  return await callAt(hark, clock, key, "POST", EMAIL, body, headers);
}

/** Sends one file and returns the path of its link. */
export async function sendFile(
  fixture: FilesFixture,
  file: Readonly<Record<string, unknown>>,
  fields: Parameters<typeof postFiles>[2] = {},
): Promise<string> {
  const body = await bodyOf(await postFiles(fixture, { doc: file }, fields), 201);
  return linkIn(body.content.body);
}

const LINK = /^(http:\/\/hark\.test)(\/d\/[\w-]{22}\/[\w-]{22}\?key=[\w-]{43})$/;

/** The path of the link in a message. */
export function linkIn(message: string): string {
  const path = LINK.exec(message.replace("Download: ", ""))?.[2];
  assert.ok(path !== undefined, message);
  return path;
}

/** Presses the page's button. */
export async function press(
  { hark }: Pick<FilesFixture, "hark">,
  path: string,
  email_address?: string,
): Promise<Response> {
  return await hark.request(path, {
    method: "POST",
    body: new URLSearchParams(email_address === undefined ? {} : { email_address }),
  });
}

/** The text of a page whose status is as expected. */
export async function pageOf(response: Response, status: number, label = ""): Promise<string> {
  const text = await response.text();
  assert.equal(response.status, status, `${label} ${text.slice(0, 300)}`);
  assert.match(response.headers.get("content-type") ?? "", /^text\/html/, label);
  return text;
}

/**
 * Asserts how many files are stored, in the end: those of a refused request are deleted after its answer. Their bytes are not
 * counted on a Worker, whose bucket a test does not see.
 */
export async function assertStored(
  fixture: Pick<FilesFixture, "hark" | "folder">,
  count: number,
): Promise<void> {
  const documents = await waitFor(`${count} files`, async () => {
    const stored = await countOf(fixture.hark, "documents");
    return stored <= count && [stored];
  });
  assert.deepEqual(documents, [count]);
  if (RUNNER !== "worker") assert.equal((await filesOnDisk(fixture)).length, count);
}

/** The files that are on disk, by their paths below the folder. */
export async function filesOnDisk(
  { folder }: Pick<FilesFixture, "folder">,
): Promise<readonly string[]> {
  const paths: string[] = [];
  async function look(path: string): Promise<void> {
    for await (const entry of Deno.readDir(path)) {
      if (entry.isDirectory) await look(`${path}/${entry.name}`);
      else paths.push(`${path}/${entry.name}`.slice(folder.length));
    }
  }
  await look(folder);
  return paths;
}
