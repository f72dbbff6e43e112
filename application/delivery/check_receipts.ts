/** The check that the receipts of a provider arrive at this deployment. */
import { errorName } from "../../domain/text/error_name.ts";
import type { NotificationId, ServiceId } from "../../domain/ids.ts";
import type { Provider, SendOutcome } from "../../domain/ports/provider.ts";
import type { OutgoingMessage } from "../../domain/delivery/outgoing_message.ts";
import { SECOND_MS } from "../../domain/time/durations.ts";
import { UNEXPECTED_ERROR } from "./send_messages.ts";

/** How long a call of the check may take, in milliseconds. */
const CALL_MS = 15 * SECOND_MS;
/** How often it looks for the receipt of the test message, in milliseconds. */
const LOOK_EVERY_MS = SECOND_MS;

/** A provider whose receipts are checked, with its ways to check them. */
export interface CheckedProvider {
  readonly provider: Pick<Provider, "name" | "channel" | "send">;
  /** Whether it sends receipts by calling this deployment. */
  readonly callsBack: boolean;
  /** As `probeReceipts` of a connected provider. */
  readonly probeReceipts?: () => Promise<{
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }>;
  /** As `checkWebhooks` of a connected provider. */
  readonly checkWebhooks?: (address: string, signal: AbortSignal) => Promise<readonly string[]>;
}

