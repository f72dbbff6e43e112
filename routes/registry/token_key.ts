import type { KeyId } from "../../domain/ids.ts";
import type { ApiKey } from "../../domain/service/service.ts";

/** The key that messages are filed under which nobody's API key sent: a token's, and our own. */
export const TOKEN_KEY: ApiKey = {
  id: "00000000-0000-0000-0000-000000000000" as KeyId,
  name: "access token",
  kind: "live",
  createdAt: 0,
  revokedAt: undefined,
};
