import type { SearchTokens } from "../../../domain/ports/search_tokens.ts";
import type { AccountKey } from "./account_key.ts";

const ENCODING = { alphabet: "base64url", omitPadding: true } as const;

/** The longest token that is decrypted, in characters: longer than any that was sealed. */
const MAX_TOKEN = 8_000;

/** Creates the tokens of searches. They are encrypted under the deployment's key. */
export function createSearchTokens(key: Pick<AccountKey, "seal" | "open">): SearchTokens {
  return {
    async seal(serviceId, { recipient, reference }) {
      const text = JSON.stringify([recipient ?? null, reference ?? null]);
      return (await key.seal(text, "message search", serviceId)).toBase64(ENCODING);
    },
    async open(serviceId, token) {
      if (token.length > MAX_TOKEN) return undefined;
      try {
        const bytes = Uint8Array.fromBase64(token, { alphabet: "base64url" });
        const [recipient, reference] = JSON.parse(
          await key.open(bytes, "message search", serviceId),
        );
        return { recipient: recipient ?? undefined, reference: reference ?? undefined };
      } catch {
        // Not a token of this service, or of a key that is gone.
        return undefined;
      }
    },
  };
}
