/**
 * Runs a template before any message is there: what depends on the message's values stays unknown, and everything else
 * is computed as it will be when a message is filled. What fails here fails in every message that comes to this place.
 */
import type { Output, Segment } from "../../segments.ts";
import { defineAll, Macro, run } from "../callable.ts";
import { outputText, writeAll } from "../expand.ts";
import { MAX_WORK, NODE_WORK, TemplateStopped } from "../limits.ts";
import { enter, leave, newEnvironment, spend, type Walk } from "../scope.ts";
import { PiecedText } from "../values.ts";
import { runAssign, runCapture, runSetting } from "./assignments.ts";
import { runAttempt, runBranch, runSwitch } from "./choices.ts";
import { runItems, runLoop } from "./loops.ts";
import { runMacroCall, tryFunction } from "./macros.ts";
import {
  count,
  type DryRun,
  type DryRunFault,
  type Ended,
  fail,
  forget,
  Found,
  GivenUp,
  need,
  type Place,
} from "./place.ts";
import { KnownVariables, MessageValues, Unknown } from "./unknown.ts";

/**
 * The most work of a dry run, in the unit of `MAX_WORK`, and the most segments that it goes through. Beyond them it
 * ends, and finds nothing more.
 */
const MAX_DRY_RUN_WORK = 1_000_000;
const MAX_DRY_RUN_SEGMENTS = 50_000;

function runOutput(segment: Output, place: Place, dryRun: DryRun): void {
  const value = need(segment.expression, place, dryRun, "output");
  if (value instanceof Unknown) return;
  const text = value instanceof PiecedText ? value.text : outputText(segment, value, place);
  if (text === undefined) fail(segment.expression, "This has no text", place);
  count(text.length, segment.expression, place, dryRun);
}

/** Runs one segment. */
function runOne(
  segment: Exclude<Segment, string>,
  place: Place,
  dryRun: DryRun,
): Ended {
  switch (segment.kind) {
    case "placeholder":
      return undefined;
    case "output":
      runOutput(segment, place, dryRun);
      return undefined;
    case "branch":
      return runBranch(segment, place, dryRun);
    case "loop":
      return runLoop(segment, place, dryRun);
    case "items":
      return runItems(segment, place, dryRun);
    case "assign":
      runAssign(segment, place, dryRun);
      return undefined;
    case "capture":
      return runCapture(segment, place, dryRun);
    case "definition":
      place.env.variables.set(segment.name, new Macro(segment));
      return undefined;
    case "call":
      return runMacroCall(segment, place, dryRun);
    case "switch":
      return runSwitch(segment, place, dryRun);
    case "attempt":
      return runAttempt(segment, place, dryRun);
    case "setting":
      runSetting(segment, place, dryRun);
      return undefined;
    case "compress":
      return dryRun.runAll(segment.body, place, dryRun);
    case "break":
    case "continue":
      return segment.kind;
    case "return":
      if (segment.value !== undefined) need(segment.value, place, dryRun);
      return "return";
    case "nested": {
      const values = segment.values.map((value) => need(value, place, dryRun));
      place.content?.(values, place);
      return undefined;
    }
    case "stop":
      // A stop that depends on values is the author's way to send nothing.
      if (place.isCertain) fail(segment, "This stops every message", place);
      return "maybe";
  }
}

/** Runs segments in order. */
function runAll(segments: readonly Segment[], place: Place, dryRun: DryRun): Ended {
  const { env } = place;
  enter(env);
  let ended: Ended;
  let here = place;
  for (const segment of segments) {
    if (++dryRun.segments > MAX_DRY_RUN_SEGMENTS) throw new GivenUp();
    spend(env, NODE_WORK);
    if (typeof segment === "string") {
      count(segment.length, segments, here, dryRun);
      continue;
    }
    if (ended === "maybe") forget([segment], here, dryRun);
    const now = runOne(segment, here, dryRun);
    if (ended === "maybe") {
      forget([segment], here, dryRun);
      continue;
    }
    ended = now;
    if (ended === "maybe") here = { ...here, isCertain: false };
    else if (ended !== undefined) break;
  }
  leave(env);
  return ended;
}

/**
 * Runs a template. It stops without a finding where that takes too long.
 *
 * @param assigned the names of all variables that the template assigns
 * @param escapes whether the caller escapes values, as for HTML
 * @returns the first fault that every message has which comes to its place; `undefined` without one
 */
export function dryRun(
  segments: readonly Segment[],
  assigned: ReadonlySet<string>,
  escapes: boolean,
): DryRunFault | undefined {
  const silent: Walk = {
    emit: () => undefined,
    used: { characters: 0, iterations: 0 },
    writeAll,
  };
  const env = newEnvironment(
    new MessageValues(),
    escapes,
    () => undefined,
    (callable, parameters, inside) => {
      if (!(callable instanceof Macro) || !callable.isFunction) return undefined;
      return run(callable, { positional: parameters, named: new Map() }, inside, silent).value;
    },
    () => new KnownVariables(),
  );
  // What is left is what a dry run may use.
  env.work = MAX_WORK - MAX_DRY_RUN_WORK;
  defineAll(segments, env);
  const state: DryRun = {
    assigned,
    running: [],
    used: new Map(),
    segments: 0,
    iterations: 0,
    characters: 0,
    runAll,
  };
  try {
    const place: Place = {
      env,
      items: new Map(),
      locals: undefined,
      isCertain: true,
      tryCall: (callable, values) => tryFunction(callable, values, place, state),
    };
    runAll(segments, place, state);
  } catch (reason) {
    if (reason instanceof Found) return reason.fault;
    // A text of too many characters, for one.
    if (!(reason instanceof GivenUp || reason instanceof TemplateStopped)) throw reason;
  }
  return undefined;
}
