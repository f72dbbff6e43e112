import type { Accounts } from "../application/accounts/accounts.ts";
import type { SendBatch } from "../application/sending/send_batch.ts";
import type { AppPorts } from "./app_ports.ts";

/** Returns the use cases of accounts; the first call loads their modules, which no API that sends needs. */
export function createAccountsLoader(
  ports: AppPorts,
  sendBatch: SendBatch,
): () => Promise<Accounts> {
  let accounts: Accounts | undefined;
  return async () => {
    // Each of several first requests loads by itself: on Workers none may wait for another one.
    const [{ createAccounts }, { createAccountMessages }, opened] = await Promise.all([
      import("../application/accounts/accounts.ts"),
      import("../application/accounts/send_message.ts"),
      ports.loadAccounts(),
    ]);
    const { clock, contexts, management } = ports;
    return accounts ??= createAccounts({
      ...opened,
      clock,
      log: ports.log,
      sendMessage: createAccountMessages({ clock, contexts, management, sendBatch }),
      isTextHeld: () => ports.dispatcher.heldChannels(0).includes("sms"),
    });
  };
}
