import assert from "node:assert/strict";
import {
  createLineBuffer,
  type LineBuffer,
  MAX_WAITING_CHARACTERS,
} from "../../../runtime/process/line_buffer.ts";

/** An output whose writes the test completes, and whose timer the test runs. */
interface Scene {
  readonly buffer: LineBuffer;
  /** How long {@link LineBuffer.finish} has waited, in milliseconds. */
  readonly slept: readonly number[];
  /** The lines written so far. */
  readonly written: () => readonly string[];
  /** Runs the timer, if it was started. */
  readonly tick: () => Promise<void>;
  /** Ends the write under way: it takes so many bytes, all by default, or fails. */
  readonly complete: (end?: { readonly bytes?: number; readonly fails?: boolean }) => Promise<void>;
  readonly isWriting: () => boolean;
}

function setScene(): Scene {
  let text = "";
  let timer: (() => void) | undefined;
  let write: { bytes: Uint8Array; result: PromiseWithResolvers<number> } | undefined;
  const slept: number[] = [];
  const buffer = createLineBuffer({
    sleep: (ms) => void slept.push(ms),
    write(bytes) {
      assert.equal(write, undefined, "one write at a time");
      write = { bytes, result: Promise.withResolvers() };
      return write.result.promise;
    },
    toDroppedLine: (count) => `dropped ${count}`,
    later: (callback) => timer = callback,
  });
  const settle = () => new Promise<void>((resolve) => setTimeout(resolve));
  return {
    buffer,
    slept,
    written: () => text.split("\n").slice(0, -1),
    isWriting: () => write !== undefined,
    async tick() {
      const callback = timer;
      timer = undefined;
      callback?.();
      await settle();
    },
    async complete({ bytes, fails = false } = {}) {
      const { bytes: all, result } = write ?? assert.fail("no write is under way");
      write = undefined;
      const taken = all.subarray(0, bytes);
      if (fails) result.reject(new Deno.errors.BrokenPipe());
      else {
        text += new TextDecoder().decode(taken);
        result.resolve(taken.length);
      }
      await settle();
    },
  };
}

Deno.test("createLineBuffer: writes lines that came together at once and in order", async () => {
  const { buffer, tick, complete, written, isWriting } = setScene();
  buffer.add("first");
  buffer.add("second");
  assert.equal(isWriting(), false);
  await tick();
  buffer.add("third");
  await complete();
  assert.deepEqual(written(), ["first", "second"]);
  await tick();
  await complete();
  assert.deepEqual(written(), ["first", "second", "third"]);
  await tick();
  assert.equal(isWriting(), false);
});

Deno.test("createLineBuffer: writes the rest when a write took a part", async () => {
  const { buffer, tick, complete, written } = setScene();
  buffer.add("abcdef");
  await tick();
  await complete({ bytes: 3 });
  await complete();
  assert.deepEqual(written(), ["abcdef"]);
});

Deno.test("createLineBuffer: keeps MAX_WAITING_CHARACTERS and counts the lines beyond it", async () => {
  const { buffer, tick, complete, written } = setScene();
  buffer.add("under way");
  await tick();
  const long = "x".repeat(MAX_WAITING_CHARACTERS / 2 - 1);
  buffer.add(long);
  buffer.add(long);
  buffer.add("");
  buffer.add("short");
  await complete();
  await tick();
  buffer.add("after");
  await complete();
  assert.deepEqual(written(), ["under way", long, long, "dropped 2"]);
  await tick();
  await complete();
  assert.equal(written().at(-1), "after");
});

Deno.test("createLineBuffer: drops a line that is longer than the buffer", async () => {
  const { buffer, tick, complete, written } = setScene();
  buffer.add("x".repeat(MAX_WAITING_CHARACTERS));
  await tick();
  await complete();
  buffer.add("y".repeat(MAX_WAITING_CHARACTERS - 1));
  await tick();
  await complete();
  assert.deepEqual(written().map((line) => line.slice(0, 9)), ["dropped 1", "yyyyyyyyy"]);
});

Deno.test("createLineBuffer: counts the lines of a failed write and tries again with the next line only", async () => {
  const { buffer, tick, complete, written, isWriting } = setScene();
  buffer.add("lost");
  buffer.add("lost too");
  await tick();
  await complete({ fails: true });
  await tick();
  assert.equal(isWriting(), false);
  buffer.add("third");
  buffer.add("fourth");
  await tick();
  await complete();
  assert.deepEqual(written(), ["dropped 2", "third", "fourth"]);
});

Deno.test("createLineBuffer: flush resolves when the write under way and the lines after it are written", async () => {
  const { buffer, tick, complete, written } = setScene();
  await buffer.flush();
  buffer.add("first");
  await tick();
  buffer.add("second");
  let isFlushed = false;
  const flushed = buffer.flush().then(() => isFlushed = true);
  await complete();
  assert.equal(isFlushed, false);
  await complete();
  await flushed;
  assert.deepEqual(written(), ["first", "second"]);
});

Deno.test("createLineBuffer: finish writes what waits, in parts, and survives a closed output", () => {
  const { buffer } = setScene();
  buffer.add("first");
  buffer.add("second");
  let text = "";
  buffer.finish((bytes) => {
    text += new TextDecoder().decode(bytes.subarray(0, 4));
    return Math.min(bytes.length, 4);
  });
  assert.equal(text, "first\nsecond\n");
  buffer.add("third");
  buffer.finish(() => {
    throw new Deno.errors.BrokenPipe();
  });
});

Deno.test("createLineBuffer: finish waits for a write under way before it writes the rest", async () => {
  const { buffer, tick, slept, complete } = setScene();
  buffer.add("under way");
  await tick();
  buffer.add("rest");
  let text = "";
  buffer.finish((bytes) => {
    text += new TextDecoder().decode(bytes);
    return bytes.length;
  });
  assert.deepEqual(slept, [100]);
  assert.equal(text, "rest\n");
  await complete();
});

Deno.test("createLineBuffer: finish writes nothing when a write has stalled", async () => {
  const { buffer, tick, slept, complete } = setScene();
  buffer.add("under way");
  await tick();
  buffer.add("rest");
  await new Promise((resolve) => setTimeout(resolve, 150));
  buffer.finish(() => assert.fail("it would block"));
  assert.deepEqual(slept, []);
  await complete();
});
