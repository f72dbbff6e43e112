/** The command `receipts`. */
import {
  checkReceipts,
  type ReceiptCheckPorts,
  type TestMessage,
} from "../../application/delivery/check_receipts.ts";
import { createClock } from "../../adapters/clock.ts";
import { openSmtp } from "../../adapters/providers/smtp/open_smtp.ts";
import { parseEmailAddress } from "../../domain/recipient/email_address.ts";
import type { Channel } from "../../domain/service/service.ts";
import { SECOND_MS } from "../../domain/time/durations.ts";
import { type Config, readConfig } from "../config.ts";
import { createProviderFetch } from "../provider_fetch.ts";
import { connectProviders } from "../providers.ts";

const USAGE = "deno task receipts [--to NUMBER|ADDRESS]... [--url URL] [--wait SECONDS]";
/** How long the receipt of a test message may take by default, and at most, in seconds. */
const WAIT_S = { standard: 120, most: 3_600 } as const;
/** How long a look for a receipt may take, in milliseconds. */
const LOOK_MS = 10 * SECOND_MS;

const NUMBER = /^\+[1-9][0-9]{6,14}$/;

interface Arguments {
  readonly to: Readonly<Partial<Record<Channel, string>>>;
  readonly url: string | undefined;
  readonly waitMs: number;
}

/**
 * Checks for each provider of the environment that its receipts arrive, and prints a line for each. `--to` names the
 * operator's number or address, to which a test message is sent. Ends the process with 2 for a wrong call, and with 1 when
 * receipts of a provider do not arrive.
 */
export async function runReceipts(): Promise<void> {
  const parsed = parseArguments(Deno.args.slice(1));
  if (typeof parsed === "string") {
    console.error(`${parsed}: ${USAGE}`);
    Deno.exit(2);
  }
  const config = readConfig(Deno.env.toObject(), "production");
  const fetch = createProviderFetch();
  const { connected } = await connectProviders(config.channels, {
    fetch,
    openSmtp,
    clock: createClock(),
    publicUrl: config.publicUrl,
    mailbox: undefined,
    inbox: undefined,
  });
  const configured = new Map(
    Object.values(config.channels).flat().map((provider) => [provider.name, provider.callsBack]),
  );
  const ports = portsOf(config, fetch, parsed.url ?? `http://127.0.0.1:${config.port}`);
  const results = await Promise.all(connected.map(async (each) => {
    const { name, channel } = each.provider;
    const checked = { ...each, callsBack: configured.get(name) === true };
    const { isWrong, line } = await checkReceipts(
      checked,
      messageOf(parsed, channel, config),
      ports,
    );
    console.log(`${name} (${channel}): ${line}`);
    return isWrong;
  }));
  Deno.exit(results.includes(true) ? 1 : 0);
}

function parseArguments(args: readonly string[]): Arguments | string {
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

function messageOf(
  { to, waitMs }: Arguments,
  channel: Channel,
  { emailDomain }: Config,
): TestMessage | undefined {
  const recipient = to[channel];
  return recipient === undefined
    ? undefined
    : { to: recipient, from: `notifications@${emailDomain}`, waitMs };
}

/** @param url where the running process answers: its admin token goes there, so never to a wrong public URL */
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
