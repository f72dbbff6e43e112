import assert from "node:assert/strict";
import { Hono } from "hono";
import { createAccessTokens } from "../../../../adapters/tokens/access_tokens.ts";
import { createOtp } from "../../../../adapters/crypto/otp.ts";
import { readPublicKeys } from "../../../../domain/access/access_token_keys.ts";
import type { Database } from "../../../../adapters/libsql/connection/database.ts";
import type { LogEntry } from "../../../../domain/ports/log.ts";
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
import {
  registryKeys,
  startTestApplication,
  type TestApplication,
} from "../../../support/application.ts";
import { bodyOf, type MovableClock, movableClock } from "../../support.ts";
import { serveInProcess } from "../../../support/http.ts";
import { issueToken, makeKeys, type TestKeys, toJwks } from "../../../support/tokens.ts";

/** The role that may read the settings of any recipient. */
export const SENDER_ROLE = "template-admin";
/** Two valid tax numbers. */
export const DRFO = "3184710691";
export const OTHER_DRFO = "9000000002";

/** The id of every request to the API that {@link mountSettings} mounts. */
const REQUEST_ID = "request-1";

export type Claims = Readonly<Record<string, unknown>>;
export const OLENA: Claims = { sub: "olena", roles: ["citizen"], drfo: DRFO };
export const TARAS: Claims = { sub: "taras", roles: ["citizen"], drfo: OTHER_DRFO };

/** The settings API alone, over a real store and real tokens. Codes are collected instead of sent. */
export interface TestSettings extends Bench {
  readonly keys: TestKeys;
  readonly sent: OtpMessage[];
  /** The error that sending the next codes meets. */
  meet: { error: Error | undefined };
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

/** The parts that both kinds of test have. */
type Calls = Pick<TestSettings, "request" | "as" | "channelsOf">;

/** The settings API of an application, in every runner. The time stands still until `advance`. */
export interface ServedSettings extends Calls {
  readonly hark: TestApplication;
  readonly db: Database;
  readonly keys: TestKeys;
  readonly clock: MovableClock;
  /** Returns the codes that were sent, the newest first. */
  codes(): Promise<readonly string[]>;
  /** Requests a code and returns it. */
  codeFor(claims: Claims, channel: string, address: string): Promise<string>;
  log(): Promise<readonly LogEntry[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts an application whose registry service is Ukrainian. */
export async function startSettings(): Promise<ServedSettings> {
  const clock = movableClock();
  const hark = await startTestApplication({ registry: true, clock });
  const service = `/manage/services/${hark.registryServiceId}`;
  await bodyOf(await hark.manage("PATCH", service, { country: "UA" }), 200);
  const { request, db, log } = hark;
  const { as, channelsOf } = callsOf(request, await registryKeys(), clock.now);
  async function codes(): Promise<readonly string[]> {
    await hark.settle();
    return (await hark.sent()).map(({ text }) => /\b[0-9]{6}\b/.exec(text)?.[0] ?? "");
  }
  return {
    hark,
    request,
    db,
    log,
    keys: await registryKeys(),
    clock,
    as,
    channelsOf,
    codes,
    async codeFor(claims, channel, address) {
      const known = (await codes()).length;
      await bodyOf(await as(claims, "POST", step("verify", channel), { address }), 202);
      const [code = "", ...others] = await codes();
      assert.equal(others.length, known);
      return code;
    },
    [Symbol.asyncDispose]: () => hark.close(),
  };
}

/** Creates the calls of people with the tokens of these keys. */
function callsOf(
  request: TestSettings["request"],
  keys: TestKeys,
  now: () => number,
): Pick<Calls, "as" | "channelsOf"> {
  const as: TestSettings["as"] = async (claims, method, path, body, headers = {}) =>
    await request(path, {
      method,
      headers: {
        "x-access-token": await issueToken(keys, claims, { now: now() }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  return {
    as,
    channelsOf: async (claims) =>
      (await (await as(claims, "GET", "/api/settings/me")).json()).channels,
  };
}

/** Mounts the settings API alone, in process: the sender of codes is the test's. */
export async function mountSettings(
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
  const meet: TestSettings["meet"] = { error: undefined };
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set("requestLog", { requestId: REQUEST_ID });
    await next();
    c.header("x-request-id", REQUEST_ID);
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
  const { as, channelsOf } = callsOf(request, keys, () => bench.time.now);
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
    channelsOf,
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
