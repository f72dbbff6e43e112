/** Authenticates the callers of `/manage`, and keeps each to what its credential allows. */
import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import type { ManagementTokens } from "../../application/accounts/management_tokens.ts";
import { sameSecret } from "../../domain/access/constant_time.ts";
import type { ManagementAccess } from "../../domain/accounts/management_access.ts";
import { parseManagementToken } from "../../domain/accounts/management_tokens.ts";
import { parseServiceId } from "../../domain/ids.ts";
import { bearerOf } from "../http/bearer.ts";
import { noteRefusedCredential } from "../http/security_events.ts";
import type { ManageEnv } from "./context.ts";
import { problem } from "./problem.ts";

/** What `ADMIN_TOKEN` allows. */
const ADMIN: ManagementAccess = {
  actor: { kind: "admin-token" },
  serviceId: undefined,
  isReadOnly: false,
};

const REFUSED_TOKENS = {
  wrong: "Send the operator's token: Authorization: Bearer ADMIN_TOKEN",
  revoked: "The management token was revoked",
  expired: "The management token has expired",
} as const;

/** The methods that change nothing. */
const READS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** Dependencies of {@link authenticateManager}. */
export interface ManagerPorts {
  readonly adminToken: string;
  readonly accounts: { readonly managementTokens: Pick<ManagementTokens, "authenticate"> };
}

/**
 * Creates a middleware that puts into the context what the caller's bearer token allows: `ADMIN_TOKEN`, or a management
 * token. It answers 401 without one, and then, before any route: 404 for an address that is not of a token's service,
 * and 403 for a request of a read-only token that is not a `GET`.
 */
export function authenticateManager(
  { adminToken, accounts }: ManagerPorts,
): MiddlewareHandler<ManageEnv> {
  return createMiddleware<ManageEnv>(async (c, next) => {
    const sent = bearerOf(c);
    if (sent === undefined) return answerUnauthorised(c, "wrong");
    if (sameSecret(sent, adminToken)) c.set("access", ADMIN);
    else {
      const found = await accounts.managementTokens.authenticate(sent);
      if (!found.ok) {
        const { kind } = found.refusal;
        const isManagementToken = parseManagementToken(sent) !== undefined;
        const credential = isManagementToken ? "management-token" : "admin-token";
        noteRefusedCredential(c, credential, kind, kind === "wrong");
        return answerUnauthorised(c, kind);
      }
      c.set("access", found.value);
    }
    return refuseBeyond(c, c.var.access) ?? await next();
  });
}

function answerUnauthorised(c: Context, kind: keyof typeof REFUSED_TOKENS): Response {
  c.header("WWW-Authenticate", "Bearer");
  return problem(c, 401, REFUSED_TOKENS[kind]);
}

/** Answers a request that the token does not allow. */
function refuseBeyond(
  c: Context<ManageEnv>,
  { serviceId, isReadOnly }: ManagementAccess,
): Response | undefined {
  if (serviceId !== undefined) {
    const [, , list, segment] = c.req.path.split("/");
    if (list !== "services" || segment === undefined) {
      return problem(c, 404, "There is nothing at this address for a token of one service");
    }
    if (parseServiceId(decode(segment)) !== serviceId) {
      return problem(c, 404, "There is no such service");
    }
  }
  return isReadOnly && !READS.has(c.req.method)
    ? problem(c, 403, "The management token is read only: it is for GET requests")
    : undefined;
}

/** Decodes a segment of a path as the router does. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
