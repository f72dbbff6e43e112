import { SESSION_MS } from "../../domain/accounts/one_time_codes.ts";
import { networkOf } from "../../domain/access/client_address.ts";
import type { SessionId } from "../../domain/ids.ts";
import type { NewSession } from "../../domain/ports/account_store.ts";
import type { AccountRequest } from "./account_request.ts";
import type { AccountDependencies } from "./ports.ts";

/** Max length of a `User-Agent` header that is kept, in UTF-16 units. */
const MAX_BROWSER = 300;

/** Makes a session for the browser of a request. */
export function newSession(
  { clock, secrets }: Pick<AccountDependencies, "clock" | "secrets">,
  { browser, address }: AccountRequest,
  now: number,
): NewSession {
  return {
    id: clock.newId() as SessionId,
    token: secrets.newToken(),
    browser: browser.slice(0, MAX_BROWSER).toWellFormed(),
    address,
    expiresAt: now + SESSION_MS,
  };
}

/** The client's network, by which limits count; one for all clients whose address is unknown. */
export function networkOfRequest({ address }: AccountRequest): string {
  return address === undefined ? "unknown" : networkOf(address);
}
