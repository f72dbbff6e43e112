import type { KeyId } from "../ids.ts";
import type { ApiKey } from "./service.ts";

/** The key id of messages that were sent without an API key. */
export const NO_KEY_ID = "00000000-0000-0000-0000-000000000000" as KeyId;

/** Stands in for the API key of messages that an access token, or Hark itself, sends. */
export const ACCESS_TOKEN_KEY: ApiKey = {
  id: NO_KEY_ID,
  name: "access token",
  kind: "live",
  createdAt: 0,
  revokedAt: undefined,
};
