import * as z from "zod/mini";
import type { DiiaTemplates } from "../../../domain/ports/diia_templates.ts";
import type { OutgoingDiia, OutgoingMessage } from "../../../domain/delivery/outgoing_message.ts";
import type { Provider, SendOutcome } from "../../../domain/ports/provider.ts";
import {
  createDiiaClient,
  type DiiaCall,
  type DiiaConfig,
  type DiiaDependencies,
  isSuccess,
  MAX_DIIA_CALLS,
  MAX_DIIA_ID_LENGTH,
  outcomeOfRefusal,
} from "./client.ts";
import { type CallOutcome, sendInHalves, toCallChunks } from "../shared/batches.ts";
import { createDiiaPoll, toMessageId } from "./results.ts";
import { createDiiaTemplates } from "./templates.ts";
import {
  parseRetryAfter,
  type ProviderReply,
  type RejectedOutcome,
  type RetryOutcome,
  unknownOutcome,
} from "../shared/http_exchange.ts";

export type { DiiaConfig } from "./client.ts";

/**
 * The provider for push notifications through Diia, the Ukrainian state's mobile app. It sends many messages in one
 * call, reads their receipts (delivery reports) by polling, and publishes templates to Diia.
 */
export type Diia = Provider & Required<Pick<Provider, "batch" | "poll">> & DiiaTemplates;

/** Max recipients of one push call. */
export const MAX_RECIPIENTS = 10_000;

/** Max bytes of the body of a push call, since many proxies accept no more. A larger message gets a call of its own. */
export const MAX_PUSH_BYTES = 1_000_000;

function toRecipient({ to, recipientId, parameters }: OutgoingDiia) {
  return {
    rnokpp: to,
    id: recipientId,
    parameters: parameters.map(({ key, value }) => ({ key, value })),
  };
}

/**
 * Returns the push call that sends messages of one template. The JSON fields are in the order of Diia's documentation.
 */
export function toRequest(templateId: string, messages: readonly OutgoingDiia[]): DiiaCall {
  const recipients = messages.map(toRecipient);
  return {
    method: "POST",
    path: "/api/v1/notification/distribution/push",
    body: JSON.stringify({ templateId, recipients }),
  };
}

/** The id becomes a part of a URL when it is polled. */
const Accepted = z.object({
  distributionId: z.string().check(z.maxLength(MAX_DIIA_ID_LENGTH), z.regex(/^\w[\w.:-]*$/)),
});

/**
 * The outcome of an error answer to a push. A missing scope (403), which an operator can fix, and an unavailable
 * service (503), which has sent nothing, are both retried.
 */
function outcomeOfPush(reply: ProviderReply): RejectedOutcome | RetryOutcome {
  if (reply.status !== 403 && reply.status !== 503) return outcomeOfRefusal(reply);
  const after = parseRetryAfter(reply.retryAfter);
  return { kind: "retry", outcome: "not-sent", code: `http-${reply.status}`, ...after };
}

/**
 * Returns the outcomes of a push call from Diia's reply: one for each message when Diia accepted the call, or a single
 * one for all when it refused the call. Diia never accepts a call in part.
 */
export function fromResponse(
  reply: ProviderReply,
  messages: readonly OutgoingDiia[],
): CallOutcome {
  if (!isSuccess(reply)) return outcomeOfPush(reply);
  const accepted = Accepted.safeParse(reply.body);
  if (!accepted.success) return unknownOutcome("bad-answer");
  const { distributionId } = accepted.data;
  return messages.map(({ recipientId }) => ({
    kind: "accepted",
    providerMessageId: toMessageId(distributionId, recipientId),
  }));
}

/**
 * Refusals that a single recipient, or the size of the call, may have caused; an unknown template (404) concerns all
 * messages of a call. The codes are those of {@link outcomeOfPush}.
 */
const RECIPIENT_CODES: ReadonlySet<string> = new Set(["http-400", "http-413", "http-422"]);

const BAD_RECIPIENT = { kind: "rejected", permanent: true, code: "bad-recipient" } as const;

interface NumberedMessage {
  readonly index: number;
  readonly message: OutgoingDiia;
}

/** The sendable messages with their positions: one invalid tax number would cause the refusal of the whole call. */
function toNumbered(messages: readonly OutgoingMessage[]): readonly NumberedMessage[] {
  return messages.flatMap((message, index) => {
    if (message.channel !== "diia") throw new TypeError("diia sends its own notifications only");
    return /^[0-9]{10}$/.test(message.to) ? [{ index, message }] : [];
  });
}

/** Splits messages into calls of one template that fit the limits. */
function toChunks(numbered: readonly NumberedMessage[]): readonly (readonly NumberedMessage[])[] {
  const templates = Map.groupBy(numbered, ({ message }) => message.externalTemplateId);
  return [...templates].flatMap(([templateId, group]) =>
    toCallChunks(group, {
      most: MAX_RECIPIENTS,
      mostBytes: MAX_PUSH_BYTES,
      envelopeBytes: bytesOf(toRequest(templateId, []).body ?? ""),
      bytesOf: ({ message }) => bytesOf(JSON.stringify(toRecipient(message))),
    })
  );
}

const encoder = new TextEncoder();
function bytesOf(text: string): number {
  return encoder.encode(text).length;
}

/**
 * Creates the provider. Messages of one template share a push call. When Diia refuses a call because of a recipient or
 * its size, the call is repeated in halves; a tax number that is not ten digits is rejected without a call.
 */
export function createDiia(config: DiiaConfig, dependencies: DiiaDependencies): Diia {
  const name = "diia";
  const call = createDiiaClient(config, dependencies);

  async function distribute(
    messages: readonly OutgoingMessage[],
    signal: AbortSignal,
  ): Promise<readonly SendOutcome[]> {
    if (messages.length > MAX_RECIPIENTS) {
      throw new RangeError(`diia takes ${MAX_RECIPIENTS} messages at once`);
    }
    const chunks = toChunks(toNumbered(messages));
    const sent = await sendInHalves(chunks, {
      concurrency: MAX_DIIA_CALLS,
      mayHalve: ({ code }) => RECIPIENT_CODES.has(code),
      call: async (chunk) => {
        const batch = chunk.map(({ message }) => message);
        const reply = await call(toRequest(batch[0]?.externalTemplateId ?? "", batch), signal);
        return reply.ok ? fromResponse(reply.value, batch) : reply.refusal;
      },
    });
    const outcomes = new Map<number, SendOutcome>();
    for (const [position, { index }] of chunks.flat().entries()) {
      const outcome = sent[position];
      if (outcome !== undefined) outcomes.set(index, outcome);
    }
    return messages.map((_, index) => outcomes.get(index) ?? BAD_RECIPIENT);
  }

  return {
    name,
    channel: "diia",
    async send(message, signal) {
      const [outcome] = await distribute([message], signal);
      return outcome ?? BAD_RECIPIENT;
    },
    batch: { most: MAX_RECIPIENTS, send: distribute },
    poll: createDiiaPoll(call, { provider: name, paths: config.paths ?? "registries" }),
    ...createDiiaTemplates(call),
  };
}
