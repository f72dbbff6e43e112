/** The entry point of the Worker. */
import { createWorker } from "./worker.ts";

export default createWorker();
