/** Reads the JSON text of a caller: its shape is checked before anything is allocated for it. */
import { ok, refuse, type Result } from "../result.ts";
import type { Steps } from "../steps/steps.ts";
import { findJsonShapeFault, type JsonLimits, type JsonShapeFault } from "./json_shape.ts";
import { isDeeperThan } from "./parse_json.ts";
import { parseJsonInSteps, type ParseOptions } from "./parse_json_in_steps.ts";

/** How deep JSON may be nested for GOV.UK Notify's own parser; it fails at about a thousand levels. */
const NOTIFY_PARSER_DEPTH = 500;
/** Where nesting that deep is looked for: the characters from the beginning. */
const NESTING_CHARACTERS = 65_536;

/** Why a JSON text is refused: it is not valid JSON, or it exceeds a limit. */
export type JsonFault =
  | { readonly kind: "not-json" }
  | (JsonShapeFault & { readonly kind: "json-limit" });

/** A limit of a JSON text that is exceeded. */
export type JsonLimitFault = Extract<JsonFault, { readonly kind: "json-limit" }>;

/**
 * Parses the JSON text of a request, after it has checked its shape against `limits`. It yields between its steps, so
 * that the caller can serve other requests. Nesting deeper than 500 levels is `not-json`, as in GOV.UK Notify.
 */
export function* readJsonInSteps(
  text: string,
  limits: JsonLimits,
  options?: ParseOptions,
): Steps<Result<unknown, JsonFault>> {
  const fault = yield* findJsonShapeFault(text, limits);
  if (fault !== undefined) {
    // What GOV.UK Notify cannot parse has its words.
    return fault.limit === "depth" &&
        isDeeperThan(text.slice(0, NESTING_CHARACTERS), NOTIFY_PARSER_DEPTH)
      ? refuse({ kind: "not-json" })
      : refuse({ kind: "json-limit", ...fault });
  }
  const json = yield* parseJsonInSteps(text, options);
  return json === undefined ? refuse({ kind: "not-json" }) : ok(json);
}

const LIMITS = {
  depth: {
    code: "json_too_deep",
    message: (max) => `The JSON is nested deeper than ${max} levels`,
  },
  nodes: { code: "json_too_many_values", message: (max) => `The JSON has more than ${max} values` },
  objectKeys: {
    code: "json_too_many_keys",
    message: (max) => `An object of the JSON has more than ${max} keys`,
  },
  arrayItems: {
    code: "json_list_too_long",
    message: (max) => `A list in the JSON has more than ${max} items`,
  },
  keyCharacters: {
    code: "json_name_too_long",
    message: (max) => `A name in the JSON has more than ${max} characters`,
  },
  numberCharacters: {
    code: "json_number_too_long",
    message: (max) => `A number in the JSON has more than ${max} digits`,
  },
} as const satisfies Record<
  keyof JsonLimits,
  { readonly code: string; readonly message: (max: string) => string }
>;

/** The English message for people about a JSON text that exceeds a limit. It names the limit and its value. */
export function jsonLimitMessage({ limit, max }: JsonShapeFault): string {
  return LIMITS[limit].message(max.toLocaleString("en-GB"));
}

/** The error code of a limit, such as `json_too_deep`, for the APIs whose errors have codes. */
export function jsonLimitCode({ limit }: JsonShapeFault): string {
  return LIMITS[limit].code;
}
