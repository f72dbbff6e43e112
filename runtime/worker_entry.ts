/** The entry point of the Worker, and the classes of its Durable Objects. */
import { createWorker } from "./worker.ts";
import { defineInboxListeners } from "./worker/inbox_listeners.ts";
import { createApplicationLoader } from "./worker/load_application.ts";

const loadApplication = createApplicationLoader();

export default createWorker(loadApplication);

/** The objects of the binding `INBOXES`. */
export const InboxListeners = defineInboxListeners(loadApplication);
