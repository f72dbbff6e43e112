import { StoreUnavailable } from "../../domain/ports/store_unavailable.ts";
import { CallsUsedUp } from "./call_queue.ts";

/** Throws the error of a call of a store; `StoreUnavailable` where its invocation could not make the call. */
export function refuseCall(cause: unknown): never {
  throw fromRefusal(cause);
}

/** Turns the error of a call that its invocation could not make into `StoreUnavailable`; returns another one as it is. */
export function fromRefusal(cause: unknown): unknown {
  return cause instanceof CallsUsedUp
    ? new StoreUnavailable("CALLS_USED_UP", "the invocation may make no more calls", { cause })
    : cause;
}
