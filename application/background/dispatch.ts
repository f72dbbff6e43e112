import type { Log } from "../../domain/ports/log.ts";
import { toLogFields } from "../log_failures.ts";
import type { BackgroundWork, Dispatched } from "./background_work.ts";

/** Dispatches, and logs the error that stopped it. */
export async function dispatch(
  work: Pick<BackgroundWork, "dispatch">,
  signal: AbortSignal,
  log: Log,
): Promise<Dispatched> {
  const dispatched = await work.dispatch(signal);
  if (dispatched.failure !== undefined) {
    log({ event: "dispatch-failed", ...toLogFields(dispatched.failure) });
  }
  return dispatched;
}
