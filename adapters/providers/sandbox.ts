import type { Mailbox, MailboxEntry } from "../../domain/mailbox.ts";
import type { OutgoingEmail, OutgoingSms, Provider } from "../../domain/provider.ts";
import { simulatedOutcome } from "../../domain/recipient/simulated.ts";
import type { Channel } from "../../domain/service.ts";
import { toMailbox } from "./email_fields.ts";

/** What a sandbox is given. */
export interface SandboxDependencies {
  /** Where to keep what was sent, for people to look at. */
  readonly mailbox?: Mailbox;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly newId: () => string;
}

/**
 * Makes a provider that sends nothing: it accepts every message and reports on it at once, as the recipient's
 * {@link simulatedOutcome} has it.
 */
export function createSandbox(
  channel: Channel,
  { mailbox, now, newId }: SandboxDependencies,
): Provider {
  const name = "sandbox";
  return {
    name,
    channel,
    send(message) {
      if (message.channel === "diia" || message.channel !== channel) {
        return Promise.reject(new TypeError(`this sandbox takes ${channel} only`));
      }
      const id = newId();
      const at = now();
      mailbox?.add(toEntry(message, id, at));
      const kind = simulatedOutcome(channel, message.to);
      return Promise.resolve({
        kind: "accepted",
        providerMessageId: id,
        receipts: [{
          provider: name,
          providerMessageId: id,
          ref: message.ref,
          kind,
          code: undefined,
          at,
          dedupeKey: `${id}:${kind}`,
        }],
      });
    },
  };
}

function toEntry(message: OutgoingSms | OutgoingEmail, id: string, at: number): MailboxEntry {
  const { channel, to, text, ref } = message;
  const common = {
    id,
    channel,
    to,
    text,
    notification_id: ref.notificationId,
    sent_at: new Date(at).toISOString(),
  };
  if (message.channel === "sms") {
    return { ...common, from: message.from ?? null, subject: null, html: null, headers: {} };
  }
  return {
    ...common,
    from: toMailbox(message.from),
    subject: message.subject,
    html: message.html,
    headers: {
      ...(message.replyTo === undefined ? {} : { "Reply-To": message.replyTo }),
      ...message.headers,
    },
  };
}
