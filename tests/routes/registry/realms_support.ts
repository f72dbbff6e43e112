import { serveOnLoopback, type TestServer } from "../../support/http.ts";
import {
  startTestApplication,
  type TestApplication,
  type TestApplicationOptions,
} from "../../support/application.ts";
import { RUNNER } from "../../support/runner.ts";
import { issueToken, makeKeys, type TestKeys, toJwks } from "../../support/tokens.ts";
import { bodyOf } from "../support.ts";
import { ROLE, TEMPLATES } from "./support.ts";

export const CITIZENS = "https://kc.example/auth/realms/citizen-portal";
export const OFFICERS = "https://kc.example/auth/realms/officer-portal";
export const ADMINS = "https://kc.example/auth/realms/admin";
export const REALMS = `${CITIZENS}=citizen,${OFFICERS}=officer`;

/** Calls with a token of these claims, signed by the issuer's own keys. */
export type ClaimsCall = (
  claims: Readonly<Record<string, unknown>>,
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Response>;

/** An application on a socket, with three issuers that each have a key server of their own. */
export interface TestRealms extends AsyncDisposable {
  readonly hark: TestApplication;
  readonly server: TestServer;
  readonly keys: Readonly<Record<string, TestKeys>>;
  /** Calls as a person of the issuer. */
  readonly as: (issuer: string) => ClaimsCall;
  /** Calls with this token. */
  readonly withToken: (
    token: string,
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Response>;
  /** Publishes a template by the administrators' issuer. */
  publish(target: string, content: string): Promise<void>;
  /** Sends a message by the administrators' issuer, and delivers it. */
  send(message: unknown, status?: number): Promise<ReturnType<typeof JSON.parse>>;
}

/** @param environment further variables; `ACCESS_TOKEN_REALMS` is {@link REALMS} unless they have it */
export async function startRealms(
  environment: Readonly<Record<string, string>> = {},
  options: TestApplicationOptions = {},
): Promise<TestRealms> {
  const issuers = [CITIZENS, OFFICERS, ADMINS];
  const keys = Object.fromEntries(
    await Promise.all(
      // One id for all keys: they differ by their address only.
      issuers.map(async (issuer) => [issuer, await makeKeys("ES256", "key-1")] as const),
    ),
  );
  const keyServer = serveKeys(keys);
  const hark = await startTestApplication({
    ...options,
    environment: {
      ACCESS_TOKEN_JWKS_URL: issuers.map((issuer) => keyServer.addressOf(issuer)).join(" "),
      ACCESS_TOKEN_ISSUER: issuers.join(","),
      ACCESS_TOKEN_REALMS: REALMS,
      ...environment,
    },
  });
  const server = RUNNER === "process" ? serveOnLoopback(hark.app) : serveElsewhere(hark);
  const withToken: TestRealms["withToken"] = (token, method, path, body, headers = {}) =>
    server.fetch(path, {
      method,
      headers: { "x-access-token": token, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const as = (issuer: string): ClaimsCall => async (claims, ...call) => {
    const signer = keys[issuer];
    if (signer === undefined) throw new Error("the issuer has no keys");
    const token = await issueToken(signer, { iss: issuer, ...claims }, { now: Date.now() });
    return await withToken(token, ...call);
  };
  const admin = (...call: [string, string, unknown?]) =>
    as(ADMINS)({ sub: "pipeline", preferred_username: "pipeline", roles: [ROLE] }, ...call);
  return {
    hark,
    server,
    keys,
    as,
    withToken,
    async publish(target, content) {
      const body = { title: "Title", content };
      await bodyOf(await admin("PUT", `${TEMPLATES}${target}`, body), 201);
    },
    async send(message, status = 202) {
      const answer = await bodyOf(await admin("POST", "/api/notifications", message), status);
      await server.idle();
      await hark.settle();
      return answer;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await server.idle();
      await hark.close();
      await keyServer.close();
    },
  };
}

/** Serves each issuer's keys at an address of its own. */
function serveKeys(keys: Readonly<Record<string, TestKeys>>) {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const found = keys[decodeURIComponent(new URL(request.url).pathname.slice(1))];
    return new Response(found === undefined ? "{}" : toJwks(found));
  });
  return {
    addressOf: (issuer: string) =>
      `http://127.0.0.1:${server.addr.port}/${encodeURIComponent(issuer)}`,
    close: () => server.shutdown(),
  };
}

/** The application of another process is on a socket already. */
function serveElsewhere({ request }: TestApplication): TestServer & AsyncDisposable {
  return {
    origin: "http://hark.test",
    fetch: request,
    idle: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A message to one person of a realm, by their settings. */
export const messageOf = (
  recipients: readonly Readonly<Record<string, unknown>>[],
  more: Readonly<Record<string, unknown>> = {},
) => ({
  notification: { templateName: "hello", ...more },
  recipients: recipients.map((recipient) => ({ parameters: { name: "Олена" }, ...recipient })),
});
