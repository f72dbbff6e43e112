/** Keeps addresses as they are while typography changes the text around them. */
import { runSteps, type Steps } from "../steps/steps.ts";
import { mapAroundAddresses } from "./text_addresses.ts";
import { tidyInSteps, type TypographyFinds } from "./typography.ts";

/** Noncharacters around a marked address. Rendering removes them from its source. */
const [OPEN, CLOSE] = ["\ufdd0", "\ufdd1"] as const;
const MARKED = /\ufdd0([^\ufdd1]*)\ufdd1/g;
const PLACE = /\ufdd0/g;
const MARKS = /[\ufdd0\ufdd1]/g;

/** Characters that typography or the decoding of references may change. Most addresses have none and need no mark. */
const CHANGEABLE = /["'\\&‘’\s]/;

/** Marks an address in rendered text where needed, so that {@link tidyAroundAddresses} leaves it as it is. */
export function markAddress(address: string): string {
  return CHANGEABLE.test(address) ? OPEN + address + CLOSE : address;
}

/** Applies typography to plain text on one or more lines; its addresses stay as they are. */
export function tidyPlainText(text: string): string {
  const all: TypographyFinds = { quotes: true, spacedMarks: true };
  const marked = mapAroundAddresses(text.replace(MARKS, ""), (other) => other, markAddress);
  return runSteps(tidyAroundAddresses(marked, all));
}

/**
 * Applies typography as `tidyInSteps` does, and then `finish`, to rendered text or HTML. Addresses that {@link
 * markAddress} has marked are returned unchanged and without their marks. It yields between its steps, so that the
 * caller can serve other requests.
 *
 * @param finds `false` for characters that the text certainly lacks; their step is skipped
 */
export function* tidyAroundAddresses(
  rendered: string,
  finds: TypographyFinds,
  finish: (text: string) => string = (text) => text,
): Steps<string> {
  if (!rendered.includes(OPEN)) return finish(yield* tidyInSteps(rendered, finds));
  const addresses: string[] = [];
  const masked = rendered.replace(MARKED, (_, address: string) => {
    addresses.push(address);
    return OPEN;
  });
  yield;
  const tidy = finish(yield* tidyInSteps(masked, finds));
  yield;
  let next = 0;
  return tidy.replace(PLACE, () => addresses[next++] ?? "");
}
