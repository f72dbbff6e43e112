import * as z from "zod/mini";
import { SECOND_MS } from "../../domain/time/durations.ts";
import type { Config } from "../config.ts";
import { isOnDenoDeploy } from "../deploy/platform.ts";
import { VERSION } from "../version.ts";
import { isInWorker } from "./database.ts";
import { type Finding, type Report, reportOn } from "./finding.ts";

const report = reportOn("address");
const processReport = reportOn("process");
const proxies = reportOn("proxies");

/** How long a call may take, in milliseconds. */
const CALL_MS = 10 * SECOND_MS;
/** A range of at least so many addresses cannot be one of proxies: it is wider than a /8 of IPv4, or a /32 of IPv6. */
const MANY_IPV4 = 2n ** 25n;
const MANY_IPV6 = 2n ** 96n;

const Health = z.object({ status: z.literal("ok"), version: z.string() });
const Readiness = z.object({
  checks: z.object({
    store: z.string(),
    schema: z.string(),
    worker: z.string(),
    clock_skew_ms: z.number(),
    oldest_due_s: z.nullable(z.number()),
  }),
});

/**
 * Checks that `PUBLIC_URL` leads to a running Hark of this version, that its background loop is alive, and the settings
 * of proxies.
 *
 * @param localUrl where the process answers without its proxy
 */
export async function checkAddress(
  config: Config,
  localUrl: string,
  fetch: typeof globalThis.fetch,
): Promise<readonly Finding[]> {
  const { publicUrl } = config;
  const problem = await findProblem(publicUrl, fetch);
  const findings: Finding[] = [];
  if (problem === undefined) {
    findings.push(report.ok(`${publicUrl} leads to Hark`));
    findings.push(...await checkProcess(publicUrl, fetch, processReport));
  } else {
    const isLocal = await findProblem(localUrl, fetch) === undefined;
    findings.push(report.fault(
      `${publicUrl} ${problem}. ` +
        (isLocal
          ? `A process answers at ${localUrl}: check PUBLIC_URL, DNS, TLS and the proxy before it`
          : `No process answers at ${localUrl} either: start it, or deploy it`),
    ));
    if (isLocal) findings.push(...await checkProcess(localUrl, fetch, processReport));
  }
  return [...findings, ...checkProxies(config)];
}

/** Asks `GET /healthz`. @returns what is wrong; `undefined` when Hark has answered */
async function findProblem(
  url: string,
  fetch: typeof globalThis.fetch,
): Promise<string | undefined> {
  const answer = await call(`${url}/healthz`, fetch);
  if (typeof answer === "string") return `cannot be called (${answer})`;
  if (answer.status >= 300 && answer.status < 400) {
    return "answers with a redirect, which providers do not follow";
  }
  if (answer.status !== 200) return `answers ${answer.status}`;
  return Health.safeParse(answer.body).success ? undefined : "answers 200, but not as Hark does";
}

async function checkProcess(
  url: string,
  fetch: typeof globalThis.fetch,
  { ok, warning, fault }: Report,
): Promise<readonly Finding[]> {
  const [health, ready] = await Promise.all([
    call(`${url}/healthz`, fetch),
    call(`${url}/readyz`, fetch),
  ]);
  const version = typeof health === "string"
    ? undefined
    : Health.safeParse(health.body).data?.version;
  const state = typeof ready === "string"
    ? undefined
    : Readiness.safeParse(ready.body).data?.checks;
  const findings: Finding[] = [];
  if (version !== undefined && version !== VERSION) {
    findings.push(warning(`version ${version} runs, and this is ${VERSION}: deploy one of them`));
  }
  if (state === undefined) return [...findings, fault("GET /readyz has no readiness report")];
  const broken = [
    ...(state.store === "ok" ? [] : ["its database does not answer"]),
    ...(state.schema === "unavailable" ? ["its database has another schema"] : []),
    ...(state.worker === "ok" ? [] : ["its background loop has stopped: restart it"]),
  ];
  return broken.length > 0
    ? [...findings, ...broken.map((text) => fault(text))]
    : [...findings, ok("it is ready: its database answers, and its background work runs")];
}

/** Calls an address. @returns why it could not be called, when there is no answer */
async function call(
  url: string,
  fetch: typeof globalThis.fetch,
): Promise<{ readonly status: number; readonly body: unknown } | string> {
  try {
    const signal = AbortSignal.timeout(CALL_MS);
    const answer = await fetch(url, { redirect: "manual", signal });
    const text = await answer.text();
    try {
      return { status: answer.status, body: JSON.parse(text) };
    } catch {
      return { status: answer.status, body: undefined };
    }
  } catch (error) {
    return describeFailure(error);
  }
}

/** Tells a refused connection from an unknown host and a fault of TLS: Deno says that in the cause of `fetch failed`. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if (error.name === "TimeoutError") return `no answer within ${CALL_MS / SECOND_MS} s`;
  const { message } = error.cause instanceof Error ? error.cause : error;
  return message.replace(/^.* for url \(\S*\): (?:client error \(Connect\): )?/, "");
}

function checkProxies(config: Config): readonly Finding[] {
  const { publicUrl, trustedProxies } = config;
  const isWide = trustedProxies.some(({ from, to }) =>
    to - from >= (to < 2n ** 48n ? MANY_IPV4 : MANY_IPV6)
  );
  if (isWide) {
    return [
      proxies.fault(
        "TRUSTED_PROXIES has a range that is wider than any network of proxies: callers in it can " +
          "claim any address",
      ),
    ];
  }
  const isBehindProxy = publicUrl.startsWith("https:") && trustedProxies.length === 0 &&
    !isOnDenoDeploy() && !isInWorker(config);
  return !isBehindProxy ? [] : [
    proxies.warning(
      "TRUSTED_PROXIES is not set, and TLS ends before Hark: unless this is a Worker or an app of " +
        "Deno Deploy, set it to the proxy's address, or all callers count as one for the limits of wrong credentials",
    ),
  ];
}
