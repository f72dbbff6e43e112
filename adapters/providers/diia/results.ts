import * as z from "zod/mini";
import type { Receipt, ReceiptKind } from "../../../domain/delivery/receipt.ts";
import type { Provider } from "../../../domain/ports/provider.ts";
import {
  DIIA_PATHS,
  type DiiaClient,
  type DiiaPaths,
  isSuccess,
  MAX_DIIA_CALLS,
} from "./client.ts";
import type { ProviderReply } from "../shared/http_exchange.ts";
import { createQueueWithConcurrency } from "../shared/concurrency.ts";
import { lookUp } from "../shared/json_fields.ts";

/**
 * What Diia's word for a recipient means for the message; any other word is no end yet.
 *
 * `sent` is delivered: Diia has handed it to the person's application, and whether it is opened is up to them.
 */
export const RECEIPTS = {
  sent: "delivered",
  read: "delivered",
  "not-found": "permanent-failure",
  "notification-generation-error": "technical-failure",
  error: "temporary-failure",
  "send-error": "temporary-failure",
} as const satisfies Record<string, ReceiptKind>;

/** What Diia calls one message: it names distributions, and within them recipients by the name that we gave them. */
export function toMessageId(distributionId: string, recipientId: string): string {
  return `${distributionId}/${recipientId}`;
}

/** The messages of each distribution, by their recipients; ids that are none of ours are left out. */
export function toDistributions(
  messageIds: readonly string[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const distributions = new Map<string, Set<string>>();
  for (const messageId of messageIds) {
    const slash = messageId.indexOf("/");
    if (slash < 1) continue;
    const id = messageId.slice(0, slash);
    const recipients = distributions.get(id) ?? new Set();
    distributions.set(id, recipients.add(messageId.slice(slash + 1)));
  }
  return distributions;
}

const Progress = z.object({ status: z.string() });
const Results = z.object({ recipients: z.array(z.unknown()) });
const Recipient = z.object({ id: z.string(), status: z.string() });

/** Whether there may be results to ask for: a distribution that waits for its turn has none. */
export function hasBegun(reply: ProviderReply): boolean {
  const progress = Progress.safeParse(reply.body);
  return isSuccess(reply) && progress.success && progress.data.status !== "pending";
}

/**
 * Reads what became of a distribution's recipients, of those who were asked after.
 *
 * @param recipientIds whom to give receipts of
 */
export function fromResults(
  reply: ProviderReply,
  { provider, distributionId, recipientIds }: {
    readonly provider: string;
    readonly distributionId: string;
    readonly recipientIds: ReadonlySet<string>;
  },
): readonly Receipt[] {
  const results = Results.safeParse(reply.body);
  if (!isSuccess(reply) || !results.success) return [];
  return results.data.recipients.flatMap((each) => {
    const recipient = Recipient.safeParse(each);
    if (!recipient.success || !recipientIds.has(recipient.data.id)) return [];
    const { id, status } = recipient.data;
    const kind = lookUp<ReceiptKind>(RECEIPTS, status);
    if (kind === undefined) return [];
    const providerMessageId = toMessageId(distributionId, id);
    return [{
      provider,
      providerMessageId,
      ref: undefined,
      kind,
      code: status,
      at: undefined,
      dedupeKey: `${providerMessageId}:${status}`,
    }];
  });
}

/** Makes the way to ask what became of messages. */
export function createDiiaPoll(
  call: DiiaClient,
  { provider, paths }: { readonly provider: string; readonly paths: DiiaPaths },
): NonNullable<Provider["poll"]> {
  const { status, results } = DIIA_PATHS[paths];
  return async (providerMessageIds, signal) => {
    const distributions = [...toDistributions(providerMessageIds)];
    const receipts = await createQueueWithConcurrency(
      distributions,
      MAX_DIIA_CALLS,
      async ([distributionId, recipientIds]): Promise<readonly Receipt[]> => {
        const id = encodeURIComponent(distributionId);
        const progress = await call({ method: "GET", path: status(id) }, signal);
        if (!progress.ok || !hasBegun(progress.value)) return [];
        const reply = await call({ method: "GET", path: results(id) }, signal);
        if (!reply.ok) return [];
        return fromResults(reply.value, { provider, distributionId, recipientIds });
      },
    );
    return receipts.flat();
  };
}
