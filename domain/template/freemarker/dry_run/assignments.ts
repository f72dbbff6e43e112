/** Runs the directives that set variables and settings, without a message. */
import type { Assign, Capture, SettingChange } from "../../segments.ts";
import type { Expression } from "../expression.ts";
import { operate } from "../operators.ts";
import { changeSetting } from "../settings.ts";
import { type DryRun, type Ended, fail, GivenUp, need, type Place } from "./place.ts";
import { Failed, NO_VALUE, tryValue } from "./try_value.ts";
import { Unknown } from "./unknown.ts";

/** Settings whose values do not decide whether an expression has a value, or a value a text. */
const HARMLESS_SETTINGS: ReadonlySet<string> = new Set([
  "locale",
  "time_zone",
  "timeZone",
  "number_format",
  "numberFormat",
]);

function storeOf(scope: Assign["scope"], { env, locals }: Place): Map<string, unknown> {
  if (scope === "local" && locals !== undefined) return locals;
  return scope === "global" ? env.globals : env.variables;
}

/** What a store has for a name, an `Unknown` too. */
function rawValue(store: Map<string, unknown>, name: string): unknown {
  return Map.prototype.get.call(store, name);
}

/** Runs an assignment of an expression. */
export function runAssign(
  { scope, name, by, value }: Assign,
  place: Place,
  dryRun: DryRun,
): void {
  const given = need(value, place, dryRun);
  const store = storeOf(scope, place);
  if (by === undefined) {
    store.set(name, given);
    return;
  }
  const old = rawValue(store, name);
  if (old === undefined) {
    fail(value, `${name.slice(0, 40)} has no value to change: assign one first`, place);
  }
  if (old instanceof Unknown || given instanceof Unknown) {
    const first: Expression = { kind: "variable", name };
    const sum: Expression = { kind: "arithmetic", first, rest: [{ by, of: value }] };
    const made = tryValue(sum, place, false);
    if (made instanceof Failed) fail(value, made.message, place);
    store.set(name, made instanceof Unknown ? made : new Unknown(false));
    return;
  }
  store.set(name, operate(old, by, given, place.env) ?? fail(value, NO_VALUE, place));
}

/** Runs an assignment of the text of a body. */
export function runCapture(
  { scope, name, body, isEscaped }: Capture,
  place: Place,
  dryRun: DryRun,
): Ended {
  const ended = dryRun.runAll(body, place, dryRun);
  const isKnown = !isEscaped && !place.env.escapes &&
    body.every((part) => typeof part === "string");
  storeOf(scope, place).set(name, isKnown ? body.join("") : new Unknown(false));
  return ended;
}

/** Runs a `[#setting]`. @throws {GivenUp} where too much depends on a setting that is not known */
export function runSetting({ name, value }: SettingChange, place: Place, dryRun: DryRun): void {
  const { env } = place;
  const given = need(value, place, dryRun);
  if (given instanceof Unknown) {
    if (!HARMLESS_SETTINGS.has(name)) throw new GivenUp();
    return;
  }
  const text = typeof given === "boolean" ? String(given) : env.textOf(given);
  const settings = text === undefined ? undefined : changeSetting(env.settings, name, text);
  if (settings === undefined) fail(value, "The setting has no such value", place);
  if (!place.isCertain && !HARMLESS_SETTINGS.has(name)) throw new GivenUp();
  env.settings = settings;
}
