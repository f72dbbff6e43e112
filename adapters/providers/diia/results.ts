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
import { mapLimit } from "../../concurrency.ts";
import { lookUp } from "../shared/json_fields.ts";

/**
 * The receipt kind (how a delivery ended) for each final status of a recipient at Diia. Any other status gives no
 * receipt, because it is not final.
 *
 * `sent` counts as delivered, because the message has reached the app on the person's device.
 */
export const RECEIPTS = {
  sent: "delivered",
  read: "delivered",
  "not-found": "permanent-failure",
  "notification-generation-error": "technical-failure",
  error: "temporary-failure",
  "send-error": "temporary-failure",
} as const satisfies Record<string, ReceiptKind>;

/**
 * Composes the provider message id of one message: `{distributionId}/{recipientId}`. Diia gives an id to each
 * distribution (push call) only; within it, a recipient has the id that Hark sent.
 */
export function toMessageId(distributionId: string, recipientId: string): string {
  return `${distributionId}/${recipientId}`;
}

/**
 * Splits ids of {@link toMessageId}, and groups the recipient ids by distribution id. Ids of another form are left out.
 */
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

/**
 * Whether a distribution (push call) may have results, by Diia's reply about its progress. `false` while its status is
 * `pending`, and for a reply with an error status or without a status.
 */
export function hasStarted(reply: ProviderReply): boolean {
  const progress = Progress.safeParse(reply.body);
  return isSuccess(reply) && progress.success && progress.data.status !== "pending";
}

/**
 * Converts Diia's reply about a distribution's results to receipts. The result is empty when the reply is not valid;
 * recipients whose status is not final or whose entry is not valid are left out.
 *
 * @param recipientIds the recipients whose receipts are wanted; others are left out
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
  return results.data.recipients.flatMap((entry) => {
    const recipient = Recipient.safeParse(entry);
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

/**
 * Creates the provider's `poll`: it asks Diia for the progress of each distribution, then for the results of those that
 * have started. A distribution whose calls fail gives no receipts in this poll.
 */
export function createDiiaPoll(
  call: DiiaClient,
  { provider, paths }: { readonly provider: string; readonly paths: DiiaPaths },
): NonNullable<Provider["poll"]> {
  const { status, results } = DIIA_PATHS[paths];
  return async (providerMessageIds, signal) => {
    const distributions = [...toDistributions(providerMessageIds)];
    const receipts = await mapLimit(
      distributions,
      MAX_DIIA_CALLS,
      async ([distributionId, recipientIds]): Promise<readonly Receipt[]> => {
        const id = encodeURIComponent(distributionId);
        const progress = await call({ method: "GET", path: status(id) }, signal);
        if (!progress.ok || !hasStarted(progress.value)) return [];
        const reply = await call({ method: "GET", path: results(id) }, signal);
        if (!reply.ok) return [];
        return fromResults(reply.value, { provider, distributionId, recipientIds });
      },
    );
    return receipts.flat();
  };
}
