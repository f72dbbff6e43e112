import type { UserId } from "../../domain/ids.ts";
import type { SendingContext } from "../../domain/ports/sending_contexts.ts";
import type { Result } from "../../domain/result.ts";
import type { TemplateChoice } from "../../domain/sending/send_request.ts";
import type { ApiKey } from "../../domain/service/service.ts";
import type { Authenticator, Caller, CallerRefusal } from "./authenticate.ts";

/** Who sends a message, with the service as it was loaded. */
export interface SendingParty {
  /** The API key; `ACCESS_TOKEN_KEY`, or one like it, when no API key sends. */
  readonly key: ApiKey;
  /** The person who sends in the web application; absent when a program sends. */
  readonly authorId?: UserId | undefined;
  readonly context: SendingContext;
}

/**
 * Loads who sends, before each evaluation of a request: with `fresh` from the store, else it may come from the cache.
 * `F` is the type of its refusals, such as of a key that was revoked meanwhile. A refusal is by data from the store.
 */
export type LoadParty<F> = (
  options: { readonly fresh: boolean; readonly template: TemplateChoice | undefined },
) => Promise<Result<SendingParty, F>>;

/** Returns the function that loads the service of an authenticated caller again. */
export function partyOf(
  authenticator: Pick<Authenticator, "reload">,
  caller: Caller,
): LoadParty<CallerRefusal> {
  return (options) => authenticator.reload(caller, options);
}
