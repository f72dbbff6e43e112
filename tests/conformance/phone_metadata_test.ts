/**
 * Which answers of the phone vectors change when the metadata of libphonenumber-js is replaced by a newer version's.
 * docs/dependencies.md says how to upgrade.
 */

import assert from "node:assert/strict";
import current from "npm:libphonenumber-js@1.13.5/max/metadata";
import newer from "npm:libphonenumber-js@1.13.16/max/metadata";
import { RECIPIENT_OPS } from "./ops_recipient.ts";
import { readVectors, sameJson } from "./run_vectors.ts";

type Metadata = typeof current;

interface ChangedAnswer {
  readonly input: unknown;
  readonly before: unknown;
  readonly after: unknown;
}

const VECTORS = readVectors(
  Deno.readTextFileSync(new URL("../vectors/phone.jsonl", import.meta.url)),
);

/** The answers that the newer metadata changes, in the order of the vectors. */
const RECORDED: readonly ChangedAnswer[] = [
  {
    input: { number: "+298201234", international: true },
    before: {
      valid: true,
      normalised: "298201234",
      human: "+298 201234",
      international: true,
      crown_dependency: false,
      country_prefix: "298",
    },
    after: {
      valid: true,
      normalised: "298201234",
      human: "+298 20 12 34",
      international: true,
      crown_dependency: false,
      country_prefix: "298",
    },
  },
];

function readAnswers(): readonly unknown[] {
  const { phone } = RECIPIENT_OPS;
  assert.ok(phone !== undefined);
  return VECTORS.map(({ input }) => phone(input));
}

/** Runs the vectors with other metadata. The library reads the one object that it exports, so its fields are replaced. */
function readAnswersWith(metadata: Metadata): readonly unknown[] {
  const original = { ...current };
  try {
    Object.assign(current, metadata);
    return readAnswers();
  } finally {
    Object.assign(current, original);
  }
}

function findChangedAnswers(metadata: Metadata): readonly ChangedAnswer[] {
  const before = readAnswers();
  const after = readAnswersWith(metadata);
  return VECTORS.map(({ input }, at) => ({ input, before: before[at], after: after[at] }))
    .filter((answer) => !sameJson(answer.before, answer.after));
}

Deno.test("phone vectors: only the recorded answers change when the metadata is the newer version's", () => {
  assert.deepEqual(findChangedAnswers(newer), RECORDED);
});

Deno.test("phone vectors: answers change when a country has another country's plan", () => {
  const { countries } = current;
  const { FR: french } = countries;
  assert.ok(french !== undefined);
  const changed = findChangedAnswers({ ...current, countries: { ...countries, GB: french } });
  assert.ok(changed.length > 0, "parsePhone does not read the metadata that was replaced");
  assert.deepEqual(findChangedAnswers(current), []);
});
