/** Runs `[#if]`, `[#switch]` and `[#attempt]` without a message: by its values, it comes to one part or another. */
import type { Attempt, Branch, Switch } from "../../segments.ts";
import { changesOf } from "../changes.ts";
import { isSame } from "../compare_values.ts";
import type { Expression } from "../expression.ts";
import {
  checkUses,
  type DryRun,
  type Ended,
  fail,
  forget,
  Found,
  need,
  type Place,
  runSomeOf,
  snapshot,
} from "./place.ts";
import { Failed, tryCondition, tryValue } from "./try_value.ts";
import { Unknown } from "./unknown.ts";

/** Runs an `[#if]`. */
export function runBranch({ arms, otherwise }: Branch, place: Place, dryRun: DryRun): Ended {
  for (const [index, { condition, then }] of arms.entries()) {
    const holds = tryCondition(condition, place);
    if (holds instanceof Failed) fail(condition, holds.message, place);
    if (holds instanceof Unknown) checkUses(condition, "condition", place, dryRun);
    if (holds === true) return dryRun.runAll(then, place, dryRun);
    if (holds === false) continue;
    const rest = arms.slice(index + 1);
    const isCertain = false;
    for (const arm of rest) {
      const other = tryCondition(arm.condition, place);
      if (other instanceof Failed) fail(arm.condition, other.message, { ...place, isCertain });
    }
    const parts = [arms[index], ...rest].flatMap((arm) => arm === undefined ? [] : [arm.then]);
    return runSomeOf([...parts, otherwise], place, dryRun);
  }
  return dryRun.runAll(otherwise, place, dryRun);
}

/** Finds a case whose value is never of the kind of the switch. */
function checkCases(of: Expression, cases: Switch["cases"], place: Place): void {
  let here = place;
  for (const { value } of cases) {
    if (value === undefined) continue;
    const made = tryValue({ kind: "compare", by: "==", left: of, right: value }, here, false);
    if (made instanceof Failed) fail(value, made.message, here);
    here = { ...here, isCertain: false };
  }
}

/** Runs a `[#switch]`. */
export function runSwitch({ of, cases }: Switch, place: Place, dryRun: DryRun): Ended {
  const value = need(of, place, dryRun);
  let first: number | undefined;
  for (const [index, { value: wanted }] of cases.entries()) {
    if (wanted === undefined) continue;
    const compared = value instanceof Unknown ? value : need(wanted, place, dryRun);
    if (compared instanceof Unknown) {
      checkUses({ kind: "compare", by: "==", left: of, right: wanted }, "value", place, dryRun);
      checkCases(of, cases.slice(index), place);
      const ended = runSomeOf(cases.map(({ body }) => body), place, dryRun);
      return cases.some(({ body }) => changesOf(body).returns) ? ended : undefined;
    }
    const same = isSame(value, compared);
    if (same === undefined) fail(wanted, "The value of the switch is of another kind", place);
    if (same) {
      first = index;
      break;
    }
  }
  const run = first === undefined
    ? cases.filter((one) => one.value === undefined)
    : cases.slice(first);
  for (const [index, { body }] of run.entries()) {
    const ended = dryRun.runAll(body, place, dryRun);
    if (ended === "maybe") {
      for (const rest of run.slice(index + 1)) runSomeOf([rest.body], place, dryRun);
      return run.some((one) => changesOf(one.body).returns) ? ended : undefined;
    }
    if (ended !== undefined) return ended === "return" ? ended : undefined;
  }
  return undefined;
}

/** Runs an `[#attempt]`, and its `[#recover]` where a message may come to it. */
export function runAttempt({ body, recover }: Attempt, place: Place, dryRun: DryRun): Ended {
  const { env, locals } = place;
  const restore = snapshot(place, dryRun);
  // What a body uses that may fail is not used in every message.
  const used = [...dryRun.used];
  let hasFailed = false;
  let ended: Ended;
  try {
    ended = dryRun.runAll(body, place, dryRun);
    if (ended !== undefined) ended = "maybe";
  } catch (reason) {
    if (!(reason instanceof Found) || reason.isLimit) throw reason;
    hasFailed = reason.isCertain === place.isCertain;
  }
  restore();
  dryRun.used.clear();
  for (const [path, kinds] of used) dryRun.used.set(path, kinds);
  forget(body, place, dryRun);
  const store = locals ?? env.variables;
  store.set(".error", new Unknown(false));
  if (hasFailed) ended = dryRun.runAll(recover, place, dryRun);
  else ended = runSomeOf([recover], place, dryRun) ?? ended;
  store.delete(".error");
  return ended;
}
