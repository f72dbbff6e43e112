/** Why a message is not sent, as faults of its form in the reader's language. */
import type { PartyRefusal } from "../../../application/sending/send_one.ts";
import type { Refusal } from "../../../domain/sending/refusal.ts";
import type { SuppressionCause } from "../../../domain/suppression/suppression.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { numberFormat } from "../texts/plural.ts";
import type { View } from "../context.ts";

/** What a refusal is explained with. */
export interface RefusalFacts {
  readonly view: View;
  /** Why the recipient may not be sent to; `undefined` for another refusal. */
  readonly cause: SuppressionCause | undefined;
}

/** Returns the fault of the form for a refusal, with the field that it is about. */
export function faultOfRefusal(
  refusal: Refusal | PartyRefusal,
  { view, cause }: RefusalFacts,
): FormFault {
  const { faults } = view.texts.send;
  const to = (message: string): FormFault => ({ field: "to", message });
  switch (refusal.kind) {
    case "template-changed":
      return { message: faults.changed };
    case "template-deleted":
    case "template-not-found":
      return { message: faults.archived };
    case "service-archived":
    case "service-not-found":
      return { message: faults.serviceArchived };
    case "idempotency-key-reused":
      return { message: faults.alreadySent };
    case "idempotency-in-flight":
      return { message: faults.inFlight };
    case "phone-not-valid":
      return to(faults.phone);
    case "email-not-valid":
      return to(faults.email);
    case "recipient-id-not-valid":
      return to(faults.recipientId);
    case "rnokpp-not-valid":
      return to(faults.taxNumber);
    case "recipient-not-allowed":
      return to(faults.trial);
    case "recipient-suppressed":
      return to(cause === undefined ? faults.suppressed : faults.suppressedBecause[cause]);
    case "international-not-allowed":
      return to(faults.international);
    case "channel-not-allowed":
      return { message: faults.channel };
    case "message-too-long":
    case "message-too-large":
      return { message: faults.tooLong };
    case "too-much-markup":
      return { message: faults.tooMuchMarkup };
    case "empty-message":
      return { message: faults.empty };
    case "missing-personalisation":
      return { message: faults.missing(refusal.names.join(", ")) };
    case "daily-limit":
      return { message: dailyLimitMessage(refusal, view) };
    case "rate-limited":
      return { message: faults.rateLimit };
    case "template-not-published":
      return { message: faults.notPublished };
    case "no-inbox":
      return { message: faults.noInbox };
    case "realm-unknown":
      return { message: faults.realm };
    case "sender-not-found":
      return { message: faults.sender };
    case "own-service":
    case "template-wrong-channel":
    case "file-in-text":
    case "files-not-set-up":
    case "file-rejected":
    case "idempotency-key-not-valid":
    case "unjudged":
      return { message: faults.other };
  }
}

function dailyLimitMessage(
  { limit, date }: Extract<Refusal, { readonly kind: "daily-limit" }>,
  { language, texts }: View,
): string {
  const { faults } = texts.send;
  const number = numberFormat(language).format(limit);
  return date === undefined ? faults.dailyLimit(number) : faults.dailyLimitOn(number, date);
}

/** The status of a page that shows a refusal: 429 when the same form works later, 422 otherwise. */
export function statusOfSendRefusal({ kind }: Refusal | PartyRefusal): 422 | 429 {
  return kind === "rate-limited" || kind === "daily-limit" ? 429 : 422;
}
