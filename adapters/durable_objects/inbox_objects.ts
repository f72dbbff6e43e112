/** The Durable Objects that listen for the changes of inboxes: one for each shard. */
import type { InboxRef } from "../../domain/inbox/inbox_message.ts";
import { inboxName, shardOf } from "../../domain/inbox/inbox_shards.ts";
import type { Log } from "../../domain/ports/log.ts";
import { toChunks } from "../chunks.ts";
import { errorName } from "../../domain/text/error_name.ts";
import { CallsUsedUp } from "../invocation/call_queue.ts";
import { callBinding, perInvocation } from "../invocation/invocation.ts";
import { waitUntil } from "../invocation/tail.ts";
import { isOfOtherClass, type ObjectNamespace } from "./namespace.ts";

/** The address of calls that name changed inboxes. Only the Worker that has the binding can call the objects. */
const NOTIFY_URL = "https://inboxes.internal/notify";
/** The status of an answer to such a call. */
export const NOTIFIED = 204;
/** Max inboxes in one call. */
export const MAX_NOTIFIED_INBOXES = 1_000;
/** Max calls of the objects that one invocation has under way: two connections are left to other calls. */
const MAX_CALLS_AT_ONCE = 4;
/** How long after a failed call it is tried once more, in milliseconds. */
const RETRY_MS = 250;

/** The objects of the shards. A binding does not name the class of its objects: a call finds it out. */
export interface InboxObjects {
  /** Whether the objects may keep WebSockets: `false` once a call has found that they are of another class. */
  areListeners(): boolean;
  /**
   * Calls an object to find out the class, the first time that it is called. The invocation goes on until that is done.
   * A call that fails for another reason finds nothing out.
   */
  checkClass(): void;
  /** Passes a request for a WebSocket to the object of a shard. */
  connect(shard: number, request: Request): Promise<Response>;
  /**
   * Notifies the object of an inbox that the inbox has changed. Changes of one invocation are collected while calls are
   * under way, and the invocation goes on until all are made. Never throws: a call that failed twice is logged, and the
   * object reads the inbox at its next change, or about two hours after its last read. Objects of another class are not
   * called.
   */
  notify(inbox: InboxRef): void;
}

function objectOf(namespace: ObjectNamespace, shard: number) {
  return namespace.get(namespace.idFromName(`shard ${shard}`));
}

/**
 * Reads the names (`inboxName`) of changed inboxes from a call. A call without names asks for the class only.
 *
 * @returns `undefined` for any other request
 */
export async function readChangedInboxes(request: Request): Promise<readonly string[] | undefined> {
  if (request.method !== "POST" || request.url !== NOTIFY_URL) return undefined;
  const names: unknown = await request.json();
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}

/**
 * Creates the objects over the binding of their namespace.
 *
 * @param onOtherClass called once, when a call finds that the objects are of another class
 */
export function createInboxObjects(
  namespace: ObjectNamespace,
  log: Log,
  onOtherClass: () => void,
): InboxObjects {
  let areListeners = true;
  let isChecked = false;

  function noteOtherClass(): void {
    if (areListeners) onOtherClass();
    areListeners = false;
  }

  async function call(shard: number, request: Request): Promise<Response> {
    try {
      return await callBinding(() => objectOf(namespace, shard).fetch(request));
    } catch (error) {
      if (isOfOtherClass(error)) noteOtherClass();
      throw error;
    }
  }

  async function sendNames(shard: number, names: readonly string[]): Promise<void> {
    const request = new Request(NOTIFY_URL, { method: "POST", body: JSON.stringify(names) });
    const { status } = await call(shard, request);
    if (status === NOTIFIED) return;
    // `InboxListeners` answers no other status below 500, in whatever version.
    if (status < 500) noteOtherClass();
    throw new Error(`status ${status}`);
  }

  async function notifyShard(shard: number, names: readonly string[]): Promise<void> {
    for (let tries = 1; areListeners; tries++) {
      try {
        return await sendNames(shard, names);
      } catch (error) {
        if (!areListeners) return;
        if (tries === 1 && !(error instanceof CallsUsedUp)) {
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
          continue;
        }
        const inboxes = names.length;
        log({ event: "inbox-notify-failed", shard, inboxes, error: errorName(error) });
        return;
      }
    }
  }

  const notices = perInvocation(() => createNotices(notifyShard));
  return {
    areListeners: () => areListeners,
    checkClass() {
      if (isChecked) return;
      isChecked = true;
      waitUntil(sendNames(0, []).catch(() => {}));
    },
    connect: call,
    notify(inbox) {
      if (areListeners) notices().add(inbox);
    },
  };
}

/** The changed inboxes that one invocation has to notify the objects of. */
function createNotices(notifyShard: (shard: number, names: readonly string[]) => Promise<void>) {
  const pending = new Map<number, Set<string>>();
  let isNotifying = false;

  async function notifyAll(): Promise<void> {
    while (pending.size > 0) {
      const calls = [...pending].flatMap(([shard, names]) =>
        [...toChunks([...names], { maxItems: MAX_NOTIFIED_INBOXES })]
          .map((chunk) => ({ shard, names: chunk }))
      );
      pending.clear();
      await Promise.all(Array.from({ length: MAX_CALLS_AT_ONCE }, async () => {
        for (let call = calls.pop(); call !== undefined; call = calls.pop()) {
          await notifyShard(call.shard, call.names);
        }
      }));
    }
    isNotifying = false;
  }

  return {
    add(inbox: InboxRef): void {
      const name = inboxName(inbox);
      const shard = shardOf(name);
      const names = pending.get(shard) ?? new Set();
      pending.set(shard, names.add(name));
      if (isNotifying) return;
      isNotifying = true;
      // Begun later: a batch adds its inboxes one after another.
      waitUntil(Promise.resolve().then(notifyAll));
    },
  };
}
