import assert from "node:assert/strict";
import type { ServiceId } from "../../../../domain/ids.ts";
import type { NewInboxMessage } from "../../../../domain/inbox/inbox_message.ts";
import { createIsolate } from "../../../contracts/isolate.ts";
import { MASTER_KEY, type TestApplication } from "../../../support/application.ts";

export const INBOX = "/api/notifications/inbox";
export const COUNT = `${INBOX}/count`;
export const ACK_ALL = `${INBOX}/ack-all`;
export const STREAM = `${INBOX}/stream`;
export const ackOf = (id: string) => `${INBOX}/${id}/ack`;

/** Every route of the API, with an unknown id. */
export const ROUTES = [
  ["GET", INBOX],
  ["GET", COUNT],
  ["GET", STREAM],
  ["POST", ACK_ALL],
  ["POST", ackOf("00000000-0000-4000-8000-000000000000")],
] as const;

/** Asserts a refusal in the registries' format. */
export async function assertProblem(
  response: Response,
  code: string,
  label = "",
): Promise<{ readonly message: string; readonly details: unknown }> {
  const text = await response.text();
  assert.equal(response.status, Number(code.slice(0, 3)), `${label} ${text}`);
  const body = JSON.parse(text);
  assert.deepEqual(Object.keys(body), ["traceId", "code", "message", "details"], label);
  assert.equal(body.code, code, label);
  assert.equal(body.traceId, response.headers.get("x-request-id"), label);
  return body;
}

/**
 * Stores a message as it is, also one that no template makes, at the time of the application's clock. No listener gets it.
 *
 * @returns its id
 */
export async function storeMessage(
  { clock, db, registryServiceId }: TestApplication,
  recipientId: string,
  message: Pick<NewInboxMessage, "subject" | "body">,
): Promise<string> {
  const masterKeys = [Uint8Array.fromBase64(MASTER_KEY)];
  const { inboxes } = await createIsolate(db, { now: clock.now() }, masterKeys);
  const id = clock.newNotificationId();
  const inbox = { serviceId: registryServiceId as ServiceId, recipientId };
  await inboxes.put(inbox, { id, localised: {}, ...message });
  return id;
}

/** An event of a stream. A comment has no name. */
export interface StreamEvent {
  readonly event: string | undefined;
  readonly id: string | undefined;
  readonly data: ReturnType<typeof JSON.parse>;
  readonly retry: string | undefined;
  readonly comment: string | undefined;
}

/** Reads a stream on demand. */
export interface EventReader extends AsyncDisposable {
  /** The next event; `undefined` at the end. */
  next(): Promise<StreamEvent | undefined>;
  /** Reads up to an event of this name, and returns all events read. */
  upTo(name: string): Promise<readonly StreamEvent[]>;
  /** Reads all events to the end. */
  rest(): Promise<readonly StreamEvent[]>;
  cancel(): Promise<void>;
}

/** Starts to read a stream. */
export function readEvents(response: Response): EventReader {
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  if (response.body === null) throw new Error("the answer has no body");
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  async function next(): Promise<StreamEvent | undefined> {
    for (let end = text.indexOf("\n\n");; end = text.indexOf("\n\n")) {
      if (end !== -1) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        return parseEvent(block);
      }
      const { done, value } = await reader.read();
      if (done) {
        assert.equal(text, "", "a stream ends with a whole event");
        return undefined;
      }
      text += decoder.decode(value, { stream: true });
    }
  }
  async function collect(isLast: (event: StreamEvent) => boolean): Promise<readonly StreamEvent[]> {
    const events: StreamEvent[] = [];
    for (let event = await next(); event !== undefined; event = await next()) {
      events.push(event);
      if (isLast(event)) break;
    }
    return events;
  }
  const cancel = () => reader.cancel();
  return {
    next,
    upTo: (name) => collect(({ event }) => event === name),
    rest: () => collect(() => false),
    cancel,
    [Symbol.asyncDispose]: cancel,
  };
}

function parseEvent(block: string): StreamEvent {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const [, name = "", value = ""] = /^([a-z]*): (.*)$/s.exec(line) ?? [];
    assert.ok(!fields.has(name), `two fields of one name: ${block}`);
    fields.set(name, value);
  }
  const data = fields.get("data");
  return {
    event: fields.get("event"),
    id: fields.get("id"),
    data: data === undefined ? undefined : JSON.parse(data),
    retry: fields.get("retry"),
    comment: fields.get(""),
  };
}

/** Summarises events, without comments and retry times. */
export function describeEvents(events: readonly StreamEvent[]): readonly string[] {
  return events.flatMap(({ event, id, data }) => {
    switch (event) {
      case undefined:
        return [];
      case "message":
        return [`${id} message ${data.id}${data.isAcknowledged ? " seen" : ""}`];
      case "ack":
        return [`${id} ack ${data.id}`];
      case "count":
        return [`${id} count ${data.unread}/${data.total}`];
      default:
        assert.deepEqual(data, {});
        return [`${id} ${event}`];
    }
  });
}
