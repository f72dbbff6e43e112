/**
 * The JSON answer to `POST /api/notifications`: the accepted notifications, one for each recipient and channel, and the
 * refusals.
 */
import type { SentUserNotification } from "../../application/sending/send_user_notification.ts";
import type { NotificationId } from "../../domain/ids.ts";
import type { FanOutRefusal } from "../../domain/registry/fan_out.ts";
import type { UserNotification } from "../../domain/registry/user_notification.ts";
import { refusalMessage } from "../../domain/sending/refusal_messages.ts";
import { type RefusalOutcome, refusalStatus } from "../http/refusal_status.ts";
import { statusWhenNoneAccepted } from "./batch_status.ts";

/**
 * A notification of the message that was accepted, by this request or by an earlier one with the same idempotency key.
 */
export interface PresentedNotification {
  /** The recipient's index in the message's `recipients`, from 0. */
  readonly recipient: number;
  readonly recipientId: string | null;
  readonly channel: string;
  readonly id: NotificationId;
  /** `true` when an earlier request with the same idempotency key was accepted; absent otherwise. */
  readonly replayed?: true;
}

/** A channel of a recipient on which no notification is sent, and why. */
export interface PresentedRefusal {
  /** The recipient's index in the message's `recipients`, from 0. */
  readonly recipient: number;
  readonly recipientId: string | null;
  /** `null` when the recipient names no channel. */
  readonly channel: string | null;
  readonly code: string;
  readonly message: string;
}

/**
 * Returns the JSON of the answer to a message: the accepted notifications of its recipients and channels, and the
 * refused.
 *
 * @param root the URL of this deployment, ending in a slash; links in messages begin with it
 */
export function presentMessage(
  { recipients }: UserNotification,
  { fanOut, results }: SentUserNotification,
  root: string,
): {
  readonly notifications: readonly PresentedNotification[];
  readonly refused: readonly PresentedRefusal[];
} {
  const idOf = (recipient: number) => recipients[recipient]?.id ?? null;
  const notifications: PresentedNotification[] = [];
  const refused: PresentedRefusal[] = fanOut.refused.map(({ recipient, refusal }) => ({
    recipient,
    recipientId: idOf(recipient),
    ...presentFanOutRefusal(refusal),
  }));
  for (const [index, { recipient, channel }] of fanOut.items.entries()) {
    const result = results[index];
    if (result === undefined) continue;
    const recipientId = idOf(recipient);
    if (result.ok) {
      const { id, replayed } = result.value;
      notifications.push({
        recipient,
        recipientId,
        channel,
        id,
        ...(replayed ? { replayed } : {}),
      });
    } else {
      const message = refusalMessage(result.refusal, root);
      refused.push({ recipient, recipientId, channel, code: result.refusal.kind, message });
    }
  }
  return { notifications, refused };
}

/**
 * Returns the HTTP status, and the wait before a retry, of the answer to a message when none of its notifications was
 * accepted. The kinds of its refusals determine them.
 */
export function statusOfRefused({ results }: SentUserNotification): RefusalOutcome {
  return statusWhenNoneAccepted(
    results.flatMap((result) => result.ok ? [] : [refusalStatus(result.refusal)]),
  );
}

function presentFanOutRefusal(
  refusal: FanOutRefusal,
): Pick<PresentedRefusal, "channel" | "code" | "message"> {
  const code = refusal.kind;
  switch (refusal.kind) {
    case "unknown-channel": {
      const channel = refusal.channel.slice(0, 50);
      return { channel, code, message: "The channel must be inbox, email, diia or sms" };
    }
    case "no-address":
      return { channel: refusal.channel, code, message: "No address of the channel is known" };
    case "no-channel":
      return { channel: null, code, message: "The recipient names no channel" };
    case "no-recipient-id":
      return { channel: "inbox", code, message: "The recipient has no id" };
    case "channel-repeated":
      return { channel: refusal.channel, code, message: "The channel is named twice" };
  }
}
