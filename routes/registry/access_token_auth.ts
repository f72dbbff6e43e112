/**
 * Authentication by the registries platform's access tokens: JWTs of citizens and officers in the header
 * `X-Access-Token`.
 */
import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import {
  type AccessToken,
  type AccessTokens,
  MAX_RECIPIENT_ID_LENGTH,
  personOf,
  type TokenRefusal,
} from "../../domain/access/access_tokens.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { PersonId } from "../../domain/recipient/realm.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { AppEnv } from "../http/context.ts";
import { noteRefusedCredential } from "../http/security_events.ts";
import { type RegistryProblem, registryProblem } from "./problem.ts";

/** The request header that holds the registries platform's access token. */
export const TOKEN_HEADER = "X-Access-Token";

/** How long a client should wait when the key server is unavailable, in seconds. */
const KEYS_RETRY_S = 5;

/** The Hono environment of a route behind {@link AccessTokenAuth}: `c.var.accessToken` is the verified token. */
export interface AccessTokenEnv {
  readonly Variables: AppEnv["Variables"] & { readonly accessToken: AccessToken };
}

/**
 * The Hono environment of a route behind `requirePerson`: `c.var.person` is the person that the token names, whose own
 * data the route may access.
 */
export interface PersonEnv {
  readonly Variables: AccessTokenEnv["Variables"] & { readonly person: PersonId };
}

/** A person whose access token was verified. */
export interface AuthenticatedPerson {
  readonly accessToken: AccessToken;
  readonly person: PersonId;
}

/** A refused access token. */
export interface RefusedToken {
  /** The error to answer: 401, 403 or 503. */
  readonly problem: RegistryProblem;
  /** The reason for the security log; `undefined` when the refusal is no security event. */
  readonly reason: string | undefined;
}

/** Authenticates callers by the access token (a JWT) in the header {@link TOKEN_HEADER}. It does not read the body. */
export interface AccessTokenAuth {
  /**
   * Verifies the token of a person, for that person's own data. Refuses as `requirePerson` does; the caller logs the
   * security event. For a token that did not come in the header.
   */
  authenticatePerson(
    token: string | undefined,
  ): Promise<Result<AuthenticatedPerson, RefusedToken>>;
  /**
   * Puts the verified token into the context as `accessToken`. Answers 401 when the token is missing or not valid, 503
   * when the keys to verify it cannot be fetched.
   */
  readonly requireToken: MiddlewareHandler<AccessTokenEnv>;
  /**
   * Authenticates as `requireToken` does, for a route of a person's own data, and puts the person that the token names
   * into the context as `person`. Answers 403 when the token names no person.
   */
  readonly requirePerson: MiddlewareHandler<PersonEnv>;
  /** Returns a middleware that does what `requireToken` does, and answers 403 when the token does not have the role. */
  requireRole(role: string): MiddlewareHandler<AccessTokenEnv>;
  /**
   * Verifies the request's token and, when `role` is given, that it has this role. The refusal is the error to answer:
   * 401, 403 or 503.
   */
  authenticate(c: Context, role?: string): Promise<Result<AccessToken, RegistryProblem>>;
}

/**
 * The error codes with which an API answers refused access tokens: 401 for a missing or invalid token, 503 when the
 * keys to verify it cannot be fetched, 403 for a missing role or an issuer without a realm. The default of each is the
 * status with its name, such as `401 UNAUTHORIZED`.
 */
export interface AccessTokenErrorCodes {
  readonly tokenMissing?: string;
  readonly tokenNotValid?: string;
  readonly keysUnreachable?: string;
  readonly roleMissing?: string;
  readonly realmMissing?: string;
}

/**
 * Creates the authentication of one API. Refusals have the API's error codes; refused tokens become security events.
 */
export function createAccessTokenAuth(
  tokens: AccessTokens,
  clock: Clock,
  codes: AccessTokenErrorCodes = {},
): AccessTokenAuth {
  async function verify(token: string | undefined): Promise<Result<AccessToken, RefusedToken>> {
    const verified = await tokens.verify(token, clock.now());
    if (verified.ok) return verified;
    const { refusal } = verified;
    const reason = refusal.kind === "token-not-valid" ? refusal.because : undefined;
    return refuse({ problem: toProblem(refusal, codes), reason });
  }

  async function authenticatePerson(
    token: string | undefined,
  ): Promise<Result<AuthenticatedPerson, RefusedToken>> {
    const verified = await verify(token);
    if (!verified.ok) return verified;
    const accessToken = verified.value;
    const person = personOf(accessToken);
    if (person !== undefined) return ok({ accessToken, person });
    const problem: RegistryProblem = {
      status: 403,
      message: "The token's issuer has no realm, so the token names no person: sign in at the " +
        "portal, or let the operator add the issuer to ACCESS_TOKEN_REALMS",
      ...codeOf(codes.realmMissing),
    };
    return refuse({ problem, reason: "realm-missing" });
  }

  /** Logs the refusal as the request's security event. @returns the error to answer */
  function note(c: Context, { problem, reason }: RefusedToken): RegistryProblem {
    if (reason !== undefined) noteRefusedCredential(c, "access-token", reason, false);
    return problem;
  }

  async function authenticate(
    c: Context,
    role?: string,
  ): Promise<Result<AccessToken, RegistryProblem>> {
    const verified = await verify(c.req.header(TOKEN_HEADER));
    if (!verified.ok) return refuse(note(c, verified.refusal));
    if (role === undefined || verified.value.roles.includes(role)) return ok(verified.value);
    noteRefusedCredential(c, "access-token", "role-missing", false);
    return refuse({
      status: 403,
      message: `The token does not have the role ${role}`,
      ...codeOf(codes.roleMissing),
    });
  }

  function requireAccess(role: string | undefined): MiddlewareHandler<AccessTokenEnv> {
    return createMiddleware<AccessTokenEnv>(async (c, next) => {
      const token = await authenticate(c, role);
      if (!token.ok) return registryProblem(c, token.refusal);
      c.set("accessToken", token.value);
      return await next();
    });
  }

  const requirePerson = createMiddleware<PersonEnv>(async (c, next) => {
    const authenticated = await authenticatePerson(c.req.header(TOKEN_HEADER));
    if (!authenticated.ok) return registryProblem(c, note(c, authenticated.refusal));
    c.set("accessToken", authenticated.value.accessToken);
    c.set("person", authenticated.value.person);
    return await next();
  });

  return {
    requireToken: requireAccess(undefined),
    requirePerson,
    requireRole: requireAccess,
    authenticate,
    authenticatePerson,
  };
}

function codeOf(code: string | undefined): { readonly code?: string } {
  return code === undefined ? {} : { code };
}

/** The message ends in the fault. When the deployment names the claim of the recipient, it says what to do. */
function tokenMessage(
  { because, claim }: Extract<TokenRefusal, { readonly kind: "token-not-valid" }>,
): string {
  const fault = `The access token is not valid: ${because}`;
  return claim === undefined
    ? fault
    : `The token must name its person in the claim ${claim}, one line of 1 to ` +
      `${MAX_RECIPIENT_ID_LENGTH} characters: have the identity provider add the claim to its ` +
      `access tokens, or name another in RECIPIENT_CLAIM. ${fault}`;
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
        message: tokenMessage(refusal),
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
