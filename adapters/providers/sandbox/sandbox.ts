import type { DiiaTemplates } from "../../../domain/ports/diia_templates.ts";
import { ok } from "../../../domain/result.ts";
import type { Mailbox, MailboxEntry } from "../../../domain/ports/mailbox.ts";
import type { OutgoingMessage } from "../../../domain/delivery/outgoing_message.ts";
import type { Provider } from "../../../domain/ports/provider.ts";
import { simulatedOutcome } from "../../../domain/recipient/simulated.ts";
import { type Channel, CHANNELS } from "../../../domain/service/service.ts";
import { inboxText } from "../../../domain/template/inbox_text.ts";
import { toMailbox } from "../shared/email_fields.ts";
import { createSandboxInbound } from "./inbound.ts";
import { defineProvider } from "../shared/provider_definition.ts";

/** The dependencies of {@link createSandbox}. */
export interface SandboxDependencies {
  /** Keeps the messages for developers to look at; without it they are discarded. */
  readonly mailbox?: Mailbox;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly newId: () => string;
}

function toEntry(message: OutgoingMessage, id: string, at: number): MailboxEntry {
  const { channel, to, ref } = message;
  const common = {
    id,
    channel,
    to,
    notification_id: ref.notificationId,
    sent_at: new Date(at).toISOString(),
  };
  if (message.channel === "sms") {
    const { text, sender } = message;
    return { ...common, text, from: sender, subject: null, html: null, headers: {} };
  }
  if (message.channel === "inbox") {
    const { subject, body, sender } = message;
    return { ...common, text: inboxText(body), from: sender, subject, html: null, headers: {} };
  }
  if (message.channel === "diia") {
    const text = message.parameters.map(({ key, value }) => `${key}: ${value}`).join("\n");
    const headers = { "External-Template-Id": message.externalTemplateId };
    return { ...common, text, from: message.sender, subject: null, html: null, headers };
  }
  return {
    ...common,
    text: message.text,
    from: toMailbox(message.from),
    subject: message.subject,
    html: message.html,
    headers: {
      ...(message.replyTo === undefined ? {} : { "Reply-To": message.replyTo }),
      ...message.headers,
    },
  };
}

/**
 * Creates the simulator of one channel. It sends nothing: it accepts every message, and returns a receipt at once,
 * whose kind depends on the recipient ({@link simulatedOutcome}).
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
      if (message.channel !== channel) {
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

/** Simulates Diia's templates: accepts every template and publishes none. */
function sandboxTemplates(newId: () => string): DiiaTemplates {
  return {
    publishTemplate: () => Promise.resolve(ok({ externalTemplateId: `sandbox-${newId()}` })),
  };
}

/**
 * The sandbox's entry in the table of providers. It delivers nothing, and simulates every channel and the publishing of
 * Diia's templates. Only with a mailbox, so in development, does it read incoming texts.
 */
export const SANDBOX = defineProvider({
  name: "sandbox",
  channels: CHANNELS,
  variables: {},
  toSettings: () => ({}),
  connect(_settings, { clock: { now, newId }, mailbox }, channel) {
    const provider = createSandbox(channel, { now, newId, ...(mailbox && { mailbox }) });
    if (channel === "diia") return { provider, diiaTemplates: sandboxTemplates(newId) };
    // Nothing authenticates its calls, so only development has them.
    return channel === "sms" && mailbox !== undefined
      ? { provider, inboundReader: createSandboxInbound(provider.name, newId) }
      : { provider };
  },
});
