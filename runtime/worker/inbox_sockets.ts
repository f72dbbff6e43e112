/** The WebSockets of inboxes on a Worker: which objects keep them, and the requests that open them. */
import {
  createInboxObjects,
  type InboxObjects,
} from "../../adapters/durable_objects/inbox_objects.ts";
import { isObjectNamespace } from "../../adapters/durable_objects/namespace.ts";
import type { Log } from "../../domain/ports/log.ts";
import { errorName } from "../../domain/text/error_name.ts";
import { readSocketPath } from "../../routes/registry/inbox/socket_path.ts";
import { ConfigError } from "../config.ts";
import { unavailableInboxes } from "./unavailable_inboxes.ts";

/** The binding of the objects. */
export const INBOXES_BINDING = "INBOXES";

/** What happens without the objects, and what to do. */
const INBOXES_POLL =
  "each open inbox asks the database every 2 to 30 seconds. Bind a Durable Object namespace of the class InboxListeners";
/** The warning of a Worker without the binding that has inboxes. */
export const NO_INBOXES = `${INBOXES_BINDING} is not bound: ${INBOXES_POLL}`;
/** The warning of a Worker whose binding leads to objects of another class. */
const OTHER_INBOXES =
  `${INBOXES_BINDING} is bound to Durable Objects of another class: ${INBOXES_POLL}`;

/**
 * Opens the objects that keep the WebSockets of inboxes. When a call finds that they are of another class, the log has
 * a warning, and inboxes are polled.
 *
 * @returns `undefined` without the binding: inboxes are polled
 *
 * @throws ConfigError when the binding is of another kind
 */
export function openInboxObjects(binding: unknown, log: Log): InboxObjects | undefined {
  if (binding === undefined) return undefined;
  if (isObjectNamespace(binding)) {
    return createInboxObjects(
      binding,
      log,
      () => log({ event: "warning", warning: OTHER_INBOXES }),
    );
  }
  throw new ConfigError(
    `${INBOXES_BINDING} must be a Durable Object namespace of the class InboxListeners`,
  );
}

/** `Retry-After` while an object cannot be called, in seconds: it is overloaded, or a deployment has reset it. */
const RETRY_AFTER_S = 5;

/**
 * Answers a request to open a WebSocket of an inbox: 101, 426 without an upgrade, 503 while the object cannot be called.
 * The application does not answer it, because its middleware cannot change an answer with status 101.
 *
 * @returns `undefined` for a request to another address, and where the objects keep no WebSockets
 */
export async function answerSocketRequest(
  request: Request,
  objects: InboxObjects | undefined,
  log: Log,
): Promise<Response | undefined> {
  const shard = readSocketPath(new URL(request.url).pathname);
  if (shard === undefined || objects?.areListeners() !== true) return undefined;
  if (request.method !== "GET" || request.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
    return new Response("This address is for WebSockets.\n", {
      status: 426,
      headers: { "Connection": "Upgrade", "Upgrade": "websocket", "Cache-Control": "no-store" },
    });
  }
  try {
    return await objects.connect(shard, request);
  } catch (error) {
    if (!objects.areListeners()) return undefined;
    log({ event: "stream-failed", error: errorName(error) });
    return unavailableInboxes("The inboxes are unavailable.\n", RETRY_AFTER_S);
  }
}
