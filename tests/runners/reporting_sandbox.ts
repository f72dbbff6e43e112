/**
 * The sandbox of the servers of the runners: it reports its messages to the host. An import map puts it in the place of
 * `adapters/providers/sandbox/sandbox.ts`.
 */
import process from "node:process";
import { createSandbox, SANDBOX as PLAIN } from "../../adapters/providers/sandbox/sandbox.ts";
import type { ProviderDefinition } from "../../adapters/providers/shared/provider_definition.ts";
import type { MailboxEntry } from "../../domain/ports/mailbox.ts";
import { MAILBOX_VARIABLE } from "./mailbox_variable.ts";

export { createSandbox };

/** The product's sandbox, which also posts each message to {@link MAILBOX_VARIABLE} before the message counts as sent. */
export const SANDBOX: ProviderDefinition = {
  ...PLAIN,
  configure(variables) {
    const configured = PLAIN.configure(variables);
    return {
      ...configured,
      async connect(channel, context) {
        const connected = await configured.connect(channel, context);
        if (connected === undefined) return undefined;
        const got: MailboxEntry[] = [];
        const mailbox = { add: (entry: MailboxEntry) => void got.push(entry), ...NOTHING };
        const { send, ...sandbox } = createSandbox(channel, { ...context.clock, mailbox });
        return {
          ...connected,
          provider: {
            ...sandbox,
            async send(message, signal) {
              const result = send(message, signal);
              await report(context.fetch, got.splice(0));
              return await result;
            },
          },
        };
      },
    };
  },
};

const NOTHING = { list: () => [], get: () => undefined } as const;

async function report(call: typeof fetch, entries: readonly MailboxEntry[]): Promise<void> {
  const address = process.env[MAILBOX_VARIABLE];
  if (address === undefined) return;
  const answer = await call(address, { method: "POST", body: JSON.stringify(entries) });
  await answer.body?.cancel();
}