/** What the check needs beside the provider. */
export interface ReceiptCheckPorts {
  readonly publicUrl: string;
  readonly fetch: typeof globalThis.fetch;
  /** Whether a receipt of the message has arrived. @throws with a sentence, when this cannot be found out */
  readonly hasReceipt: (provider: string, messageId: string) => Promise<boolean>;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** A test message to the operator, and how long its receipt may take, in milliseconds. */
export interface TestMessage {
  readonly to: string;
  /** The sender address of an e-mail. */
  readonly from: string;
  readonly waitMs: number;
}

/** The result of a check. */
export interface CheckedReceipts {
  /** Whether anything is wrong. */
  readonly isWrong: boolean;
  /** Present when nothing could be checked, which counts as wrong: a test message would. */
  readonly isUnchecked?: true;
  /** One plain sentence for the operator, without the provider's name. It has no secret and no recipient. */
  readonly line: string;
}

/**
 * Checks that the receipts of a provider arrive. It calls the deployment's own webhook as the provider would, asks the
 * provider for its settings where that can be asked, and sends a test message when one is given. It stops at the first
 * of these that fails. Never rejects.
 */
export async function checkReceipts(
  checked: CheckedProvider,
  message: TestMessage | undefined,
  ports: ReceiptCheckPorts,
): Promise<CheckedReceipts> {
  const { provider, callsBack, probeReceipts, checkWebhooks } = checked;
  if (!callsBack) return await checkSending(checked, message);
  const address = `${ports.publicUrl}/receipts/${provider.name}`;
  const wrong = (why: string) => ({ isWrong: true, line: `receipts do not arrive: ${why}` });
  const done: string[] = [];
  if (probeReceipts !== undefined) {
    const why = await probe(address, await probeReceipts(), ports);
    if (why !== undefined) return wrong(why);
    done.push(`${address} takes its calls`);
  }
  if (checkWebhooks !== undefined) {
    const problems = await checkWebhooks(address, AbortSignal.timeout(CALL_MS));
    if (problems.length > 0) return wrong(problems.join("; "));
    done.push("it is set up to call it");
  }
  if (message !== undefined) {
    const { sent, why } = await sendAndWait(checked, message, ports);
    if (why !== undefined) return wrong(why);
    done.push(sent);
  }
  return done.length === 0
    ? {
      ...wrong(
        "nothing was checked: give a recipient with --to, and set the variables of its receipts",
      ),
      isUnchecked: true,
    }
    : { isWrong: false, line: `receipts arrive: ${done.join("; ")}` };
}

/** Sends the test message of a provider that reports nothing. */
async function checkSending(
  { provider }: CheckedProvider,
  message: TestMessage | undefined,
): Promise<CheckedReceipts> {
  const line = "sends no receipts to this deployment";
  if (message === undefined) return { isWrong: false, line };
  const outcome = await send(provider, message);
  return outcome.kind === "accepted"
    ? { isWrong: false, line: `${line}; it accepted the test message` }
    : { isWrong: true, line: `the test message was not accepted (${outcome.code})` };
}

async function send(
  provider: CheckedProvider["provider"],
  { to, from }: TestMessage,
): Promise<SendOutcome> {
  const message = testMessage(provider.channel, to, from);
  try {
    return await provider.send(message, AbortSignal.timeout(CALL_MS));
  } catch {
    return UNEXPECTED_ERROR;
  }
}

/** Calls the webhook. @returns what is wrong; `undefined` when it took the call */
async function probe(
  address: string,
  call: Awaited<ReturnType<NonNullable<CheckedProvider["probeReceipts"]>>>,
  { fetch }: ReceiptCheckPorts,
): Promise<string | undefined> {
  try {
    const answer = await fetch(address, {
      method: "POST",
      ...call,
      // A provider does not follow one either.
      redirect: "manual",
      signal: AbortSignal.timeout(CALL_MS),
    });
    const text = await answer.text();
    if (answer.status === 401 || answer.status === 403) {
      return `${address} answered ${answer.status}: the running process has another secret or ` +
        "another PUBLIC_URL than this command, or a proxy before it refuses the call";
    }
    if (answer.status !== 200) return `${address} answered ${answer.status}`;
    return text.includes('"result":"success"')
      ? undefined
      : `${address} answered 200, but not as Hark does: PUBLIC_URL leads elsewhere`;
  } catch (error) {
    const reason = errorName(error);
    return `${address} cannot be called (${reason}): check PUBLIC_URL, DNS, TLS and the proxy`;
  }
}

async function sendAndWait(
  { provider }: CheckedProvider,
  message: TestMessage,
  ports: ReceiptCheckPorts,
): Promise<{ readonly sent: string; readonly why?: string }> {
  const { waitMs } = message;
  const outcome = await send(provider, message);
  if (outcome.kind !== "accepted") {
    return { sent: "", why: `the test message was not accepted (${outcome.code})` };
  }
  const sentAt = ports.now();
  try {
    for (;;) {
      if (await ports.hasReceipt(provider.name, outcome.providerMessageId)) {
        const seconds = Math.round((ports.now() - sentAt) / SECOND_MS);
        return { sent: `that of the test message came within ${seconds} s` };
      }
      const leftMs = sentAt + waitMs - ports.now();
      if (leftMs <= 0) break;
      await ports.sleep(Math.min(LOOK_EVERY_MS, leftMs));
    }
  } catch (error) {
    return { sent: "", why: error instanceof Error ? error.message : "unknown" };
  }
  return {
    sent: "",
    why: `that of the test message did not come within ${Math.round(waitMs / SECOND_MS)} s`,
  };
}

const TEXT = "This is a test message of Hark: its delivery report is checked.";

/** A message of no notification: its receipts are stored and not applied. */
function testMessage(channel: Provider["channel"], to: string, from: string): OutgoingMessage {
  const ref = {
    serviceId: crypto.randomUUID() as ServiceId,
    notificationId: crypto.randomUUID() as NotificationId,
  };
  if (channel === "sms") {
    return { channel, ref, to: to.replace(/^\+/, ""), from: undefined, sender: "Hark", text: TEXT };
  }
  if (channel !== "email") throw new TypeError("test messages are texts and e-mails");
  return {
    channel,
    ref,
    to,
    from: { name: "Hark", address: from },
    replyTo: undefined,
    subject: "Test message of Hark",
    text: TEXT,
    html: `<!DOCTYPE html><html lang="en"><title>Hark</title><p>${TEXT}</p></html>`,
    headers: {},
  };
}
