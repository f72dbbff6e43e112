/** The clock of development, which can be moved ahead; the folder `.data` keeps how far. */
import * as z from "zod/mini";
import { parseJson } from "../../domain/json/parse_json.ts";
import type { MovableClock } from "../../domain/ports/movable_clock.ts";
import { MAX_AHEAD_MS } from "../../domain/time/clock_advance.ts";
import { ConfigError } from "../config.ts";
import { DEVELOPMENT_FOLDER } from "./folder.ts";

const FILE = `${DEVELOPMENT_FOLDER}/clock.json`;

const Stored = z.strictObject({ ahead_ms: z.int().check(z.gte(0), z.lte(MAX_AHEAD_MS)) });

/**
 * Opens the clock, as far ahead as it was when the last process of this folder ended: its messages have times of that
 * clock.
 *
 * @throws ConfigError when the file in `.data` does not say how far
 */
export async function openMovableClock(): Promise<MovableClock> {
  let aheadMs = await readAhead();
  let writing: Promise<unknown> = Promise.resolve();

  async function move(ms: number): Promise<boolean> {
    const next = aheadMs + ms;
    if (next > MAX_AHEAD_MS) return false;
    await Deno.writeTextFile(FILE, JSON.stringify({ ahead_ms: next }), { mode: 0o600 });
    aheadMs = next;
    return true;
  }

  return {
    aheadMs: () => aheadMs,
    advance(ms) {
      // One at a time: each adds to the time that the one before it stored.
      const moved = writing.then(() => move(ms));
      writing = moved.catch(() => {});
      return moved;
    },
  };
}

async function readAhead(): Promise<number> {
  let text: string;
  try {
    text = await Deno.readTextFile(FILE);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
  const stored = Stored.safeParse(parseJson(text));
  if (!stored.success) {
    throw new ConfigError(
      `${FILE} does not say how far development's clock is ahead: delete it with the database`,
    );
  }
  return stored.data.ahead_ms;
}
