import { Hono } from "hono";
import { createAccessTokens } from "../../../../adapters/tokens/access_tokens.ts";
import { createOtp } from "../../../../adapters/crypto/otp.ts";
import { readPublicKeys } from "../../../../domain/access/access_token_keys.ts";
import { ok, type Result } from "../../../../domain/result.ts";
import type { AppEnv } from "../../../../routes/http/context.ts";
import { createAccessTokenAuth } from "../../../../routes/registry/access_token_auth.ts";
import { createSettingsRoutes } from "../../../../routes/registry/settings/app.ts";
import type { OtpMessage, OtpNotSent } from "../../../../application/recipients/send_otp.ts";
import {
  answerSettingsError,
  SETTINGS_ACCESS_TOKEN_CODES,
} from "../../../../routes/registry/settings/problem.ts";
import type { ServiceSettings } from "../../../../domain/service/service.ts";
import { BACKENDS } from "../../../contracts/backends.ts";
import { type Bench, newSender, openBench } from "../../../contracts/isolate.ts";
import { serveInProcess } from "../../../support/http.ts";
import { issueToken, makeKeys, type TestKeys, toJwks } from "../../../support/tokens.ts";

/** The role that may read the settings of any recipient. */
export const SENDER_ROLE = "template-admin";
/** Two valid tax numbers. */
export const DRFO = "3184710691";
export const OTHER_DRFO = "9000000002";

export type Claims = Readonly<Record<string, unknown>>;
export const OLENA: Claims = { sub: "olena", roles: ["citizen"], drfo: DRFO };
export const TARAS: Claims = { sub: "taras", roles: ["citizen"], drfo: OTHER_DRFO };

/** The settings API over a real store and real tokens. Codes are collected instead of sent. */
export interface TestSettings extends Bench {
  readonly keys: TestKeys;
  readonly sent: OtpMessage[];
  /** The outcome of sending the next codes. */
  meet: { refusal: OtpNotSent | undefined; error: Error | undefined };
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Calls with a token of these claims. An object body is sent as JSON. */
  as(
    claims: Claims,
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
  /** Requests a code and returns it. */
  codeFor(claims: Claims, channel: string, address: string): Promise<string>;
  /** The caller's channels, as the API answers them. */
  channelsOf(claims: Claims): Promise<readonly Claims[]>;
}

export async function startSettings(
  settings: Partial<ServiceSettings> = { country: "UA" },
): Promise<TestSettings> {
  const [backend] = BACKENDS;
  if (backend === undefined) throw new Error("there is no backend");
  const bench = await openBench(backend);
  const { serviceId } = await newSender(bench, { settings });
  const keys = await makeKeys("ES256", "a");
  const read = readPublicKeys(JSON.parse(toJwks(keys)));
  if (!read.ok) throw new Error("the keys are none");
  const tokens = createAccessTokens(
    { keys: { jwks: read.value.keys }, issuers: [], audiences: [] },
    { fetch: () => Promise.reject(new Error("nothing is fetched")) },
  );
  const sent: OtpMessage[] = [];
  const meet: TestSettings["meet"] = { refusal: undefined, error: undefined };
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set("requestLog", { requestId: "request-1" });
    await next();
  });
  app.route(
    "/",
    createSettingsRoutes({
      clock: bench.clock,
      accessTokenAuth: createAccessTokenAuth(tokens, bench.clock, SETTINGS_ACCESS_TOKEN_CODES),
      contexts: bench.contexts,
      recipientSettings: bench.recipientSettings,
      sendCode(message, waitUntil): Promise<Result<void, OtpNotSent>> {
        if (meet.error !== undefined) return Promise.reject(meet.error);
        if (meet.refusal !== undefined) {
          return Promise.resolve({ ok: false, refusal: meet.refusal });
        }
        sent.push(message);
        waitUntil(Promise.resolve());
        return Promise.resolve(ok(undefined));
      },
      newCode: createOtp,
      serviceId,
      senderRole: SENDER_ROLE,
    }),
  );
  app.onError(answerSettingsError);
  const request = serveInProcess(app).fetch;
  const as: TestSettings["as"] = async (claims, method, path, body, headers = {}) =>
    await request(path, {
      method,
      headers: {
        "x-access-token": await issueToken(keys, claims, { now: bench.time.now }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  return {
    ...bench,
    keys,
    sent,
    meet,
    request,
    as,
    async codeFor(claims, channel, address) {
      const path = `/api/settings/me/channels/${channel}/verify`;
      const response = await as(claims, "POST", path, { address });
      if (response.status !== 202) throw new Error(await response.text());
      return sent.at(-1)?.code ?? "";
    },
    async channelsOf(claims) {
      return (await (await as(claims, "GET", "/api/settings/me")).json()).channels;
    },
  };
}

/** The path of a step of a channel. */
export function step(name: string, channel = "email"): string {
  return `/api/settings/me/channels/${channel}/${name}`;
}

/** A different code. */
export function wrongCode(code: string, by = 1): string {
  return String((Number(code) + by) % 1_000_000).padStart(6, "0");
}
