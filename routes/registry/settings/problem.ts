import type { Context } from "hono";
import type { AccessTokenErrorCodes } from "../access_token_auth.ts";
import { isStoreUnavailable } from "../../http/store_unavailable.ts";
import { type RegistryProblem, registryProblem, STORE_PROBLEM } from "../problem.ts";

/** The error codes of this API with their statuses: the platform's, and ours for requests that it does not refuse. */
const SETTINGS_STATUSES = {
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
  SERVICE_UNAVAILABLE: 503,
} as const;

/** An error code of the settings API. Each has one HTTP status. */
export type SettingsCode = keyof typeof SETTINGS_STATUSES;

/** The error codes with which the settings API answers a missing or refused access token. */
export const SETTINGS_ACCESS_TOKEN_CODES: AccessTokenErrorCodes = {
  tokenMissing: "AUTHENTICATION_FAILED" satisfies SettingsCode,
  tokenNotValid: "JWT_INVALID" satisfies SettingsCode,
  keysUnreachable: "RUNTIME_ERROR" satisfies SettingsCode,
  roleMissing: "FORBIDDEN_OPERATION" satisfies SettingsCode,
  realmMissing: "FORBIDDEN_OPERATION" satisfies SettingsCode,
};

/**
 * Answers with an error of the settings API. The code determines the HTTP status. @param more further fields of the
 * answer
 */
export function settingsProblem(
  c: Context,
  code: SettingsCode,
  message: string,
  more: Omit<RegistryProblem, "status" | "code" | "message"> = {},
): Response {
  return registryProblem(c, { status: SETTINGS_STATUSES[code], code, message, ...more });
}

/**
 * Answers an error that a handler of the settings API threw: 503 when the store is unavailable, otherwise 500 without
 * details.
 */
export function answerSettingsError(error: Error, c: Context): Response {
  if (!isStoreUnavailable(error)) {
    return settingsProblem(c, "RUNTIME_ERROR", "Internal server error");
  }
  const { message, ...more } = STORE_PROBLEM;
  return settingsProblem(c, "SERVICE_UNAVAILABLE", message, more);
}
