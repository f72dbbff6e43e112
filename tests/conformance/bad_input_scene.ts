/** A Worker with a queue, whose e-mails, uploads and calls a test counts or holds back. */
import assert from "node:assert/strict";
import type { Database } from "../../adapters/libsql/connection/database.ts";
import { idBytes } from "../../adapters/libsql/connection/row.ts";
import { MAX_CHUNK_ROWS } from "../../domain/jobs/job.ts";
import { HOUR_MS } from "../../domain/time/durations.ts";
import { xlsxParts, zip } from "../adapters/spreadsheets/support.ts";
import { ADMIN_TOKEN, registryKeys, startTestApplication } from "../support/application.ts";
import { toJwks, TOKEN_RULES } from "../support/tokens.ts";
import { startHarkWorker } from "./hark_worker.ts";
import { answerAsPostmark, POSTMARK } from "./limited_sends.ts";
import { callAs, newService, newTemplate } from "./services.ts";

const DISPATCH_TOKEN = "6b1f7c3e5a2d8406e1c7b9f4";
const QUEUE = { maxBatchSize: 100, maxBatchTimeout: 0.05, maxRetries: 2 } as const;
const EMAIL = { channel: "email", name: "Letter", subject: "Hello", body: "Dear ((name))" };

/** Opens the Worker, whose e-mails are counted by their addresses. */
export async function openBadInputScene() {
  const { sent, answer } = answerAsPostmark();
  let hold = Promise.resolve();
  let held = 0;
  const lines: string[] = [];
  const keys = await registryKeys();
  const bindings = {
    ...POSTMARK,
    DISPATCH_TOKEN,
    ACCESS_TOKEN_JWKS: toJwks(keys),
    ...TOKEN_RULES,
  };
  // The inboxes' objects are of another class, by mistake.
  const started = await startHarkWorker(bindings, [], { INBOXES: "DatabaseObject" }, {
    queue: QUEUE,
    onLine: (line) => void lines.push(line),
    others: answer,
    async beforeCall(request) {
      if (!(await request.clone().text()).includes("INSERT INTO job_parts")) return;
      held++;
      await hold;
    },
  });
  const { reach, worker, db } = started;
  // A process that only accepts: the tail of a request of the Worker may find what becomes due.
  const accepting = await startTestApplication({ db, sends: false });
  const service = await newService(reach);
  const template_id = await newTemplate(reach, service.id, EMAIL);
  async function upload(name: string, signal: AbortSignal | null = null): Promise<number> {
    const path = `/manage/services/${service.id}/jobs?template_id=${template_id}&name=${name}`;
    const answer = await fetch(new URL(path, worker.url), {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      body: await spreadsheetOf(name),
      signal,
    });
    await answer.text();
    return answer.status;
  }
  return {
    ...started,
    /** Uploads a spreadsheet. @returns the status of the answer */
    upload,
    service,
    keys,
    lines,
    /** Holds uploads back that write their rows, until `released` resolves. @returns how many are held */
    holdUploads(released: Promise<void>): () => number {
      [hold, held] = [released, 0];
      return () => held;
    },
    /** Accepts e-mails that no worker sends until a message names them, or a cron comes. */
    async acceptDue(name: string, count: number): Promise<readonly string[]> {
      const notifications = Array.from({ length: count }, (_, n) => ({
        type: "email",
        template_id,
        email_address: `${name}@n${n}.example.com`,
        personalisation: { name },
        scheduled_for: new Date(Date.now() + HOUR_MS).toISOString(),
      }));
      const path = "/v2/notifications/batch";
      const { status, body } = await callAs(accepting.request, service.keys.live, "POST", path, {
        notifications,
      });
      assert.equal(status, 200);
      await db.write(["UPDATE outbox SET due_at = 1 WHERE due_at > 1"]);
      return body.notifications.map((answer: { readonly id: string }) => answer.id);
    },
    /** How often each e-mail of a name was sent. */
    copiesOf: (name: string) =>
      [...sent].filter(([to]) => to.startsWith(`${name}@`)).map(([, copies]) => copies),
    async deliver(...bodies: readonly unknown[]) {
      const { outcome, explicitAcks, retryMessages } = await worker.queue(
        "hark",
        bodies.map((body, index) => ({ id: `m${index}`, body, attempts: 1 })),
      );
      assert.equal(outcome, "ok");
      return { acks: explicitAcks, retries: retryMessages };
    },
    send: (ids: readonly unknown[]) => ({
      v: 1,
      kind: "send",
      service: service.id,
      channel: "email",
      ids,
    }),
    async [Symbol.asyncDispose]() {
      await accepting.close();
      await started[Symbol.asyncDispose]();
    },
    /** Calls as a pinger. @returns the status of the answer */
    async ping(token = DISPATCH_TOKEN): Promise<number> {
      const answer = await fetch(new URL("/internal/dispatch", worker.url), {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
      });
      await answer.text();
      return answer.status;
    },
  };
}

/** Deletes a notification, as retention does. */
export async function erase(db: Database, id: string): Promise<void> {
  await db.write(
    ["outbox WHERE notification_id", "notifications WHERE id"].map((from) => ({
      sql: `DELETE FROM ${from} = ?`,
      args: [idBytes(id)],
    })),
  );
}

/** A spreadsheet whose first rows are written before the others are read. */
async function spreadsheetOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const people = Array.from(
    { length: 2 * MAX_CHUNK_ROWS },
    (_, n) => [`${name}@n${n}.example.com`, name],
  );
  const rows = [["email address", "name"], ...people];
  const cells = rows.map((row) => row.map((text) => `<c t="str"><v>${text}</v></c>`).join(""));
  const data = cells.map((row) => `<row>${row}</row>`).join("");
  return await zip(xlsxParts(`<sheetData>${data}</sheetData>`));
}
