import type { AccessToken, AccessTokens, TokenRefusal } from "../../domain/access/access_tokens.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { AppContext } from "../http/context.ts";
import { type RegistryProblem, registryProblem } from "./problem.ts";

/** The header that the platform's tokens come in. */
export const TOKEN_HEADER = "X-Access-Token";
/** How soon to try again when the keys' server cannot be asked, in seconds. */
const KEYS_RETRY_S = 5;

/** Who is calling, by their `X-Access-Token`. */
export interface AccessTokenAuth {
  /** Handles the request of whoever has a valid token; 401 to anybody else. */
  withBearer(c: AppContext, handle: (bearer: AccessToken) => Promise<Response>): Promise<Response>;
  /** As {@link withBearer}, and 403 to whoever has not the role. */
  withRole(
    c: AppContext,
    role: string,
    handle: (bearer: AccessToken) => Promise<Response>,
  ): Promise<Response>;
}

/** The codes of refusals at the door; a status and its words where none is told. */
export interface AccessTokenErrorCodes {
  readonly tokenMissing?: string;
  readonly tokenNotValid?: string;
  readonly keysUnreachable?: string;
  readonly roleMissing?: string;
}

/** Makes the registries' door. A surface that has codes of its own brings them. */
export function createAccessTokenAuth(
  tokens: AccessTokens,
  clock: Clock,
  codes: AccessTokenErrorCodes = {},
): AccessTokenAuth {
  async function withBearer(
    c: AppContext,
    handle: (bearer: AccessToken) => Promise<Response>,
  ): Promise<Response> {
    const verified = await tokens.verify(c.req.header(TOKEN_HEADER), clock.now());
    return verified.ok
      ? await handle(verified.value)
      : registryProblem(c, toProblem(verified.refusal, codes));
  }
  return {
    withBearer,
    withRole: (c, role, handle) =>
      withBearer(
        c,
        async (bearer) =>
          bearer.roles.includes(role) ? await handle(bearer) : registryProblem(c, {
            status: 403,
            message: `The token has not the role ${role}`,
            ...codeOf(codes.roleMissing),
          }),
      ),
  };
}

function codeOf(code: string | undefined): { readonly code?: string } {
  return code === undefined ? {} : { code };
}

function toProblem(refusal: TokenRefusal, codes: AccessTokenErrorCodes): RegistryProblem {
  switch (refusal.kind) {
    case "token-missing":
      return {
        status: 401,
        message: `Send an access token in ${TOKEN_HEADER}`,
        ...codeOf(codes.tokenMissing),
      };
    case "token-not-valid":
      return {
        status: 401,
        message: `The access token is not valid: ${refusal.because}`,
        ...codeOf(codes.tokenNotValid),
      };
    case "keys-unreachable":
      return {
        status: 503,
        message: "The keys that access tokens are verified with cannot be reached: try again",
        retryAfterS: KEYS_RETRY_S,
        ...codeOf(codes.keysUnreachable),
      };
  }
}
