import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { createStreamParser, MAX_STREAM_LINE } from "../../../routes/inbox_element/event_stream.js";
import { test } from "../../support/runner.ts";

const parse = (...chunks: readonly string[]) => {
  const parser = createStreamParser();
  return chunks.flatMap((chunk) => parser(chunk));
};

const event = (fields: Record<string, unknown>) => ({
  type: "message",
  data: "",
  id: undefined,
  retryMs: undefined,
  ...fields,
});

/** Streams and their events, as the HTML standard has it (9.2.6). */
const CASES = [
  ["event: ack\ndata: {}\nid: 7\n\n", [event({ type: "ack", data: "{}", id: "7" })]],
  ["data: a\ndata:b\ndata\n\n", [event({ data: "a\nb\n" })]],
  ["data:  a\n\n", [event({ data: " a" })]],
  [": heartbeat\n\n:\n\n", []],
  ["\uFEFFdata: a\r\n\r\ndata: b\r\rdata: c\n\n", ["a", "b", "c"].map((data) => event({ data }))],
  ["event: ack\n\ndata: a\n\n", [event({ data: "a" })]],
  ["id: 8\n\n", [event({ type: "", id: "8" })]],
  ["id\ndata: a\n\n", [event({ data: "a", id: "" })]],
  ["id: a\0b\ndata: a\n\n", [event({ data: "a" })]],
  ["id: й\ndata: a\n\n", [event({ data: "a" })]],
  ["retry: 3000\n\nretry: x\n\n", [event({ type: "", retryMs: 3000 })]],
  ["data: never finished\n", []],
  ["other: x\nda ta: x\n\n", []],
] as const;

test.inside("createStreamParser: returns the events of the standard", () => {
  for (const [text, events] of CASES) assert.deepEqual(parse(text), events, JSON.stringify(text));
});

test.inside("createStreamParser: accepts chunks of any size", () => {
  const text = CASES.map(([stream]) => stream.replace("\uFEFF", "")).join("\n\n");
  const whole = parse(text);
  const cuts = fc.array(fc.nat({ max: text.length }), { maxLength: 20 });
  fc.assert(fc.property(cuts, (places) => {
    const ends = [...places.toSorted((a, b) => a - b), text.length];
    const chunks = ends.map((end, at) => text.slice(ends[at - 1] ?? 0, end));
    assert.deepEqual(parse(...chunks), whole);
  }));
});

test.inside("createStreamParser: throws for a line above the maximum length", () => {
  const parser = createStreamParser();
  assert.deepEqual(parser("x".repeat(MAX_STREAM_LINE)), []);
  assert.throws(() => parser("x"), RangeError);
});
