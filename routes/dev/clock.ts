/** `/dev/clock`: shows and moves the clock of a process in development. */
import type { Context, Hono } from "hono";
import * as z from "zod/mini";
import type { Clock } from "../../domain/ports/clock.ts";
import type { MovableClock } from "../../domain/ports/movable_clock.ts";
import { MAX_ADVANCE_S, MAX_AHEAD_MS } from "../../domain/time/clock_advance.ts";
import { DAY_MS, SECOND_MS } from "../../domain/time/durations.ts";
import { readBody } from "../http/body.ts";
import type { AppEnv } from "../http/context.ts";

/** Dependencies of {@link addClockRoutes}. */
export interface ClockPorts {
  readonly clock: Pick<Clock, "now">;
  /** Moves `clock`; `undefined` when the database is a server, whose clock Hark follows. */
  readonly movableClock?: MovableClock | undefined;
}

/** The largest body of `POST /dev/clock`, in bytes. */
export const MAX_CLOCK_BODY_BYTES = 1_024;

const SECONDS = `advance_seconds must be a whole number from 1 to ${MAX_ADVANCE_S}`;

const Advance = z.strictObject({
  advance_seconds: z.int(SECONDS).check(z.gte(1, SECONDS), z.lte(MAX_ADVANCE_S, SECONDS)),
});

/** This machine's own addresses, as the other end of a connection has them. */
const LOOPBACK = /^(?:(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/;

/**
 * Adds `GET /dev/clock`, which answers `{now, ahead_seconds}`, and `POST /dev/clock {advance_seconds}`, which moves the
 * clock and answers the same. It takes JSON from this machine only, so that neither another machine nor a web page can
 * move the clock. A refusal is `{error}` and changes nothing.
 */
export function addClockRoutes(app: Hono<AppEnv>, { clock, movableClock }: ClockPorts): void {
  const present = (c: Context) => {
    c.header("Cache-Control", "no-store");
    return c.json({
      now: new Date(clock.now()).toISOString(),
      ahead_seconds: (movableClock?.aheadMs() ?? 0) / SECOND_MS,
    });
  };

  app.get("/dev/clock", present);

  app.post("/dev/clock", async (c) => {
    if (!isFromThisMachine(c.env)) {
      return c.json({ error: "The clock is moved from this machine only" }, 403);
    }
    if (movableClock === undefined) {
      return c.json({
        error: "The clock cannot be moved: Hark follows the clock of the database server. " +
          "Start it with a database file",
      }, 409);
    }
    if (!/^application\/json\s*(?:;|$)/i.test(c.req.header("Content-Type") ?? "")) {
      return c.json({ error: "Content-Type must be application/json" }, 415);
    }
    const body = await readBody(c, MAX_CLOCK_BODY_BYTES);
    if (!body.ok) {
      return c.json(
        { error: `The body must be JSON of ${MAX_CLOCK_BODY_BYTES} bytes at most` },
        413,
      );
    }
    const parsed = Advance.safeParse(body.value.json);
    if (!parsed.success) return c.json({ error: messageOf(parsed.error) }, 400);
    const isMoved = await movableClock.advance(parsed.data.advance_seconds * SECOND_MS);
    return isMoved ? present(c) : c.json({
      error: `The clock can be ${MAX_AHEAD_MS / DAY_MS} days ahead at most. Stop Hark and delete ` +
        "the folder .data to begin again",
    }, 400);
  });
}

function isFromThisMachine(bindings: unknown): boolean {
  return typeof bindings === "object" && bindings !== null && "remoteAddress" in bindings &&
    LOOPBACK.test(String(bindings.remoteAddress));
}

function messageOf({ issues }: z.core.$ZodError): string {
  const [issue] = issues;
  if (issue?.code === "unrecognized_keys") {
    return `The body has the unknown field ${issue.keys[0]}: it takes advance_seconds only`;
  }
  return issue?.path.length === 1 ? issue.message : 'The body must be {"advance_seconds": …}';
}
