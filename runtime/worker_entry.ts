/** The entry point of the Worker. */
import { createWorker } from "./worker.ts";

export { DatabaseObject } from "./worker/database_object.ts";

export default createWorker();
