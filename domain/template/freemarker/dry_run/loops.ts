/** Runs `[#list]` and `[#items]` without a message. */
import type { Items, Loop } from "../../segments.ts";
import { changesOf } from "../changes.ts";
import { listingOf } from "../expand.ts";
import { MAX_ITERATIONS } from "../limits.ts";
import type { Item, Listing } from "../scope.ts";
import {
  type DryRun,
  type Ended,
  exceed,
  fail,
  forget,
  need,
  type Place,
  runSome,
  runSomeOf,
} from "./place.ts";
import { Unknown, unknownItem } from "./unknown.ts";

/** Runs a body once, for an item that is not known. */
function unknownItems(
  { item, value, body }: Pick<Items, "item" | "value" | "body">,
  isJson: boolean,
  place: Place,
  dryRun: DryRun,
): void {
  const items = new Map<string, Item>(place.items).set(item, unknownItem(item, isJson));
  if (value !== undefined) items.set(value, unknownItem(value, isJson));
  runSome(body, { ...place, items, listing: undefined }, dryRun);
}

/** Runs a body for each item of a list that is known. */
function repeat(
  { item, value, body }: Pick<Items, "item" | "value" | "body">,
  { entries, count, path, valueOf }: Listing,
  of: object,
  place: Place,
  dryRun: DryRun,
): Ended {
  let index = 0;
  for (const entry of entries) {
    if (++dryRun.iterations > MAX_ITERATIONS) {
      exceed(of, `Lists are repeated ${MAX_ITERATIONS} times at most`, place);
    }
    const items = new Map<string, Item>(place.items).set(item, {
      value: entry,
      index,
      count,
      path,
    });
    if (value !== undefined) items.set(value, { value: valueOf?.(entry), index, count, path });
    const ended = dryRun.runAll(body, { ...place, items, listing: undefined }, dryRun);
    if (ended === "break") return undefined;
    if (ended === "return") return ended;
    if (ended === "maybe") {
      forget(body, place, dryRun);
      return changesOf(body).returns ? ended : undefined;
    }
    index++;
  }
  return undefined;
}

/** Runs a `[#list]`. */
export function runLoop(segment: Loop, place: Place, dryRun: DryRun): Ended {
  const { list, item, value: valueName, body, otherwise } = segment;
  const value = need(list, place, dryRun, valueName === undefined ? "list" : "keys");
  if (value instanceof Unknown) {
    forget(body, place, dryRun);
    if (item === undefined) runSome(body, { ...place, listing: undefined }, dryRun);
    else unknownItems({ item, value: valueName, body }, value.isJson, place, dryRun);
    const ended = runSomeOf([otherwise], place, dryRun);
    return changesOf(body).returns ? "maybe" : ended;
  }
  const listing = listingOf(segment, value, "");
  if (listing === undefined) {
    fail(list, "This is no list, whatever the message's values are", place);
  }
  if (listing.count === 0) return dryRun.runAll(otherwise, place, dryRun);
  if (item !== undefined) {
    return repeat({ item, value: valueName, body }, listing, list, place, dryRun);
  }
  const ended = dryRun.runAll(body, { ...place, listing }, dryRun);
  return ended === "return" || ended === "maybe" ? ended : undefined;
}

/** Runs an `[#items]`. */
export function runItems(segment: Items, place: Place, dryRun: DryRun): Ended {
  const { listing } = place;
  if (listing !== undefined) return repeat(segment, listing, segment, place, dryRun);
  forget(segment.body, place, dryRun);
  unknownItems(segment, false, place, dryRun);
  return changesOf(segment.body).returns ? "maybe" : undefined;
}
