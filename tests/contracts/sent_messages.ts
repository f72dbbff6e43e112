/** Messages that a provider has taken, for the contracts of what follows. */
import type { NotificationRef } from "../../domain/ids.ts";
import {
  accepted,
  type AcceptPlan,
  type Bench,
  claimOne,
  receipt,
  type Sender,
  startAndAccept,
} from "./isolate.ts";

/** Accepts a notification and hands it to a provider, which knows it by `messageId`. */
export async function sent(
  bench: Bench,
  sender: Sender,
  messageId: string,
  plan: AcceptPlan = {},
): Promise<NotificationRef> {
  const ref = await accepted(bench, sender, plan);
  await startAndAccept(bench, await claimOne(bench), messageId);
  return ref;
}

/** Like {@link sent}, and receives the receipt that says that the message was delivered. */
export async function delivered(
  bench: Bench,
  sender: Sender,
  messageId: string,
  plan: AcceptPlan = {},
): Promise<NotificationRef> {
  const ref = await sent(bench, sender, messageId, plan);
  await bench.receipts.receive([receipt(messageId, "delivered")], bench.time.now);
  return ref;
}
