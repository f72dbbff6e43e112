import type { OutgoingEmail, OutgoingMessage } from "../../../domain/delivery/outgoing_message.ts";
import type { Provider, SendOutcome } from "../../../domain/ports/provider.ts";
import { ok, type Result } from "../../../domain/result.ts";
import { toEmailFields } from "../shared/email_fields.ts";
import type { RejectedOutcome } from "../shared/http_exchange.ts";
import { outcomeOfFailure } from "./codes.ts";
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
