import { NO_KEY } from "../../domain/ids.ts";
import type { ApiKey } from "../../domain/service/service.ts";

/** The key that messages are filed under which nobody's API key sent: a token's, and our own. */
export const TOKEN_KEY: ApiKey = {
  id: NO_KEY,
  name: "access token",
  kind: "live",
  createdAt: 0,
  revokedAt: undefined,
};
