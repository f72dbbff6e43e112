/** Answers with JSON that may be large: it is written in slices, and sent by chunks as the client takes them. */
import type { Context } from "hono";
import { runInSlices } from "../../application/event_loop.ts";
import type { Steps } from "../../domain/steps/steps.ts";

/** Characters of an answer up to which it is sent whole. */
export const WHOLE_ANSWER_CHARACTERS = 262_144;
/** Characters that are sent together. */
const CHUNK_CHARACTERS = 65_536;
/** Items of a list that are written in a step. */
const ITEMS_PER_STEP = 500;

/** `JSON.stringify` of an object, in steps: each field, and of a list each run of items. */
export function* stringifyInSteps(value: Readonly<Record<string, unknown>>): Steps<string> {
  const fields: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    if (field === undefined) continue;
    fields.push(`${JSON.stringify(name)}:${yield* stringifyField(field)}`);
    yield;
  }
  return `{${fields.join(",")}}`;
}

function* stringifyField(field: unknown): Steps<string> {
  if (!Array.isArray(field)) return JSON.stringify(field);
  const runs: string[] = [];
  for (let from = 0; from < field.length; from += ITEMS_PER_STEP) {
    runs.push(JSON.stringify(field.slice(from, from + ITEMS_PER_STEP)).slice(1, -1));
    yield;
  }
  return `[${runs.join(",")}]`;
}

/** Answers with an object as JSON. */
export async function answerLargeJson(
  c: Context,
  value: Readonly<Record<string, unknown>>,
  status: 200 | 202 = 200,
): Promise<Response> {
  const text = await runInSlices(stringifyInSteps(value), c.req.raw.signal);
  const headers = { "Content-Type": "application/json" };
  if (text.length <= WHOLE_ANSWER_CHARACTERS) return c.body(text, status, headers);
  return c.body(toChunks(text), status, headers);
}

function toChunks(text: string): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let from = 0;
  return new ReadableStream({
    pull(controller) {
      const to = endOfChunk(text, from + CHUNK_CHARACTERS);
      controller.enqueue(encoder.encode(text.slice(from, to)));
      from = to;
      if (from >= text.length) controller.close();
    },
  }, { highWaterMark: 0 });
}

/** Keeps the two halves of a character together. */
function endOfChunk(text: string, to: number): number {
  const last = text.charCodeAt(to - 1);
  return last >= 0xd800 && last < 0xdc00 ? to + 1 : to;
}
