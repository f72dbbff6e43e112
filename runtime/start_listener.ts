/** Listens for HTTP: with Hark's own listener, or with `Deno.serve` on a platform or an older Deno. */
import { createSecurityLog } from "../application/access/security_log.ts";
import type { Log } from "../domain/ports/log.ts";
import { type Config, ConfigError } from "./config.ts";
import { isOnDenoDeploy } from "./deploy/platform.ts";
import { CONNECTION_TIMEOUTS } from "./listener/connection_limits.ts";
import { fitConnections, readDescriptorLimit } from "./listener/descriptor_limit.ts";
import { listen, type RequestHandler } from "./listener/listener.ts";
import { serveUnbounded, withHost } from "./listener/unbounded.ts";

/** How often the number of shed connections that have no line of their own is logged, in milliseconds. */
const SECURITY_LOG_FLUSH_MS = 1_000;

/** The first Deno, `[major, minor]`, whose `node:http` has the connections that the listener bounds. */
const BOUNDABLE_SINCE = [2, 7] as const;

/** A listener that accepts connections. */
export interface StartedListener {
  /** Takes no more requests, and resolves when those under way are answered. */
  shutdown(): Promise<void>;
}

/** What {@link startListener} works with. */
export interface StartListenerOptions {
  readonly config: Pick<Config, "port" | "host" | "maxConnections">;
  readonly log: Log;
  /** The process's limit of open files; when `undefined`, it is read from `/proc`. */
  readonly descriptorLimit: number | undefined;
  readonly onListening: (port: number) => void;
}

/**
 * Starts to listen, with a listener that bounds connections. It lowers the most connections, with a warning, when the
 * process may not open so many files. On Deno Deploy, and with a warning on a Deno before 2.7, it is `Deno.serve`, which
 * bounds nothing.
 *
 * @throws ConfigError when the address cannot be listened on
 */
export async function startListener(
  options: StartListenerOptions,
  handler: RequestHandler,
): Promise<StartedListener> {
  const { config, log, onListening } = options;
  try {
    // The platform terminates connections itself, and has no sockets to bound.
    if (isOnDenoDeploy()) return serveUnbounded({ port: config.port, onListening }, handler);
    if (canBoundConnections(Deno.version.deno)) return await startOwnListener(options, handler);
    log({
      event: "warning",
      warning: `Deno ${Deno.version.deno} cannot bound connections: use ` +
        `${BOUNDABLE_SINCE.join(".")} or later`,
    });
    const { port, host: hostname } = config;
    return serveUnbounded({ port, hostname, onListening }, withHost(handler));
  } catch (cause) {
    throw toConfigError(config, cause);
  }
}

/** Whether `node:http` of a version of Deno has connections, which {@link listen} bounds. */
export function canBoundConnections(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [sinceMajor, sinceMinor] = BOUNDABLE_SINCE;
  return major > sinceMajor || (major === sinceMajor && minor >= sinceMinor);
}

async function startOwnListener(
  { config, log, descriptorLimit, onListening }: StartListenerOptions,
  handler: RequestHandler,
): Promise<StartedListener> {
  const limit = descriptorLimit ?? await readDescriptorLimit();
  const maxConnections = fitConnections(config.maxConnections, limit);
  if (maxConnections < config.maxConnections) {
    log({
      event: "warning",
      warning: `MAX_CONNECTIONS ${config.maxConnections} is lowered to ${maxConnections}: the ` +
        `process may open ${limit} files only (ulimit -n)`,
    });
  }
  const securityLog = createSecurityLog(() => Date.now(), log);
  const timer = setInterval(() => securityLog.flush(), SECURITY_LOG_FLUSH_MS);
  const listener = await listen({
    port: config.port,
    hostname: config.host,
    maxConnections,
    timeouts: CONNECTION_TIMEOUTS,
    onListening,
    onShed: ({ reason, address }) =>
      securityLog.write({ event: "connection-shed", reason, client: address ?? "unknown" }),
    onAcceptFailure: (reason) => log({ event: "accept-failed", reason }),
  }, handler);
  return {
    async shutdown() {
      clearInterval(timer);
      await listener.shutdown();
    },
  };
}

/** The reasons why an address cannot be listened on, by the error's code. */
const REASONS: Readonly<Record<string, (config: StartListenerOptions["config"]) => string>> = {
  EADDRINUSE: ({ port }) => `PORT ${port} is in use: stop what listens there, or set another`,
  EACCES: ({ port }) =>
    `PORT ${port} may not be listened on by this user: ports below 1024 are for root, or set another`,
  EADDRNOTAVAIL: ({ host }) => `HOST ${host} is not an address of this machine`,
  ENOTFOUND: ({ host }) => `HOST ${host} is not an address, nor a name that has one`,
};

function toConfigError(config: StartListenerOptions["config"], cause: unknown): unknown {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const reason = Object.hasOwn(REASONS, code) ? REASONS[code] : undefined;
  return reason === undefined ? cause : new ConfigError(reason(config), { cause });
}
