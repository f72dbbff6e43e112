/** The state of a template's dry run, and what each of its steps uses. */
import type { Segment } from "../../segments.ts";
import type { Macro } from "../callable.ts";
import { changesOf, hasCall } from "../changes.ts";
import type { Needed } from "../check/needs.ts";
import type { Expression } from "../expression.ts";
import { MAX_FILLED_CHARACTERS } from "../limits.ts";
import { type Signal, spend } from "../scope.ts";
import { Failed, type TryScope, tryValue } from "./try_value.ts";
import { noteUses, type UseKind } from "./uses.ts";
import { type KnownVariables, Unknown } from "./unknown.ts";

/** What saving or forgetting one variable costs, in the unit of `MAX_WORK`. */
const VARIABLE_WORK = 20;

/** Why a template fails in every message that comes to a place. */
export interface DryRunFault {
  /** The expression or segment that fails. */
  readonly of: object;
  readonly message: string;
}

/** Thrown at a fault. */
export class Found extends Error {
  /**
   * @param isCertain whether every message comes to the place
   * @param isLimit whether it is a limit, which no `[#attempt]` recovers from
   */
  constructor(
    readonly fault: DryRunFault,
    readonly isCertain: boolean,
    readonly isLimit = false,
  ) {
    super(fault.message);
  }
}

/** Thrown where the dry run ends without a finding. */
export class GivenUp extends Error {}

/** Why a part ended early: a signal, or `maybe` where that depends on the message's values. */
export type Ended = Signal | "maybe";

/** The place in the template that the dry run has come to. */
export interface Place extends TryScope {
  /** Whether every message comes to this place. */
  readonly isCertain: boolean;
  readonly locals: KnownVariables | undefined;
  /** Runs the content of the macro's call, for `[#nested]`. */
  readonly content?: ((values: readonly unknown[], place: Place) => void) | undefined;
}

/** The state of one dry run. */
export interface DryRun {
  /** The names that the template's assignments use anywhere. */
  readonly assigned: ReadonlySet<string>;
  /** The macros and functions that are running, the innermost last. */
  readonly running: Macro[];
  /** The kinds that all uses so far allow which every message comes to, by the path of the value. */
  readonly used: Map<string, readonly UseKind[]>;
  segments: number;
  iterations: number;
  characters: number;
  /** Runs segments in order. @returns why they ended early, if they did */
  readonly runAll: (segments: readonly Segment[], place: Place, dryRun: DryRun) => Ended;
}

/** Ends the dry run with a fault, from which an `[#attempt]` around the place recovers. @throws {Found} */
export function fail(of: object, message: string, { isCertain }: Place): never {
  throw new Found({ of, message }, isCertain);
}

/** Ends the dry run at a limit, from which no `[#attempt]` recovers. @throws {Found} */
export function exceed(of: object, message: string, { isCertain }: Place): never {
  throw new Found({ of, message }, isCertain, true);
}

/**
 * Tries an expression whose value every message needs that comes to the place.
 *
 * @throws {Found} where it has none
 */
export function need(
  expression: Expression,
  place: Place,
  dryRun: DryRun,
  needed: Needed = "value",
): unknown {
  const value = tryValue(expression, place, false, needed);
  if (value instanceof Unknown && hasCall(expression)) {
    forgetAll(dryRun.assigned, place);
  }
  if (value instanceof Failed) fail(expression, value.message, place);
  if (value instanceof Unknown) checkUses(expression, needed, place, dryRun);
  return value;
}

/**
 * Checks that the message's values can be used here and in all places before.
 *
 * @throws {Found} where they cannot
 */
export function checkUses(
  expression: Expression,
  needed: Needed,
  place: Place,
  { used }: DryRun,
): void {
  // Messages that do not come to the other place may have a value that is right for this one.
  if (!place.isCertain) return;
  const fault = noteUses(expression, needed, place, used);
  if (fault !== undefined) fail(expression, fault, place);
}

/** Saves the state before a part that only some messages come to. @returns a function that sets it back */
export function snapshot({ env, locals }: Place, dryRun: DryRun): () => void {
  const stores = [env.variables, env.globals, ...(locals === undefined ? [] : [locals])];
  const saved = stores.map((store) => [...store]);
  spend(env, saved.reduce((sum, { length }) => sum + length, 1) * VARIABLE_WORK);
  const { settings, depth } = env;
  const { iterations, characters } = dryRun;
  return () => {
    stores.forEach((store, index) => {
      store.clear();
      for (const [name, value] of saved[index] ?? []) store.set(name, value);
    });
    env.settings = settings;
    env.depth = depth;
    Object.assign(dryRun, { iterations, characters });
  };
}

/** Makes the values of these variables unknown. */
function forgetAll(names: ReadonlySet<string>, { env, locals }: Place): void {
  spend(env, names.size * VARIABLE_WORK);
  for (const name of names) {
    env.variables.set(name, new Unknown(false));
    env.globals.set(name, new Unknown(false));
    locals?.set(name, new Unknown(false));
  }
}

/** Makes the values of the variables unknown that these segments may set. */
export function forget(segments: readonly Segment[], place: Place, dryRun: DryRun): void {
  const { names, hasCalls } = changesOf(segments);
  forgetAll(hasCalls ? dryRun.assigned : names, place);
}

/** Runs a part that only some messages come to. @returns whether it may have ended what is around it */
export function runSome(
  segments: readonly Segment[],
  place: Place,
  dryRun: DryRun,
): Ended {
  const restore = snapshot(place, dryRun);
  const ended = dryRun.runAll(segments, { ...place, isCertain: false }, dryRun);
  restore();
  return ended === undefined ? undefined : "maybe";
}

/** Runs parts of which a message comes to at most one, by its values. */
export function runSomeOf(
  parts: readonly (readonly Segment[])[],
  place: Place,
  dryRun: DryRun,
): Ended {
  let ended: Ended;
  for (const part of parts) ended = runSome(part, place, dryRun) ?? ended;
  for (const part of parts) forget(part, place, dryRun);
  return ended;
}

/** Counts characters of the text that every message gets here. @throws {Found} over the limit */
export function count(characters: number, of: object, place: Place, dryRun: DryRun): void {
  dryRun.characters += characters;
  if (dryRun.characters <= MAX_FILLED_CHARACTERS) return;
  exceed(of, `The text has more than ${MAX_FILLED_CHARACTERS} characters in every message`, place);
}
