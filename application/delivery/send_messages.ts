import { composeInSteps } from "../../domain/delivery/compose_message.ts";
import { runInSlices } from "../event_loop.ts";
import type { Notification } from "../../domain/notification/notification.ts";
import type { OutgoingMessage } from "../../domain/delivery/outgoing_message.ts";
import type { Provider, SendOutcome } from "../../domain/ports/provider.ts";
import type { Service } from "../../domain/service/service.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";

/** A notification with what its message is composed from: the template's version and the service. */
export interface ComposableNotification {
  readonly notification: Notification;
  readonly template: TemplateVersion;
  readonly service: Service;
  /** The number of the attempt; 1 when absent. */
  readonly number?: number;
}

/** The outcome when a provider throws, or returns no outcome for a message: it may have been sent. */
export const UNEXPECTED_ERROR: SendOutcome = {
  kind: "retry",
  outcome: "unknown",
  code: "provider-broken",
};

/** The outcome when the deadline passes before the call is made. */
const DEADLINE_EXCEEDED: SendOutcome = { kind: "retry", outcome: "not-sent", code: "too-slow" };

/** Messages composed before yielding to the event loop. */
const COMPOSE_STEP = 8;

/**
 * Composes the messages of notifications and sends them to a provider: in one call when there are several and the
 * provider takes batches, otherwise in concurrent calls. Never rejects: a message that cannot be composed is rejected,
 * an error of the provider is an unknown outcome.
 *
 * @param provider `undefined` when the channel has none: every outcome is then a retry
 * @param root the URL of this deployment, ending in a slash; links in messages begin with it
 * @param signal the deadline: when it is aborted, no call is begun, and calls in flight are aborted
 * @returns an outcome for each notification, in their order
 */
export async function sendToProvider(
  provider: Provider | undefined,
  notifications: readonly ComposableNotification[],
  root: string,
  signal: AbortSignal,
): Promise<readonly SendOutcome[]> {
  if (provider === undefined) {
    return notifications.map(() => ({ kind: "retry", outcome: "not-sent", code: "no-provider" }));
  }
  const failures: (SendOutcome | undefined)[] = [];
  const messages: OutgoingMessage[] = [];
  for (const [index, { notification, template, service, number }] of notifications.entries()) {
    // Requests are served between the messages of a long call.
    if (index > 0 && index % COMPOSE_STEP === 0) await new Promise((go) => setImmediate(go));
    try {
      const message = await runInSlices(composeInSteps(notification, template, service, root));
      messages.push(ofAttempt(message, number));
      failures.push(undefined);
    } catch {
      failures.push({ kind: "rejected", permanent: false, code: "compose-failed" });
    }
  }
  const outcomes = (await sendComposed(provider, messages, signal)).values();
  return failures.map((failure) => failure ?? outcomes.next().value ?? UNEXPECTED_ERROR);
}

/** Names the attempt in a message whose receipts return it. A first attempt needs no number. */
function ofAttempt(message: OutgoingMessage, number = 1): OutgoingMessage {
  const hasReceipts = message.channel === "sms" || message.channel === "email";
  return hasReceipts && number > 1 ? { ...message, attempt: number } : message;
}

async function sendComposed(
  { send, batch }: Provider,
  messages: readonly OutgoingMessage[],
  signal: AbortSignal,
): Promise<readonly SendOutcome[]> {
  if (signal.aborted) return messages.map(() => DEADLINE_EXCEEDED);
  try {
    if (batch !== undefined && messages.length > 1) return await batch.send(messages, signal);
    return await Promise.all(messages.map((message) => send(message, signal)));
  } catch {
    return messages.map(() => UNEXPECTED_ERROR);
  }
}
