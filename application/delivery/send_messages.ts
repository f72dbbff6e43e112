import { composeMessage } from "../../domain/delivery/compose_message.ts";
import type { Notification } from "../../domain/notification/notification.ts";
import type { OutgoingMessage } from "../../domain/delivery/outgoing_message.ts";
import type { Provider, SendOutcome } from "../../domain/ports/provider.ts";
import type { Service } from "../../domain/service/service.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";

/** A notification with what its message is put together from. */
export interface Composable {
  readonly notification: Notification;
  readonly template: TemplateVersion;
  readonly service: Service;
}

/** The outcome of what should not happen. */
export const UNEXPECTED_ERROR: SendOutcome = {
  kind: "retry",
  outcome: "unknown",
  code: "provider-broken",
};

/** The time for the call was over before it was made. */
const DEADLINE_EXCEEDED: SendOutcome = { kind: "retry", outcome: "not-sent", code: "too-slow" };

/** How many messages are put together before anything else gets its turn. */
const COMPOSE_STEP = 8;

/**
 * Hands messages to their provider, in one call where there are several. What should not happen is an outcome too, so
 * that it is settled like any other.
 *
 * @param root the address of this deployment, ending in a slash
 * @returns an outcome for each, in their order
 */
export async function sendToProvider(
  provider: Provider | undefined,
  ready: readonly Composable[],
  root: string,
  signal: AbortSignal,
): Promise<readonly SendOutcome[]> {
  if (provider === undefined) {
    return ready.map(() => ({ kind: "retry", outcome: "not-sent", code: "no-provider" }));
  }
  const outcomes: (SendOutcome | undefined)[] = [];
  const messages: OutgoingMessage[] = [];
  for (const [index, { notification, template, service }] of ready.entries()) {
    // Others get their turn between the messages of a long call.
    if (index > 0 && index % COMPOSE_STEP === 0) await new Promise((go) => setImmediate(go));
    try {
      messages.push(composeMessage(notification, template, service, root));
      outcomes.push(undefined);
    } catch {
      outcomes.push({ kind: "rejected", permanent: false, code: "compose-failed" });
    }
  }
  const carried = await carry(provider, messages, signal);
  let next = 0;
  return outcomes.map((outcome) => outcome ?? carried[next++] ?? UNEXPECTED_ERROR);
}

async function carry(
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
