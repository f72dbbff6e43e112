import {
  createPauseAnnouncements,
  type PauseAnnouncementPorts,
} from "../application/jobs/announce_pauses.ts";
import type { AccountMessagePorts } from "../application/accounts/send_message.ts";
import { createRateLimitCache } from "../application/sending/rate_limit_cache.ts";
import { createSendBatch, type SendBatchPorts } from "../application/sending/send_batch.ts";
import type { AccountPorts } from "../application/accounts/ports.ts";

/** What {@link openPauseAnnouncements} needs. */
export interface PauseAnnouncementStores
  extends
    Omit<PauseAnnouncementPorts, "accounts" | "sendMessage" | "clock" | "contexts">,
    Omit<AccountMessagePorts, "sendBatch">,
    Omit<SendBatchPorts, "rateLimits" | "dispatch" | "clock"> {
  readonly loadAccounts: () => Promise<Pick<AccountPorts, "accounts">>;
}

/** Opens the announcement of paused lists to their authors. The modules of accounts are loaded by the first one. */
export function openPauseAnnouncements(
  { loadAccounts, ...ports }: PauseAnnouncementStores,
): () => Promise<void> {
  const sendBatch = createSendBatch({
    ...ports,
    rateLimits: createRateLimitCache(),
    // The loop that announces delivers too.
    dispatch: () => Promise.resolve(),
  });
  return createPauseAnnouncements({
    ...ports,
    accounts: { get: async (id) => await (await loadAccounts()).accounts.get(id) },
    async sendMessage(...message) {
      const { createAccountMessages } = await import("../application/accounts/send_message.ts");
      return await createAccountMessages({ ...ports, sendBatch })(...message);
    },
  });
}
