/** Waits until a server has done what is due. */
import { waitFor } from "../support/process.ts";
import type { HostedServer } from "./hosted.ts";

/** The longest wait for the work that is due: thousands of messages take minutes on a busy machine. */
const SETTLED_WITHIN = { timeoutMs: 300_000 } as const;
/** The longest wait for the work after an answer, in milliseconds: the platform ends it after 30 seconds. */
const MAX_TAIL_MS = 30_000;
/** The longest wait for the sandbox's receipts, in milliseconds. A test may want a message without a receipt. */
const MAX_RECEIPT_MS = 3_000;

/** Counts rows that are due or leased: the `due_at` of a leased row is the end of its lease. */
const COUNT_DUE = `SELECT
  (SELECT count(*) FROM outbox WHERE lease_token IS NOT NULL OR due_at <= ?1) +
  (SELECT count(*) FROM jobs WHERE lease_token IS NOT NULL OR due_at <= ?1) AS n`;

/** Counts messages that the sandbox accepted and whose receipt is not written yet: it is, soon after the answer. */
const COUNT_WITHOUT_RECEIPT =
  "SELECT count(*) AS n FROM notifications WHERE provider = 'sandbox' AND status = 'sending'";

/** Counts callbacks that are leased, or have something to send. */
const COUNT_DUE_CALLBACKS = `SELECT count(*) AS n FROM callbacks AS c
  WHERE c.lease_token IS NOT NULL OR c.disabled_at IS NULL AND c.paused_until <= ?1 AND (
    c.kind <> 'inbound' AND (c.replay_next IS NOT NULL OR c.position <
      (SELECT max(sequence) FROM service_events AS e WHERE e.service_id = c.service_id))
    OR EXISTS (SELECT 1 FROM callback_deliveries AS w WHERE w.service_id = c.service_id
      AND w.kind = c.kind AND w.state = 'waiting' AND w.due_at <= ?1))`;

/**
 * Waits until the work after answers has ended, no message and no job is due, and the sandbox's receipts are written.
 *
 * @param now returns the server's time, epoch milliseconds
 * @throws when messages or jobs are still due after {@link SETTLED_WITHIN}; the other waits only end
 */
export async function settle(server: HostedServer, now: () => number): Promise<void> {
  const untilZero = (what: string, timeoutMs: number, read: () => Promise<number>) =>
    waitFor(what, async () => await read() === 0, { timeoutMs }).catch(() => {});
  await untilZero("the end of the work after answers", MAX_TAIL_MS, () => server.tails());
  await waitFor("nothing to be due", async () => {
    await server.runDue();
    return await server.queued() === 0 && await count(server, COUNT_DUE, [now()]) === 0;
  }, SETTLED_WITHIN);
  const countUnfinished = () => count(server, COUNT_WITHOUT_RECEIPT, []);
  await untilZero("the sandbox's receipts", MAX_RECEIPT_MS, countUnfinished);
}

/**
 * Waits until the callbacks that are due have been sent.
 *
 * @param now returns the server's time, epoch milliseconds
 */
export async function settleCallbacks(server: HostedServer, now: () => number): Promise<void> {
  await waitFor("no callback to be due", async () => {
    await server.runDue();
    return await count(server, COUNT_DUE_CALLBACKS, [now()]) === 0;
  });
}

async function count({ db }: HostedServer, sql: string, args: number[]): Promise<number> {
  const [found] = await db.read([{ sql, args }]);
  return Number(found?.rows[0]?.n);
}
