import assert from "node:assert/strict";
import { Hono } from "hono";
import { runSteps } from "../../../domain/steps/steps.ts";
import {
  answerLargeJson,
  stringifyInSteps,
  WHOLE_ANSWER_CHARACTERS,
} from "../../../routes/http/large_json.ts";
import { test } from "../../support/runner.ts";

const VALUES: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { a: 1, b: undefined, c: null, "d\n": "e\n", f: { g: [undefined, 2] } },
  { list: [] },
  { text: 'a"\n\ud800'.repeat(50_000), more: "a" },
  { text: "a" + "😀".repeat(100_000) },
  { list: Array.from({ length: 1_001 }, (_, at) => ({ at, text: `ä${at}` })), end: true },
];

for (const value of VALUES) {
  const text = JSON.stringify(value);
  test.inside(`stringifyInSteps: returns the text of JSON.stringify when the value is ${text.slice(0, 40)}`, () => {
    assert.equal(runSteps(stringifyInSteps(value)).join(""), text);
  });
}

async function answer(value: Readonly<Record<string, unknown>>): Promise<Response> {
  const app = new Hono().get("/", (c) => answerLargeJson(c, value));
  return await app.request("/");
}

/** An answer with a text of so many characters. */
const textOf = (characters: number) => ({ a: "a".repeat(characters - '{"a":""}'.length) });

test.inside("answerLargeJson: sends an answer whole up to its limit, and by chunks above it", async () => {
  for (const characters of [WHOLE_ANSWER_CHARACTERS, WHOLE_ANSWER_CHARACTERS + 1]) {
    const value = textOf(characters);
    const response = await answer(value);
    assert.equal(response.headers.get("content-type"), "application/json");
    let chunks = 0;
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      chunks++;
      text += decoder.decode(chunk, { stream: true });
    }
    assert.equal(chunks > 1, characters > WHOLE_ANSWER_CHARACTERS);
    assert.equal(text, JSON.stringify(value));
  }
});

for (const before of ["", "a"]) {
  test.inside(`answerLargeJson: cuts no character when the text is emoji after ${before.length} letters`, async () => {
    const value = { a: before + "😀".repeat(300_000) };
    assert.deepEqual(await (await answer(value)).json(), value);
  });
}
