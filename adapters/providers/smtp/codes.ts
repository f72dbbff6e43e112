/**
 * The meaning of an SMTP server's replies by the stage of the delivery. Sources: RFC 5321 (4.2, 4.3.2), RFC 3463, RFC
 * 4954 (6), the IANA registry of enhanced status codes; Postfix, which checks client and sender at RCPT
 * (`smtpd_delay_reject`).
 */
import type { ProviderFault, SendOutcome } from "../../../domain/ports/provider.ts";
import {
  type RejectedOutcome,
  type RetryOutcome,
  unknownOutcome,
} from "../shared/http_exchange.ts";
import type { SmtpFailure, SmtpReply, SmtpStage } from "./transport.ts";

type CodeOutcome =
  | Omit<RejectedOutcome, "code">
  | Omit<RetryOutcome, "code">
  | Omit<ProviderFault, "code">;

const NOT_SENT = { kind: "retry", outcome: "not-sent" } as const;
const THROTTLED = { ...NOT_SENT, throttled: true } as const;
const RECIPIENT_NOT_NOW = { ...NOT_SENT, ofRecipient: true } as const;
const REFUSED_RECIPIENT = { kind: "rejected", permanent: true } as const;
const REFUSED_MESSAGE = { kind: "rejected", permanent: false } as const;
/** Credentials, the account, or the sender, which is the deployment's domain: every e-mail would be refused. */
const ACCOUNT_FAULT = { kind: "provider-fault", scope: "provider" } as const;

/** A row of the table: all of its conditions hold for a reply that it describes. */
interface Row {
  /** Any when absent. */
  readonly stages?: readonly SmtpStage[];
  readonly code?: RegExp;
  readonly enhanced?: RegExp;
  readonly text?: RegExp;
  readonly outcome: CodeOutcome;
}

/** The rows; the first that describes a reply decides. */
const REPLIES: readonly Row[] = [
  // A refusal for now: also the one in answer to the content means that the server did not take it (RFC 5321, 4.2.1).
  { code: /^421$/, enhanced: /^4\.7\./, outcome: THROTTLED },
  { code: /^421$/, outcome: NOT_SENT },
  // A mailbox that is full or busy, a domain that cannot be looked up, greylisting.
  { stages: ["rcpt"], code: /^45[02]$/, outcome: RECIPIENT_NOT_NOW },
  { stages: ["rcpt"], code: /^4/, enhanced: /^4\.(?:[12]\.|7\.1$)/, outcome: RECIPIENT_NOT_NOW },
  { code: /^4/, outcome: NOT_SENT },

  // Authentication: required, refused, too weak, only with TLS.
  { code: /^53[0458]$/, outcome: ACCOUNT_FAULT },
  { stages: ["connect", "auth"], code: /^5/, outcome: ACCOUNT_FAULT },
  // The e-mail is larger than the server takes, by the size that MAIL declared, or once it was sent.
  { code: /^5/, enhanced: /^5\.(?:2\.3|3\.4)$/, outcome: REFUSED_MESSAGE },
  { stages: ["mail"], code: /^552$/, outcome: REFUSED_MESSAGE },
  { stages: ["mail"], code: /^5/, outcome: ACCOUNT_FAULT },
  // Of the sender's address: not valid, or of a domain that does not exist.
  { code: /^5/, enhanced: /^5\.1\.[78]$/, outcome: ACCOUNT_FAULT },
  {
    stages: ["rcpt"],
    code: /^5/,
    text: /\brelay|sender address rejected|client host rejected|helo command rejected/i,
    outcome: ACCOUNT_FAULT,
  },
  // Commands that the server does not know, or not in this order.
  { stages: ["rcpt"], code: /^50[0234]$/, outcome: REFUSED_MESSAGE },
  { stages: ["rcpt"], code: /^5/, outcome: REFUSED_RECIPIENT },
  // A server that passes the e-mail on at once answers the content with the recipient's refusal.
  { stages: ["content"], code: /^5/, enhanced: /^5\.[12]\./, outcome: REFUSED_RECIPIENT },
  { stages: ["data", "content"], code: /^5/, outcome: REFUSED_MESSAGE },
];

/** Returns the outcome of a delivery that failed. */
export function outcomeOfFailure(failure: SmtpFailure, isTimeout: boolean): SendOutcome {
  const { stage } = failure;
  const unanswered = (code: string): RetryOutcome =>
    stage === "content" ? unknownOutcome(code) : { ...NOT_SENT, code };
  switch (failure.kind) {
    case "reply":
      return outcomeOfReply(stage, failure.reply) ?? unanswered(codeOf(failure.reply));
    case "closed":
      return unanswered(stage === "connect" ? "no-connection" : "network");
    case "tls":
      return { ...ACCOUNT_FAULT, code: "tls" };
    case "too-large":
      return { ...REFUSED_MESSAGE, code: "too-large" };
    case "aborted":
      return unanswered(isTimeout ? "timeout" : "aborted");
  }
}

/** Returns the outcome of a reply that refuses; `undefined` for a code that is no refusal. */
export function outcomeOfReply(stage: SmtpStage, reply: SmtpReply): SendOutcome | undefined {
  const { code, enhanced = "", text } = reply;
  const row = REPLIES.find((row) =>
    (row.stages?.includes(stage) ?? true) &&
    (row.code?.test(String(code)) ?? true) &&
    (row.enhanced?.test(enhanced) ?? true) &&
    (row.text?.test(text) ?? true)
  );
  return row && { ...row.outcome, code: codeOf(reply) };
}

/** The code that is stored: the reply's, with the enhanced one if there is any, e.g. `550-5.1.1`. */
function codeOf({ code, enhanced }: SmtpReply): string {
  return enhanced === undefined ? String(code) : `${code}-${enhanced}`;
}
