/** Checks the configured providers and their receipts, for the commands `receipts` and `doctor`. */
import {
  type CheckedReceipts,
  checkReceipts,
  type ReceiptCheckPorts,
  type TestMessage,
} from "../../application/delivery/check_receipts.ts";
import { createClock } from "../../adapters/clock.ts";
import { openSmtp } from "../../adapters/providers/smtp/open_smtp.ts";
import { parseEmailAddress } from "../../domain/recipient/email_address.ts";
import type { Channel } from "../../domain/service/service.ts";
import { SECOND_MS } from "../../domain/time/durations.ts";
import type { Config } from "../config.ts";
import { connectProviders, type ProviderConnections } from "../providers.ts";

/** The arguments that {@link parseCheckArguments} parses, for the line about a command's usage. */
export const CHECK_USAGE = "[--to NUMBER|ADDRESS]... [--url URL] [--wait SECONDS]";

/** How long the receipt of a test message may take by default, and at most, in seconds. */
const WAIT_S = { standard: 120, most: 3_600 } as const;
/** How long a look for a receipt may take, in milliseconds. */
const LOOK_MS = 10 * SECOND_MS;

const NUMBER = /^\+[1-9][0-9]{6,14}$/;

/** What to check with. */
export interface CheckArguments {
  /** The operator's number and address, to which test messages are sent. */
  readonly to: Readonly<Partial<Record<Channel, string>>>;
  /** Where the running process answers, when that is not the port of this machine. */
  readonly url: string | undefined;
  readonly waitMs: number;
}

/** Parses the arguments of a command. @returns what is wrong with them, a sentence without a full stop, otherwise */
export function parseCheckArguments(args: readonly string[]): CheckArguments | string {
  const to: Partial<Record<Channel, string>> = {};
  let url: string | undefined;
  let waitS: number = WAIT_S.standard;
  for (let at = 0; at < args.length; at += 2) {
    const [name, value] = [args[at], args[at + 1] ?? ""];
    if (name === "--to" && NUMBER.test(value)) to.sms = value;
    else if (name === "--to" && parseEmailAddress(value).ok) to.email = value;
    else if (name === "--to") {
      return "--to takes an e-mail address, or a number such as +447700900123";
    } else if (name === "--url" && /^https?:$/.test(URL.parse(value)?.protocol ?? "")) {
      url = value.replace(/\/+$/, "");
    } else if (name === "--url") return "--url takes an http(s) address";
    else if (name === "--wait" && /^[1-9][0-9]{0,3}$/.test(value) && Number(value) <= WAIT_S.most) {
      waitS = Number(value);
    } else if (name === "--wait") return `--wait takes seconds, up to ${WAIT_S.most}`;
    else return "Unknown argument";
  }
  return { to, url, waitMs: waitS * SECOND_MS };
}

/** The address at which the running process is asked: its admin token goes there, so never to a wrong public URL. */
export function addressOf({ url }: CheckArguments, { port }: Pick<Config, "port">): string {
  return url ?? `http://127.0.0.1:${port}`;
}

/** What was found out about a provider of a channel. */
export interface CheckedConnection extends CheckedReceipts {
  readonly name: string;
  readonly channel: Channel;
}

/** Connects the configured providers as a server does, without a mailbox or inboxes. */
export async function connectForCheck(
  config: Pick<Config, "channels" | "publicUrl">,
  fetch: typeof globalThis.fetch,
): Promise<ProviderConnections> {
  return await connectProviders(config.channels, {
    fetch,
    openSmtp,
    clock: createClock(),
    publicUrl: config.publicUrl,
    mailbox: undefined,
    inbox: undefined,
  });
}

/**
 * Begins to check each provider, and sends test messages to the recipients of the arguments.
 *
 * @returns a check for each provider; none rejects
 */
export function checkConnections(
  { connected }: Pick<ProviderConnections, "connected">,
  config: Config,
  args: CheckArguments,
  fetch: typeof globalThis.fetch,
): readonly Promise<CheckedConnection>[] {
  const configured = new Map(
    Object.values(config.channels).flat().map((provider) => [provider.name, provider.callsBack]),
  );
  const ports = portsOf(config, fetch, addressOf(args, config));
  return connected.map(async (each) => {
    const { name, channel } = each.provider;
    const checked = { ...each, callsBack: configured.get(name) === true };
    return {
      name,
      channel,
      ...await checkReceipts(checked, messageOf(args, channel, config), ports),
    };
  });
}

function messageOf(
  { to, waitMs }: CheckArguments,
  channel: Channel,
  { emailDomain }: Config,
): TestMessage | undefined {
  const recipient = to[channel];
  return recipient === undefined
    ? undefined
    : { to: recipient, from: `notifications@${emailDomain}`, waitMs };
}

function portsOf(config: Config, fetch: typeof globalThis.fetch, url: string): ReceiptCheckPorts {
  return {
    publicUrl: config.publicUrl,
    fetch,
    now: Date.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    async hasReceipt(provider, messageId) {
      const query = new URLSearchParams({ provider, message_id: messageId });
      const answer = await fetch(`${url}/manage/receipts?${query}`, {
        headers: { authorization: `Bearer ${config.adminToken}` },
        signal: AbortSignal.timeout(LOOK_MS),
      }).catch(() => undefined);
      const body = answer?.status === 200 ? await answer.json() : undefined;
      if (!Array.isArray(body?.receipts)) {
        throw new Error(
          `the running process cannot be asked for it at ${url} (` +
            `${answer?.status ?? "no answer"}): name its address with --url`,
        );
      }
      return body.receipts.length > 0;
    },
  };
}
