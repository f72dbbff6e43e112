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
import { type CallOutcome, sendInHalves, toFittingParts } from "../shared/batches.ts";
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

/** Push notifications through Diia: many in one call, results when asked, and its templates. */
export type Diia = Required<Provider> & DiiaTemplates;

/** As many recipients Diia takes in one distribution. */
export const MOST_RECIPIENTS = 10_000;

/** The most bytes of one call: many proxies take no more. A larger message goes alone. */
export const MAX_PUSH_BYTES = 1_000_000;

function toRecipient({ to, recipientId, parameters }: OutgoingDiia) {
  return {
    rnokpp: to,
    id: recipientId,
    parameters: parameters.map(({ key, value }) => ({ key, value })),
  };
}

/** The call that sends messages of one template, with what Diia's body holds in the order of its documents. */
export function toRequest(templateId: string, messages: readonly OutgoingDiia[]): DiiaCall {
  const recipients = messages.map(toRecipient);
  return {
    method: "POST",
    path: "/api/v1/notification/distribution/push",
    body: JSON.stringify({ templateId, recipients }),
  };
}

/** An id is asked after as a part of an address. */
const Accepted = z.object({
  distributionId: z.string().check(z.maxLength(MAX_DIIA_ID_LENGTH), z.regex(/^\w[\w.:-]*$/)),
});

/**
 * A scope that is missing (403) is for the operator to mend, and a service that is not available (503) has taken
 * nothing: both are tried again.
 */
function outcomeOfPush(reply: ProviderReply): RejectedOutcome | RetryOutcome {
  if (reply.status !== 403 && reply.status !== 503) return outcomeOfRefusal(reply);
  const after = parseRetryAfter(reply.retryAfter);
  return { kind: "retry", outcome: "not-sent", code: `http-${reply.status}`, ...after };
}

/** What Diia's answer came to: it takes all messages of a call or refuses all of them, with one outcome then. */
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
 * Refusals that one recipient, or how much there is, may be to blame for; an unknown template (404) is the same to all.
 * The codes are those of {@link outcomeOfPush}.
 */
const OF_SOME_RECIPIENTS: ReadonlySet<string> = new Set(["http-400", "http-413", "http-422"]);

/** Splits messages into calls that fit: of one template, and of so many bytes. */
function toParts(numbered: readonly NumberedMessage[]): readonly (readonly NumberedMessage[])[] {
  const templates = Map.groupBy(numbered, ({ message }) => message.externalTemplateId);
  return [...templates].flatMap(([templateId, theirs]) =>
    toFittingParts(theirs, {
      most: MOST_RECIPIENTS,
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

/** Makes the way out through Diia. */
export function createDiia(config: DiiaConfig, dependencies: DiiaDependencies): Diia {
  const name = "diia";
  const call = createDiiaClient(config, dependencies);

  async function distribute(
    messages: readonly OutgoingMessage[],
    signal: AbortSignal,
  ): Promise<readonly SendOutcome[]> {
    if (messages.length > MOST_RECIPIENTS) {
      throw new RangeError(`diia takes ${MOST_RECIPIENTS} messages at once`);
    }
    const parts = toParts(toNumbered(messages));
    const sent = await sendInHalves(parts, {
      lanes: MAX_DIIA_CALLS,
      mayHalve: ({ code }) => OF_SOME_RECIPIENTS.has(code),
      call: async (part) => {
        const theirs = part.map(({ message }) => message);
        const reply = await call(toRequest(theirs[0]?.externalTemplateId ?? "", theirs), signal);
        return reply.ok ? fromResponse(reply.value, theirs) : reply.refusal;
      },
    });
    const outcomes = new Map<number, SendOutcome>();
    for (const [place, { index }] of parts.flat().entries()) {
      const outcome = sent[place];
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
    batch: { most: MOST_RECIPIENTS, send: distribute },
    poll: createDiiaPoll(call, { provider: name, paths: config.paths ?? "registries" }),
    ...createDiiaTemplates(call),
  };
}

const BAD_RECIPIENT = { kind: "rejected", permanent: true, code: "bad-recipient" } as const;

interface NumberedMessage {
  readonly index: number;
  readonly message: OutgoingDiia;
}

/** The messages that can be sent, with their places: one wrong number would have its whole call refused. */
function toNumbered(messages: readonly OutgoingMessage[]): readonly NumberedMessage[] {
  return messages.flatMap((message, index) => {
    if (message.channel !== "diia") throw new TypeError("diia sends its own notifications only");
    return /^[0-9]{10}$/.test(message.to) ? [{ index, message }] : [];
  });
}
