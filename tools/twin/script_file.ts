/** Script files: steps that the twin takes one after the other. */
import { parseJson } from "../../domain/json/parse_json.ts";
import { isJsonObject } from "../../domain/json/json_object.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { TwinClock } from "./clock.ts";
import { BODIES, parseBody } from "./requests.ts";
import type { Twin } from "./twin.ts";

/** The most steps of a file. */
export const MAX_STEPS = 1_000;
/** How often a step that waits for calls looks for them, in milliseconds. */
const LOOK_MS = 50;

type StepKind = keyof typeof BODIES;

/** A step; resolves when it is done. The refusal says why it was not. */
export interface Step {
  readonly kind: StepKind;
  run(twin: Twin, clock: TwinClock): Promise<Result<unknown, string>>;
}

const isStepKind = (name: string): name is StepKind => Object.hasOwn(BODIES, name);

/** Parses a file: a list of objects with one of `script`, `clock`, `inbound`, `receipt`, `wait` each. */
export function parseScriptFile(text: string): Result<readonly Step[], string> {
  const json = parseJson(text);
  if (!Array.isArray(json) || json.length > MAX_STEPS) {
    return refuse(`The file must be a JSON list of ${MAX_STEPS} steps at most`);
  }
  const steps: Step[] = [];
  for (const [at, item] of json.entries()) {
    const step = parseStep(item);
    if (!step.ok) return refuse(`step ${at + 1}: ${step.refusal}`);
    steps.push(step.value);
  }
  return ok(steps);
}

function parseStep(item: unknown): Result<Step, string> {
  const [[kind, body] = ["", undefined], ...more] = isJsonObject(item) ? Object.entries(item) : [];
  if (more.length > 0 || !isStepKind(kind)) {
    return refuse(`A step must be an object with one of ${Object.keys(BODIES).join(", ")}`);
  }
  switch (kind) {
    case "script":
      return stepOf(kind, parseBody(BODIES.script, body), (script, twin) => twin.script(script));
    case "clock":
      return stepOf(
        kind,
        parseBody(BODIES.clock, body),
        ({ advance }, twin, clock) => {
          twin.keepUp();
          return clock.advance(advance);
        },
      );
    case "inbound":
      return stepOf(kind, parseBody(BODIES.inbound, body), (sent, twin) => twin.receive(sent));
    case "receipt":
      return stepOf(kind, parseBody(BODIES.receipt, body), (sent, twin) => twin.sendReceipt(sent));
    case "wait":
      return stepOf(kind, parseBody(BODIES.wait, body), waitFor);
  }
}

function stepOf<Body>(
  kind: StepKind,
  body: Result<Body, string>,
  run: (
    body: Body,
    twin: Twin,
    clock: TwinClock,
  ) => Result<unknown, string> | Promise<Result<unknown, string>>,
): Result<Step, string> {
  if (!body.ok) return refuse(`${kind}: ${body.refusal}`);
  return ok({ kind, run: async (twin, clock) => await run(body.value, twin, clock) });
}

async function waitFor(
  { for: ms, calls = 0 }: {
    readonly for?: number | undefined;
    readonly calls?: number | undefined;
  },
  { providers }: Twin,
): Promise<Result<void, string>> {
  if (ms !== undefined) await pause(ms);
  while (providers.reduce((sum, provider) => sum + provider.calls(), 0) < calls) {
    await pause(LOOK_MS);
  }
  return ok(undefined);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
