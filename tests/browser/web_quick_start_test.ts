/** The quick start from an empty database, walked whole in a real Chromium, in each way in which a person may use it. */
import assert from "node:assert/strict";
import { NEEDS_CHROMIUM } from "./chromium.ts";
import { createKeyboard } from "./hands.ts";
import {
  addGuests,
  approve,
  askToGoLive,
  beginWalk,
  findMessage,
  readReason,
  registerAndCreate,
  sendList,
  sendWithKey,
  signInDemo,
  type WalkOptions,
  watchList,
  writeTemplate,
} from "./quick_start.ts";
import { visitWeb } from "./web_visit.ts";

/** Walks the quick start: Ann, and the operator who is her colleague. */
function walk(options: WalkOptions & { readonly isPasted?: boolean } = {}): Promise<void> {
  return visitWeb(async (visit) => {
    const ann = await beginWalk(visit, options);
    const operator = await beginWalk(visit, options);
    await registerAndCreate(ann);
    await writeTemplate(ann);
    await addGuests(ann);
    await sendList(ann, options.isPasted);
    await watchList(ann);
    await findMessage(ann);
    await readReason(ann);
    await signInDemo(operator);
    await askToGoLive(ann, operator);
    await approve(operator);
    await sendWithKey(ann);
    assert.deepEqual(visit.complaints, []);
  });
}

Deno.test(
  "the quick start: leads from an empty database to a live service and its first message to everybody",
  NEEDS_CHROMIUM,
  () => walk(),
);

Deno.test(
  "the quick start: works without JavaScript",
  NEEDS_CHROMIUM,
  () => walk({ browser: { javaScriptEnabled: false } }),
);

Deno.test(
  "the quick start: works in Ukrainian, at 360 px",
  NEEDS_CHROMIUM,
  () => walk({ browser: { locale: "uk-UA", viewport: { width: 360, height: 740 } } }),
);

Deno.test(
  "the quick start: works by keyboard alone, with cells that are pasted",
  NEEDS_CHROMIUM,
  () => walk({ createHand: createKeyboard, isPasted: true }),
);
