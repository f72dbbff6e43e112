/** An application under test that another process serves: what tests reach by HTTP, and nothing else. */
import type { TestApplication, TestApplicationOptions } from "./application.ts";
import type { TestFetch } from "./http.ts";
import { ALLOW_TEST_TOKENS, hasRegistry } from "./remote_registry.ts";
import { isMachineClock } from "./machine_clock.ts";
import { openServer, refuseToLook } from "./runner.ts";

/** What a test can do with an application that it reaches by HTTP only. */
export interface RemoteApplication {
  readonly request: TestFetch;
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** The options that another process can be started with. */
const KNOWN: ReadonlySet<string> = new Set<keyof TestApplicationOptions>([
  "environment",
  "registry",
]);

/** Every part of an application that only its own process has: to use one throws. */
export function unreachableParts() {
  return {
    get app(): never {
      return refuseToLook();
    },
    get backgroundWork(): never {
      return refuseToLook();
    },
    get contexts(): never {
      return refuseToLook();
    },
    get clock(): never {
      return refuseToLook();
    },
    get inboundCallbacks(): never {
      return refuseToLook();
    },
    get loop(): never {
      return refuseToLook();
    },
    get management(): never {
      return refuseToLook();
    },
    get keyUses(): never {
      return refuseToLook();
    },
    get registry(): never {
      return refuseToLook();
    },
    get registryServiceId(): never {
      return refuseToLook();
    },
    get config(): never {
      return refuseToLook();
    },
    get db(): never {
      return refuseToLook();
    },
    get mailbox(): never {
      return refuseToLook();
    },
    get logged(): never {
      return refuseToLook();
    },
    get loadWorkConsumer(): never {
      return refuseToLook();
    },
    checkProviders: refuseToLook,
    suggestTokens: refuseToLook,
    putMessage: refuseToLook,
  } satisfies Partial<Record<keyof TestApplication, unknown>>;
}

/** Reaches a server with these options. @throws when another process cannot be started with them */
export async function reachApplication(
  options: TestApplicationOptions,
  environment: Readonly<Record<string, string>>,
): Promise<RemoteApplication> {
  const { clock, ...others } = options;
  if (clock !== undefined && !isMachineClock(clock)) refuseToLook();
  if (Object.keys(others).some((name) => !KNOWN.has(name))) refuseToLook();
  const server = await openServer({
    ...(hasRegistry(environment) ? { ALLOW_INSECURE: ALLOW_TEST_TOKENS } : {}),
    ...environment,
  });
  return {
    request: (input, init) =>
      fetch(typeof input === "string" && input.startsWith("/") ? `${server.url}${input}` : input, {
        // As in process, where nothing follows a redirect.
        redirect: "manual",
        ...init,
      }),
    settle: server.settle,
    close: server.close,
  };
}
