import * as z from "zod/mini";
import type { OutgoingEmail, OutgoingMessage } from "../../../domain/delivery/outgoing_message.ts";
import type { Provider, SendOutcome } from "../../../domain/ports/provider.ts";
import { ok, type Result } from "../../../domain/result.ts";
import { toEmailFields } from "../shared/email_fields.ts";
import type { RejectedOutcome } from "../shared/http_exchange.ts";
import { defineProvider } from "../shared/provider_definition.ts";
import { outcomeOfFailure } from "./codes.ts";
import { parseSmtpUrl } from "./smtp_url.ts";
import type { SmtpMessage, SmtpTransport } from "./transport.ts";

/**
 * The timeout of a delivery in milliseconds, from the wait for a connection to the answer to the content. Mail servers
 * take seconds to filter an e-mail before they answer, and after a time-out the outcome is unknown; the lease of an
 * attempt is 30 seconds.
 */
const SMTP_TIMEOUT_MS = 20_000;

/** Converts an e-mail to what the server gets, or returns the outcome `rejected` when it cannot be sent. */
function toRequest(message: OutgoingEmail): Result<SmtpMessage, RejectedOutcome> {
  const fields = toEmailFields(message);
  if (!fields.ok) return fields;
  return ok({ ...fields.value, text: message.text, html: message.html });
}

/**
 * Creates the provider for e-mail through a mail server. Nothing reports what becomes of an e-mail that the server has
 * taken, so its notification is completed as `sent`. The server cannot be asked about an attempt of unknown outcome.
 */
export function createSmtp(
  transport: SmtpTransport,
  { timeoutMs = SMTP_TIMEOUT_MS }: { readonly timeoutMs?: number } = {},
): Provider {
  return {
    name: "smtp",
    channel: "email",
    async send(message, signal): Promise<SendOutcome> {
      const email = requireEmail(message);
      const request = toRequest(email);
      if (!request.ok) return request.refusal;
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(), timeoutMs);
      const failure = await transport.deliver(
        request.value,
        AbortSignal.any([signal, deadline.signal]),
      );
      clearTimeout(timer);
      return failure === undefined
        ? { kind: "accepted", providerMessageId: messageIdOf(email), unreported: true }
        : outcomeOfFailure(failure, deadline.signal.aborted);
    },
  };
}

/** The `Message-ID` without its brackets: the mail server's log has it too. */
function messageIdOf({ headers, ref }: OutgoingEmail): string {
  const [, id = ref.notificationId] = /^<(.+)>$/.exec(headers["Message-ID"] ?? "") ?? [];
  return id;
}

function requireEmail(message: OutgoingMessage): OutgoingEmail {
  if (message.channel !== "email") throw new TypeError("smtp sends e-mail only");
  return message;
}

const smtpUrl = z.string().check(z.refine(
  (text) => parseSmtpUrl(text) !== undefined,
  "must be smtps://user:password@host:465 or smtp://user:password@host:587, " +
    "with user and password percent-encoded, or without both",
));

/** The mail server's entry in the table of providers: its environment variable, and how to create it from that. */
export const SMTP = defineProvider({
  name: "smtp",
  channels: ["email"],
  variables: { SMTP_URL: smtpUrl },
  required: ["SMTP_URL"],
  tcpVariable: "SMTP_URL",
  toSettings({ SMTP_URL }) {
    const settings = parseSmtpUrl(SMTP_URL);
    if (settings === undefined) throw new TypeError("SMTP_URL is not valid");
    return settings;
  },
  connect(settings, { openSmtp, publicUrl }) {
    if (openSmtp === undefined) return undefined;
    return { provider: createSmtp(openSmtp(settings, clientNameOf(publicUrl))) };
  },
});

/** The host of the public URL, if it is a domain: some servers refuse a client whose name is none. */
function clientNameOf(publicUrl: string): string | undefined {
  const { hostname } = new URL(publicUrl);
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/i.test(hostname) ? hostname : undefined;
}
