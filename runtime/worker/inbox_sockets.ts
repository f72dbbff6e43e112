/** The WebSockets of inboxes on a Worker: which objects keep them, and the requests that open them. */
import {
  createInboxObjects,
  type InboxObjects,
} from "../../adapters/durable_objects/inbox_objects.ts";
import { isObjectNamespace } from "../../adapters/durable_objects/namespace.ts";
import type { Log } from "../../domain/ports/log.ts";
import { readSocketPath } from "../../routes/registry/inbox/socket_path.ts";
import { ConfigError } from "../config.ts";

/** The binding of the objects. */
export const INBOXES_BINDING = "INBOXES";

/**
 * Opens the objects that keep the WebSockets of inboxes. @returns `undefined` without the binding: inboxes are polled
 *
 * @throws ConfigError when the binding is of another kind
 */
export function openInboxObjects(binding: unknown, log: Log): InboxObjects | undefined {
  if (binding === undefined) return undefined;
  if (isObjectNamespace(binding)) return createInboxObjects(binding, log);
  throw new ConfigError(
    `${INBOXES_BINDING} must be a Durable Object namespace of the class InboxListeners`,
  );
}

/**
 * Answers a request to open a WebSocket of an inbox. It is answered here and not by the application, whose middleware
 * may not change the answer 101.
 *
 * @param objects of {@link openInboxObjects}; called for such a request only
 * @returns `undefined` for a request to another address, and where there are no objects
 */
export async function answerSocketRequest(
  request: Request,
  objects: () => InboxObjects | undefined,
): Promise<Response | undefined> {
  const shard = readSocketPath(new URL(request.url).pathname);
  const opened = shard === undefined ? undefined : objects();
  if (shard === undefined || opened === undefined) return undefined;
  if (request.method !== "GET" || request.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
    return new Response("This address is for WebSockets.\n", {
      status: 426,
      headers: { "Connection": "Upgrade", "Upgrade": "websocket", "Cache-Control": "no-store" },
    });
  }
  return await opened.connect(shard, request);
}
