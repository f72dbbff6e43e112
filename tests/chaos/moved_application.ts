/**
 * The application in this process, in moved time, with stand-ins over HTTP: three days of an outage pass in seconds. Its
 * clock stands still until the run moves it.
 */
import type { ProviderDefinition } from "../../adapters/providers/shared/provider_definition.ts";
import { createClock } from "../../adapters/clock.ts";
import { createProviderFetch } from "../../runtime/provider_fetch.ts";
import { type Providers, startProviders } from "../conformance/providers.ts";
import { startTestApplication, type TestApplication } from "../support/application.ts";
import { serveOnLoopback } from "../support/http.ts";
import { createRunClient, type RunClient } from "./client.ts";

/** The application of a run. */
export interface MovedApplication extends AsyncDisposable {
  readonly application: TestApplication;
  readonly providers: Providers;
  readonly client: RunClient;
  /** Where the application takes receipts. */
  readonly origin: string;
  now(): number;
  /** Moves the time in steps, and dispatches after each until nothing more is due; then calls `afterStep`. */
  pass(ms: number, stepMs: number, afterStep?: () => Promise<void>): Promise<void>;
}

/** Options of {@link startMovedApplication}. */
export interface MovedOptions {
  /** The table of providers; the product's by default. */
  readonly table?: readonly ProviderDefinition[];
  /** Further variables of the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Changes how providers are called. */
  readonly wrapFetch?: (send: typeof fetch) => typeof fetch;
}

/** Starts it. */
export async function startMovedApplication(
  { table, environment = {}, wrapFetch = (send) => send }: MovedOptions = {},
): Promise<MovedApplication> {
  await using stack = new AsyncDisposableStack();
  let now = Date.now();
  const providers = stack.use(await startProviders(() => now));
  const http = stack.adopt(Deno.createHttpClient({ http2: false }), (client) => client.close());
  const application = stack.use(
    await startTestApplication({
      clock: createClock(() => now),
      environment: { ...providers.environment, ...environment },
      fetch: wrapFetch(createProviderFetch(http)),
      withoutMailbox: true,
      ...(table === undefined ? {} : { providers: table }),
    }),
  );
  const server = stack.use(serveOnLoopback(application.app));
  providers.reportTo(server.origin);
  const kept = stack.move();
  return {
    application,
    providers,
    client: createRunClient(application.request, { now: () => now }),
    origin: server.origin,
    now: () => now,
    async pass(ms, stepMs, afterStep = () => Promise.resolve()) {
      const end = now + ms;
      while (now < end) {
        now = Math.min(now + stepMs, end);
        await application.settle();
        await afterStep();
      }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
