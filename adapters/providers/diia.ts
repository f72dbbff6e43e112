import { z } from "zod";
import type { DiiaTemplates } from "../../domain/diia_template.ts";
import type {
  OutgoingDiia,
  OutgoingMessage,
  Provider,
  SendOutcome,
} from "../../domain/provider.ts";
import {
  createDiiaClient,
  type DiiaCall,
  type DiiaConfig,
  type DiiaDependencies,
  isSuccess,
  MAX_DIIA_CALLS,
  MAX_DIIA_ID_LENGTH,
  outcomeOfRefusal,
} from "./diia_client.ts";
import { createDiiaPoll, toMessageId } from "./diia_results.ts";
import { createDiiaTemplates } from "./diia_templates.ts";
import {
  parseRetryAfter,
  type ProviderReply,
  type RejectedOutcome,
  type RetryOutcome,
  unknownOutcome,
} from "./exchange.ts";
import { inLanes } from "./lanes.ts";

export type { DiiaConfig } from "./diia_client.ts";

/** Push notifications through Diia: many in one call, results when asked, and its templates. */
export type Diia = Required<Provider> & DiiaTemplates;

/** As many recipients Diia takes in one distribution. */
export const MOST_RECIPIENTS = 10_000;

/** The call that sends messages of one template, with what Diia's body holds in the order of its documents. */
export function toRequest(templateId: string, messages: readonly OutgoingDiia[]): DiiaCall {
  const recipients = messages.map(({ to, recipientId, parameters }) => ({
    rnokpp: to,
    id: recipientId,
    parameters: parameters.map(({ key, value }) => ({ key, value })),
  }));
  return {
    method: "POST",
    path: "/api/v1/notification/distribution/push",
    body: JSON.stringify({ templateId, recipients }),
  };
}

/** An id is asked after as a part of an address. */
const Accepted = z.object({
  distributionId: z.string().max(MAX_DIIA_ID_LENGTH).regex(/^\w[\w.:-]*$/),
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

/** What Diia's answer came to for each message of the call: it takes or refuses all of them. */
export function fromResponse(
  reply: ProviderReply,
  messages: readonly OutgoingDiia[],
): readonly SendOutcome[] {
  if (!isSuccess(reply)) return messages.map(() => outcomeOfPush(reply));
  const accepted = Accepted.safeParse(reply.body);
  if (!accepted.success) return messages.map(() => unknownOutcome("bad-answer"));
  const { distributionId } = accepted.data;
  return messages.map(({ recipientId }) => ({
    kind: "accepted",
    providerMessageId: toMessageId(distributionId, recipientId),
  }));
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
    const calls = [
      ...Map.groupBy(toNumbered(messages), ({ message }) => message.externalTemplateId),
    ];
    const outcomes = new Map<number, SendOutcome>();
    await inLanes(calls, MAX_DIIA_CALLS, async ([templateId, numbered]) => {
      const sent = numbered.map(({ message }) => message);
      const reply = await call(toRequest(templateId, sent), signal);
      const theirs = reply.ok ? fromResponse(reply.value, sent) : sent.map(() => reply.refusal);
      for (const [place, { index }] of numbered.entries()) {
        const outcome = theirs[place];
        if (outcome !== undefined) outcomes.set(index, outcome);
      }
    });
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
