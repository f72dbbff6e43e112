import type { AppContext } from "../../http/context.ts";
import type { AccessTokenErrorCodes } from "../access_token_auth.ts";
import { type RegistryProblem, registryProblem } from "../problem.ts";

/** The codes of the settings' refusals: the platform's own, and ours for what it does not refuse. */
export const SETTINGS_STATUSES = {
  METHOD_ARGUMENT_TYPE_MISMATCH: 400,
  CLIENT_ERROR: 400,
  VERIFICATION_ERROR: 400,
  AUTHENTICATION_FAILED: 401,
  JWT_INVALID: 401,
  FORBIDDEN_OPERATION: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  VALIDATION_ERROR: 422,
  TOO_MANY_REQUESTS: 429,
  RUNTIME_ERROR: 500,
} as const;

/** A code of {@link SETTINGS_STATUSES}. */
export type SettingsCode = keyof typeof SETTINGS_STATUSES;

/** What the door says on this surface. */
export const SETTINGS_ACCESS_TOKEN_CODES: AccessTokenErrorCodes = {
  tokenMissing: "AUTHENTICATION_FAILED" satisfies SettingsCode,
  tokenNotValid: "JWT_INVALID" satisfies SettingsCode,
  keysUnreachable: "RUNTIME_ERROR" satisfies SettingsCode,
  roleMissing: "FORBIDDEN_OPERATION" satisfies SettingsCode,
};

/** Answers a refusal by its code; the code brings the status. */
export function settingsProblem(
  c: AppContext,
  code: SettingsCode,
  message: string,
  more: Omit<RegistryProblem, "status" | "code" | "message"> = {},
): Response {
  return registryProblem(c, { status: SETTINGS_STATUSES[code], code, message, ...more });
}

/** Answers when something broke here. */
export function settingsError(c: AppContext): Response {
  return settingsProblem(c, "RUNTIME_ERROR", "Something went wrong here");
}
