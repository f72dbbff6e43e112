import { ok, refuse, type Result } from "../result.ts";

/** temporary, replaced by the diia branch */
export function parseRnokpp(text: string): Result<string, { readonly kind: string }> {
  const digits = text.trim();
  return /^[0-9]{10}$/.test(digits) ? ok(digits) : refuse({ kind: "rnokpp" });
}
