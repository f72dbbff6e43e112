/** Answers with JSON that may be large: it is written in slices, and sent by chunks as the client takes them. */
import type { Context } from "hono";
import { runInSlices, startTimeSlice, yieldToEventLoop } from "../../application/event_loop.ts";
import type { Steps } from "../../domain/steps/steps.ts";

/** Up to this length in UTF-16 units an answer is sent whole; a longer one is streamed. */
export const WHOLE_ANSWER_CHARACTERS = 262_144;
/** Characters that are written, and sent, together. */
const CHUNK_CHARACTERS = 65_536;
/** Items of a list that are written in a step. */
const ITEMS_PER_STEP = 500;

/**
 * Does `JSON.stringify` of an object in steps, between which the caller can yield to the event loop. A step is one
 * field, or 500 items of a field that is an array, or 65,536 characters of a field that is a string. `undefined` fields
 * are left out. The last step returns the text in pieces: to join pieces of several megabytes takes long.
 */
export function* stringifyInSteps(
  value: Readonly<Record<string, unknown>>,
): Steps<readonly string[]> {
  const pieces: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    if (field === undefined) continue;
    pieces.push(`${pieces.length === 0 ? "{" : ","}${JSON.stringify(name)}:`);
    yield* stringifyField(field, pieces);
    yield;
  }
  pieces.push(pieces.length === 0 ? "{}" : "}");
  return pieces;
}

function* stringifyField(field: unknown, pieces: string[]): Steps<void> {
  if (typeof field === "string") return yield* stringifyText(field, pieces);
  if (!Array.isArray(field)) return void pieces.push(JSON.stringify(field));
  pieces.push("[");
  for (let from = 0; from < field.length; from += ITEMS_PER_STEP) {
    const items = JSON.stringify(field.slice(from, from + ITEMS_PER_STEP)).slice(1, -1);
    pieces.push(from === 0 ? items : `,${items}`);
    yield;
  }
  pieces.push("]");
}

function* stringifyText(text: string, pieces: string[]): Steps<void> {
  pieces.push('"');
  for (let from = 0; from < text.length;) {
    const to = endOfChunk(text, from + CHUNK_CHARACTERS);
    pieces.push(JSON.stringify(text.slice(from, to)).slice(1, -1));
    from = to;
    yield;
  }
  pieces.push('"');
}

/**
 * Answers with an object as JSON. It is written in time slices, between which requests are served. An answer of more
 * than {@link WHOLE_ANSWER_CHARACTERS} is streamed in chunks, as fast as the client reads them.
 */
export async function answerLargeJson(
  c: Context,
  value: Readonly<Record<string, unknown>>,
  status: 200 | 202 = 200,
): Promise<Response> {
  const pieces = await runInSlices(stringifyInSteps(value), c.req.raw.signal);
  const headers = { "Content-Type": "application/json" };
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (length <= WHOLE_ANSWER_CHARACTERS) return c.body(pieces.join(""), status, headers);
  return c.body(toStream(chunksOf(pieces)), status, headers);
}

/** A stream of the chunks. It yields to the event loop between time slices, even for a client that reads at once. */
function toStream(chunks: Iterator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const isSliceOver = startTimeSlice();
  return new ReadableStream({
    async pull(controller) {
      if (isSliceOver()) await yieldToEventLoop();
      const next = chunks.next();
      if (next.done === true) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
  }, { highWaterMark: 0 });
}

/** The text of the pieces in chunks: small pieces together, large ones cut. */
function* chunksOf(pieces: readonly string[]): Generator<string, void> {
  let small = "";
  for (const piece of pieces) {
    small += piece;
    while (small.length >= CHUNK_CHARACTERS) {
      const end = endOfChunk(small, CHUNK_CHARACTERS);
      yield small.slice(0, end);
      small = small.slice(end);
    }
  }
  if (small !== "") yield small;
}

/** Keeps the two halves of a character together. */
function endOfChunk(text: string, to: number): number {
  const last = text.charCodeAt(to - 1);
  return last >= 0xd800 && last < 0xdc00 ? to + 1 : to;
}
