import type { KeyId } from "../ids.ts";
import type { ApiKey } from "./service.ts";

/**
 * Stands for the id of the API key in messages that were sent without one: with an access token, by the operator (an
 * uploaded file), or by Hark itself.
 */
export const NO_KEY_ID = "00000000-0000-0000-0000-000000000000" as KeyId;

/**
 * Takes the place of the API key in messages that no API key sends: those sent with an access token, and Hark's own,
 * such as one-time passcodes. It counts as a live key, and no caller can authenticate with it.
 */
export const ACCESS_TOKEN_KEY: ApiKey = {
  id: NO_KEY_ID,
  name: "access token",
  kind: "live",
  createdAt: 0,
  revokedAt: undefined,
};
