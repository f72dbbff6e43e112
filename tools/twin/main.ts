/** `deno task twin`: providers for trying Hark, which follow scripts. */
import { ok, refuse, type Result } from "../../domain/result.ts";
import { createTwinApi } from "./api.ts";
import { createTwinClock, type TwinClock } from "./clock.ts";
import type { TwinProvider, TwinProviderOptions } from "./provider.ts";
import { startDiiaTwin } from "./providers/diia.ts";
import { startPostmarkTwin } from "./providers/postmark.ts";
import { startSmtpTwin } from "./providers/smtp.ts";
import { startTwilioTwin } from "./providers/twilio.ts";
import { startVonageTwin } from "./providers/vonage.ts";
import { parseScriptFile, type Step } from "./script_file.ts";
import { createTwin, type Twin } from "./twin.ts";

/** The providers, which listen on the ports after the twin's own, in this order. */
const PROVIDERS: readonly ((options: TwinProviderOptions) => Promise<TwinProvider>)[] = [
  startTwilioTwin,
  startPostmarkTwin,
  startDiiaTwin,
  startVonageTwin,
  startSmtpTwin,
];

const DEFAULT_PORT = 8790;
const DEFAULT_HARK = "http://localhost:8787";
/** How often the twin looks whether Hark has been started, until it has, in milliseconds. */
const FOLLOW_MS = 1_000;

interface Arguments {
  readonly port: number;
  readonly hark: string;
  readonly script: string | undefined;
}

const USAGE = "Usage: deno task twin [--port=8790] [--hark=http://localhost:8787] [--script=FILE]";

function readArguments(args: readonly string[]): Result<Arguments, string> {
  const values = new Map(args.map((arg) => {
    const [, name = "", value = ""] = /^--(port|hark|script)=(.+)$/.exec(arg) ?? [];
    return [name, value];
  }));
  if (values.has("")) return refuse(USAGE);
  const portText = values.get("port") ?? String(DEFAULT_PORT);
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : Infinity;
  if (port + PROVIDERS.length > 65_535) {
    return refuse(`--port must be a port with ${PROVIDERS.length} more after it\n${USAGE}`);
  }
  const hark = URL.parse(values.get("hark") ?? DEFAULT_HARK);
  if (hark?.protocol !== "http:" || hark.pathname !== "/" || hark.search !== "") {
    return refuse(`--hark must be an address such as ${DEFAULT_HARK}\n${USAGE}`);
  }
  return ok({ port, hark: hark.origin, script: values.get("script") });
}

async function readSteps(path: string | undefined): Promise<Result<readonly Step[], string>> {
  if (path === undefined) return ok([]);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    return refuse(`${path} cannot be read: ${error instanceof Error ? error.message : ""}`);
  }
  const steps = parseScriptFile(text);
  return steps.ok ? steps : refuse(`${path}: ${steps.refusal}`);
}

/** A value as a shell takes it. Only a value that needs quotes gets them, and none has a quote in it. */
function quote(value: string): string {
  return /^[\w:/.@+-]+$/.test(value) ? value : `'${value}'`;
}

/** The lines that start Hark with the twin's providers, for a shell. */
function startLines(providers: readonly TwinProvider[], hark: string): string {
  const port = new URL(hark).port || "80";
  const variables: readonly (readonly [string, string])[] = [
    ["PORT", port],
    ["PUBLIC_URL", hark],
    ...providers.flatMap(({ environment }) => Object.entries(environment)),
  ];
  const lines = variables.map(([name, value]) => `export ${name}=${quote(value)}`);
  return [...lines, "npx -y deno@2.9.6 task dev"].join("\n");
}

async function runSteps(steps: readonly Step[], twin: Twin, clock: TwinClock): Promise<void> {
  for (const [at, step] of steps.entries()) {
    const done = await step.run(twin, clock);
    if (!done.ok) {
      console.error(`step ${at + 1}: ${step.kind}: ${done.refusal}; the script ends here`);
      return;
    }
    console.log(`step ${at + 1} of ${steps.length}: ${step.kind}`);
  }
}

async function startProviders(
  { port, hark }: Arguments,
  now: () => number,
): Promise<readonly TwinProvider[]> {
  const started: TwinProvider[] = [];
  for (const [at, start] of PROVIDERS.entries()) {
    started.push(await start({ port: port === 0 ? 0 : port + 1 + at, hark, now }));
  }
  return started;
}

function fail(message: string): never {
  console.error(`The twin cannot start.\n${message}`);
  Deno.exit(1);
}

async function run(): Promise<void> {
  const options = readArguments(Deno.args);
  if (!options.ok) return fail(options.refusal);
  const { port, hark, script } = options.value;
  const steps = await readSteps(script);
  if (!steps.ok) return fail(steps.refusal);
  const clock = createTwinClock(hark);
  try {
    const providers = await startProviders(options.value, clock.now);
    const twin = createTwin(providers, clock.now);
    const server = Deno.serve({
      port,
      hostname: "127.0.0.1",
      onListen: ({ port }) =>
        console.log(`
  The twin is listening on http://localhost:${port}/twin

  Start Hark in another terminal with these lines:

${startLines(providers, hark)}
`),
    }, createTwinApi(twin, clock).fetch);
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => Deno.exit(0));
    }
    const timer = setInterval(async () => {
      if (await clock.follow()) clearInterval(timer);
    }, FOLLOW_MS);
    await runSteps(steps.value, twin, clock);
    await server.finished;
  } catch (error) {
    const isInUse = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (!isInUse) throw error;
    fail(
      `One of the ports ${port} to ${
        port + PROVIDERS.length
      } is in use: stop what listens there, or set --port`,
    );
  }
}

if (import.meta.main) await run();
