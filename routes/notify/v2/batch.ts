import type { Hono } from "hono";
import type { ItemResult } from "../../../application/sending/send_notification_batch.ts";
import type { Plan } from "../../../domain/sending/plan_notification.ts";
import { type AppEnv, rootOf, waitUntil } from "../../http/context.ts";
import { refusalOfDryRun } from "../../http/dry_run.ts";
import { noteRefusal } from "../../http/security_events.ts";
import { type NotifyRefusal, toNotifyAnswer } from "../errors.ts";
import { BATCH_PATH, readBatch } from "./batch_items.ts";
import type { V2Routes } from "./ports.ts";
import { presentAccepted } from "./present.ts";

/**
 * Adds `POST /v2/notifications/batch`, which sends up to 1,000 notifications of any templates and channels. Each is
 * accepted or refused by itself: the answer is 200 with a result for each, in order, that has its own `status_code`.
 * When the batch as a whole is refused, the answer is an error.
 */
export function addBatchRoutes(app: Hono<AppEnv>, routes: V2Routes): void {
  const { authenticated, clock, publicUrl, refuse, refuseBody, sendNotificationBatch } = routes;

  app.post(BATCH_PATH, authenticated, async (c) => {
    const dryRun = refusalOfDryRun(c);
    if (dryRun !== undefined) return refuse(c, dryRun);
    const items = await readBatch(c, clock.now());
    const bytes = c.var.requestLog.bodyBytes ?? 0;
    if (!items.ok) return await refuseBody(c, items.refusal, bytes);
    const root = rootOf(c, publicUrl);
    const results = await sendNotificationBatch(c.var.caller, {
      items: items.value,
      answers: { present: presentItem, root },
      waitUntil: waitUntil(c),
    });
    if (!results.ok) return await refuseBody(c, results.refusal, bytes);
    for (const result of results.value) if (!result.ok) noteRefusal(c, result.refusal);
    return c.json({
      notifications: results.value.map((result, index) => presentResult(index, result, root)),
    });
  });
}

/** The answer to a single send without its content: an answer does not repeat a thousand long letters. */
function presentItem(plan: Plan, root: string): string {
  const { content: _, ...rest } = presentAccepted(plan, root);
  return JSON.stringify(rest);
}

function presentResult(
  index: number,
  result: ItemResult<NotifyRefusal>,
  root: string,
): Readonly<Record<string, unknown>> {
  if (!result.ok) {
    const { status, errors } = toNotifyAnswer(result.refusal, root);
    return { index, status_code: status, errors };
  }
  const { answer, replayed } = result.value;
  return {
    index,
    status_code: 201,
    ...JSON.parse(answer),
    ...(replayed ? { replayed } : {}),
  };
}
