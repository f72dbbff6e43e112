/**
 * Serves as `main.ts start` does, with a fault hook around the database, the calls of providers and callbacks, and the
 * answers to requests, and with a clock that starts at `CHAOS_NOW` (epoch milliseconds). `POST /chaos/arm?at=STEP` arms the
 * hook; each step since is a line `step NAME` of the output.
 */
import { createClock, localTime } from "../../adapters/clock.ts";
import { createSocketCaller } from "../../adapters/callbacks/socket_caller.ts";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import type { CallbackRequest } from "../../domain/ports/callback_caller.ts";
import { createApplication } from "../../runtime/application.ts";
import { readConfig } from "../../runtime/config.ts";
import { writeLog } from "../../runtime/log.ts";
import { createProviderFetch } from "../../runtime/provider_fetch.ts";
import { readProcessArguments } from "../../runtime/process/server_arguments.ts";
import { serve } from "../../runtime/serve.ts";
import { nameWrite } from "./operations.ts";
import { createFaultHook, hookDatabase } from "./fault_hook.ts";

const startedAt = performance.now();
const startsAt = Number(Deno.env.get("CHAOS_NOW") ?? Date.now());
const machine = {
  wall: () => Math.floor(startsAt + performance.now() - startedAt),
  monotonic: () => performance.now(),
};

const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
const hook = createFaultHook({
  onStep: (step) => print(`step ${step}`),
  kill: () => Deno.kill(Deno.pid, "SIGKILL"),
});
const config = readConfig(Deno.env.toObject(), "production");
const opened = await openDatabase({ ...config.database, machine });
const time = opened.embedded ? localTime(machine.wall, machine.monotonic) : opened.time;
const db = hookDatabase({ ...opened, time }, hook, nameWrite);
const stopping = new AbortController();
const send = createProviderFetch();
const callEndpoint = createSocketCaller({ allowance: config.callbackAllowance });
const application = await createApplication(config, db, {
  clock: createClock(machine.wall, time),
  fetch: hook.around(
    (..._call: Parameters<typeof send>) => "call of a provider",
    (...call) => send(...call),
  ),
  callEndpoint: hook.around((_request: CallbackRequest) => "callback", callEndpoint),
  stopping: stopping.signal,
});

const { app } = application;
const answer = app.fetch;
const hookedAnswer = hook.around(
  ({ method, url }: Request, ..._rest: unknown[]) => `answer to ${method} ${new URL(url).pathname}`,
  async (...call: Parameters<typeof answer>) => await answer(...call),
);
app.fetch = (request, ...rest) => {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === "/chaos/arm") {
    hook.arm(searchParams.get("at") ?? undefined);
    return new Response();
  }
  return hookedAnswer(request, ...rest);
};

await serve(config, db, application, {
  stopping,
  onListening: (port) => writeLog({ event: "listening", port }),
  process: readProcessArguments(Deno.args),
});
