/** Each code that a provider's tables have, and each of Hark's own, stands for a reason of `domain/delivery/reasons.ts`. */
import assert from "node:assert/strict";
import { bounceKind, isUnlistedBounce } from "../../../adapters/providers/postmark/bounces.ts";
import { outcomeOfReply } from "../../../adapters/providers/smtp/codes.ts";
import { RECEIPTS } from "../../../adapters/providers/diia/results.ts";
import * as twilio from "../../../adapters/providers/twilio/codes.ts";
import * as vonage from "../../../adapters/providers/vonage/codes.ts";
import { CANNOT_DECRYPT } from "../../../domain/delivery/attempt_result.ts";
import {
  FAILURE_REASONS,
  parseReason,
  reasonOfCount,
  REASONS,
} from "../../../domain/delivery/reasons.ts";
import { keptFailure } from "../../../domain/notification/deleted_message.ts";
import { OUTCOME_UNKNOWN } from "../../../domain/delivery/unknown_outcome.ts";

/** Codes are numbers of at most five digits. */
const NUMBERS = Array.from({ length: 100_000 }, (_, code) => String(code));

/** The keys of the tables in a module's text: numbers and words. */
async function wordsIn(path: string): Promise<readonly string[]> {
  const text = await Deno.readTextFile(new URL(`../../../${path}`, import.meta.url));
  return [...text.matchAll(/^ {2}"?([A-Za-z][\w-]*|\d+)"?: /gm)].map(([, word = ""]) => word);
}

/** The short codes that the modules of a folder give: `code: "…"` and the like. */
async function codesIn(folder: string): Promise<readonly string[]> {
  const codes: string[] = [];
  const url = new URL(`../../../${folder}/`, import.meta.url);
  for await (const { name, isFile, isDirectory } of Deno.readDir(url)) {
    if (isDirectory) codes.push(...await codesIn(`${folder}/${name}`));
    if (!isFile || !name.endsWith(".ts")) continue;
    const text = await Deno.readTextFile(new URL(name, url));
    const found = text.matchAll(/(?:\bcode: |unknownOutcome\(|badField\(\w+, )"([a-z-]+)"/g);
    codes.push(...Array.from(found, ([, code = ""]) => code));
  }
  return codes;
}

function assertListed(provider: string | undefined, codes: Iterable<string>): void {
  for (const code of codes) {
    const counted = provider === undefined ? code : `${provider}:${code}`;
    assert.notEqual(reasonOfCount(counted), "other", counted);
    // It is kept with the timeline of a deleted message.
    assert.equal(keptFailure(counted), counted);
  }
}

/** The code of a search that found the message, which is not a failure. */
const NO_FAILURES: ReadonlySet<string> = new Set(["found"]);

Deno.test("reasonOfCount: every code of Twilio's and Vonage's tables has a reason", async () => {
  for (
    const [provider, { outcomeOfCode, kindOfDeliveryCode }] of Object.entries({ twilio, vonage })
  ) {
    const path = `adapters/providers/${provider}/codes.ts`;
    const codes = [...NUMBERS, ...await wordsIn(path)].filter((code) =>
      outcomeOfCode(code, true) !== undefined || kindOfDeliveryCode(code) !== undefined
    );
    assert.ok(codes.length > 60, provider);
    assertListed(provider, codes);
  }
});

Deno.test("reasonOfCount: every code and bounce of Postmark's tables that ends a message has a reason", async () => {
  const types = (await wordsIn("adapters/providers/postmark/bounces.ts"))
    .filter((type) => !isUnlistedBounce(type) && bounceKind(type, false) !== undefined);
  assert.ok(types.length > 12);
  assertListed("postmark", types);
  const codes = (await wordsIn("adapters/providers/postmark/answers.ts"))
    .filter((word) => /^\d+$/.test(word));
  assert.ok(codes.length > 8);
  assertListed("postmark", [...codes, "300"]);
});

Deno.test("reasonOfCount: every reply of an SMTP server that refuses has a reason", () => {
  for (let code = 400; code < 560; code++) {
    for (const enhanced of [undefined, "4.2.2", "4.7.1", "5.1.1", "5.1.8", "5.2.3", "5.7.1"]) {
      for (const stage of ["connect", "auth", "mail", "rcpt", "data", "content"] as const) {
        const outcome = outcomeOfReply(stage, { code, enhanced, text: "" });
        if (outcome === undefined || outcome.kind === "accepted") continue;
        assertListed("smtp", [outcome.code]);
      }
    }
  }
});

Deno.test("reasonOfCount: every result of Diia and every code of Hark's own has a reason", async () => {
  assertListed(
    "diia",
    Object.entries(RECEIPTS).filter(([, kind]) => kind !== "delivered").map(([code]) => code),
  );
  const own = [
    ...await codesIn("adapters/providers"),
    ...await codesIn("application/delivery"),
    ...["no-receipt", "too-late", "provider-unavailable", OUTCOME_UNKNOWN, CANNOT_DECRYPT],
    ...NUMBERS.slice(400, 600).map((status) => `http-${status}`),
    ...["token-timeout", "token-http-401"],
  ].filter((code) => !NO_FAILURES.has(code));
  assert.ok(own.length > 220);
  assertListed(undefined, own);
});

Deno.test("reasonOfCount: reads the provider and the code of a count; an unknown one is another reason", () => {
  assert.equal(reasonOfCount("twilio:30005"), "wrong-recipient");
  assert.equal(reasonOfCount("smtp:550-5.1.1"), "wrong-recipient");
  assert.equal(reasonOfCount("no-receipt"), "no-report");
  assert.equal(reasonOfCount("twilio:99999"), "other");
  assert.equal(reasonOfCount("other"), "other");
});

Deno.test("parseReason: reads every reason and nothing else", () => {
  assert.deepEqual(REASONS.map(parseReason), Object.keys(FAILURE_REASONS));
  assert.equal(parseReason("constructor"), undefined);
  assert.equal(parseReason(undefined), undefined);
});
