import type { AccountLanguage } from "../../domain/accounts/account.ts";

/** The request of a browser, as the use cases of accounts need it. Log none of it. */
export interface AccountRequest {
  /** The client's IP address; `undefined` when it is unknown. Limits count by its network. */
  readonly address: string | undefined;
  /** The `User-Agent` header; the use cases shorten it. */
  readonly browser: string;
  /** The language of the page, in which messages are sent. */
  readonly language: AccountLanguage;
  /** The deployment's URL, ending in a slash; links in messages begin with it. */
  readonly root: string;
  /** Keeps the runtime alive for work that continues after the answer. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}
