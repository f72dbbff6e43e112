/** Lines for an output that may be slow: written in batches, bounded in memory. */

/** How long lines gather before they are written, in milliseconds. A process that is killed loses no older ones. */
const BATCH_MS = 10;

/** Max characters of lines that wait, the line feeds included. As many may be in the write under way. */
export const MAX_WAITING_CHARACTERS = 1_000_000;

/** A write that takes longer is taken to wait for a reader, in milliseconds. */
const STALLED_MS = 100;

const ENCODER = new TextEncoder();

/** The options of {@link createLineBuffer}. */
export interface LineBufferOptions {
  /** Writes some of the bytes, at least one, and returns how many. It is not called again before it has resolved. */
  readonly write: (bytes: Uint8Array) => Promise<number>;
  /** Returns the line that is written in place of `count` lines that were dropped. */
  readonly toDroppedLine: (count: number) => string;
  /** Schedules `callback` to run once and write the lines that have gathered; by default after {@link BATCH_MS}. */
  readonly later?: (callback: () => void) => void;
  /** Blocks this thread for `ms` milliseconds. */
  readonly sleep?: (ms: number) => void;
}

/** Lines on their way to an output, in order. */
export interface LineBuffer {
  /**
   * Adds a line, without its line feed. When the buffer is full ({@link MAX_WAITING_CHARACTERS}), this line and all
   * later ones until the next write are dropped.
   */
  add(line: string): void;
  /** Resolves when all lines so far are written or have failed. */
  flush(): Promise<void>;
  /**
   * At the end of the process: gives a write under way 100 ms to end, and writes the rest, unless the write has
   * stalled.
   */
  finish(writeSync: (bytes: Uint8Array) => number): void;
}

/** Creates an empty buffer. A write that fails drops its lines: the output is closed, which is no reason to stop. */
export function createLineBuffer(
  {
    write,
    toDroppedLine,
    later = (callback) => void setTimeout(callback, BATCH_MS),
    sleep = block,
  }: LineBufferOptions,
): LineBuffer {
  let lines: string[] = [];
  let characters = 0;
  /** Lines of writes that failed: they came before those that wait. */
  let failed = 0;
  /** Lines after those that wait. */
  let omitted = 0;
  let isScheduled = false;
  let writing: { readonly done: Promise<void>; readonly since: number } | undefined;

  const isEmpty = () => lines.length + failed + omitted === 0;

  function take(): { readonly bytes: Uint8Array; readonly count: number } {
    const count = lines.length + failed + omitted;
    const text = [
      ...(failed > 0 ? [toDroppedLine(failed)] : []),
      ...lines,
      ...(omitted > 0 ? [toDroppedLine(omitted)] : []),
    ].map((line) => `${line}\n`).join("");
    lines = [];
    characters = failed = omitted = 0;
    return { bytes: ENCODER.encode(text), count };
  }

  async function writeBatch(): Promise<void> {
    const { bytes, count } = take();
    try {
      for (let at = 0; at < bytes.length;) at += await write(bytes.subarray(at));
    } catch {
      failed += count;
    }
    writing = undefined;
    // Not for the failed lines alone, which would be tried without end.
    if (lines.length > 0) schedule();
  }

  function start(): Promise<void> {
    writing ??= { done: Promise.resolve().then(writeBatch), since: performance.now() };
    return writing.done;
  }

  function schedule(): void {
    if (isScheduled || writing !== undefined) return;
    isScheduled = true;
    later(() => {
      isScheduled = false;
      if (!isEmpty()) void start();
    });
  }

  return {
    add(line) {
      // After one all are omitted until the next write, so that the gap is in one place.
      if (omitted > 0 || characters + line.length + 1 > MAX_WAITING_CHARACTERS) {
        omitted++;
      } else {
        lines.push(line);
        characters += line.length + 1;
      }
      schedule();
    },
    async flush() {
      await writing?.done;
      if (!isEmpty()) await start();
    },
    finish(writeSync) {
      if (writing !== undefined) {
        if (performance.now() - writing.since > STALLED_MS) return;
        // The thread that writes would end with the process, and its promise cannot settle here.
        sleep(STALLED_MS);
      }
      const { bytes } = take();
      try {
        for (let at = 0; at < bytes.length;) at += writeSync(bytes.subarray(at));
      } catch {
        // The output is closed.
      }
    },
  };
}

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
