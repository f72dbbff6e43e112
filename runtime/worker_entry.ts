/** The entry point of the Worker, and the classes of its Durable Objects. */
import { createWorker } from "./worker.ts";
import { defineInboxListeners } from "./worker/inbox_listeners.ts";

const worker = createWorker();

export default worker.handlers;

export { DatabaseObject } from "./worker/database_object.ts";

/** The objects of the binding `INBOXES`. */
export const InboxListeners = defineInboxListeners(worker);
