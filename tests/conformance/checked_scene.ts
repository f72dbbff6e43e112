/** A served process with stand-ins for its providers, and a proxy at its public address, for commands that check it. */
import assert from "node:assert/strict";
import {
  type Ended,
  type Folder,
  makeFolder,
  migrateFolder,
  pause,
  run,
  serve,
} from "../support/process.ts";
import { type Providers, startProviders } from "./providers.ts";

/** The process and its surroundings. */
export interface CheckedScene extends AsyncDisposable {
  readonly folder: Folder;
  readonly publicUrl: string;
  /** Where the process answers without the proxy. */
  readonly localUrl: string;
  readonly providers: Providers;
  /** Runs the command; `environment` overrides variables of the served process. */
  check(args?: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ended>;
  /** Whether the providers report the messages that they accept. */
  reports(on: boolean): void;
}

/** A server that passes requests on to another origin, as a reverse proxy does. */
function startProxy(to: () => string) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const { method, headers } = request;
      const answer = await fetch(`${to()}${pathname}${search}`, {
        method,
        headers,
        ...(method === "GET" ? {} : { body: await request.bytes() }),
      });
      return new Response(await answer.bytes(), { status: answer.status });
    },
  );
  return { url: `http://localhost:${server.addr.port}`, close: () => server.shutdown() };
}

/** Starts the process. @param command the command that checks it */
export async function startCheckedScene(
  command: "receipts" | "doctor",
): Promise<CheckedScene> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await makeFolder());
  await migrateFolder(folder);
  const providers = stack.use(await startProviders());
  let origin = "";
  const proxy = startProxy(() => origin);
  stack.defer(() => proxy.close());
  const environment = { ...providers.environment, PUBLIC_URL: proxy.url };
  const hark = stack.use(await serve("start", { folder, environment }));
  origin = hark.url;
  providers.reportTo(proxy.url);
  let isReporting = true;
  let isOver = false;
  const reported = new Set<string>();
  const reporting = (async () => {
    for (; !isOver; await pause(50)) {
      if (!isReporting) continue;
      const { twilio, postmark } = providers;
      for (const { sid } of twilio.accepted.filter(({ sid }) => !reported.has(sid))) {
        reported.add(sid);
        assert.deepEqual(await twilio.report(sid, "delivered"), [200]);
      }
      for (
        const { MessageID } of postmark.accepted.filter((each) => !reported.has(each.MessageID))
      ) {
        reported.add(MessageID);
        assert.deepEqual(await postmark.deliver(MessageID), [200]);
      }
    }
  })();
  stack.defer(async () => {
    isOver = true;
    await reporting;
  });
  const kept = stack.move();
  return {
    folder,
    publicUrl: proxy.url,
    localUrl: hark.url,
    providers,
    check: (args = [], changed = {}) =>
      run([command, "--url", hark.url, ...args], {
        folder,
        environment: { ...environment, ...changed },
      }),
    reports: (on) => void (isReporting = on),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
