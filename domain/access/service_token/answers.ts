import type { AuthRefusal } from "./refusal.ts";

/** GOV.UK Notify's answer to a caller that it refuses; the error class is always `AuthError`. */
export interface AuthAnswer {
  readonly status: 401 | 403;
  readonly message: string;
}

const GENERAL = "Invalid token: make sure your API token matches the example at " +
  "https://docs.notifications.service.gov.uk/rest-api.html#authorisation-header";

/**
 * The status and message of every {@link AuthRefusal}, exactly as GOV.UK Notify has them (`app/authentication/auth.py`
 * of its public repository `notifications-api`).
 */
export const AUTH_ANSWERS = {
  "token-missing": {
    status: 401,
    message: "Unauthorized: authentication token must be provided",
  },
  "scheme-not-bearer": {
    status: 401,
    message: "Unauthorized: authentication bearer scheme must be used",
  },
  "token-undecodable": { status: 403, message: GENERAL },
  "issuer-missing": { status: 403, message: "Invalid token: iss field not provided" },
  "issuer-malformed": {
    status: 403,
    message: "Invalid token: service id is not the right data type",
  },
  "service-not-found": { status: 403, message: "Invalid token: service not found" },
  "no-keys": { status: 403, message: "Invalid token: service has no API keys" },
  "service-archived": { status: 403, message: "Invalid token: service is archived" },
  "algorithm-unsupported": {
    status: 403,
    message: "Invalid token: algorithm used is not HS256",
  },
  "key-not-found": { status: 403, message: "Invalid token: API key not found" },
  "clock-skew": {
    status: 403,
    message: "Error: Your system clock must be accurate to within 30 seconds",
  },
  "token-invalid": { status: 403, message: GENERAL },
  "key-revoked": { status: 403, message: "Invalid token: API key revoked" },
  // Our own: GOV.UK Notify's keys do not expire.
  "key-expired": { status: 403, message: "Invalid token: API key expired" },
} as const satisfies Record<AuthRefusal["kind"], AuthAnswer>;
