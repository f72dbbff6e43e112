import { type NotifyAnswer, type NotifyRefusal, toNotifyAnswer } from "../errors.ts";

/** The messages about each invalid field of a 2016 request. */
export type FieldProblems = Readonly<Record<string, readonly string[]>>;

/** Everything that a 2016 request can be refused by. */
export type Refusal2016 =
  | Exclude<NotifyRefusal, { readonly kind: "validation" }>
  | { readonly kind: "fields"; readonly problems: FieldProblems };

/** A refusal as the 2016 API answers it. */
export interface Answer2016 {
  readonly status: NotifyAnswer["status"];
  readonly message: string | FieldProblems;
  readonly retryAfterS?: number;
}

/** The field that a refusal is about; a refusal without one is answered with its message alone. */
const FIELDS: Readonly<Partial<Record<Refusal2016["kind"], string>>> = {
  auth: "token",
  "phone-not-valid": "to",
  "email-not-valid": "to",
  "recipient-id-not-valid": "to",
  "rnokpp-not-valid": "to",
  "recipient-not-allowed": "to",
  "international-not-allowed": "to",
  "template-not-found": "template",
  "template-wrong-channel": "template",
  "template-deleted": "template",
  "missing-personalisation": "template",
  "empty-message": "template",
  "channel-not-allowed": "service",
  "message-too-long": "content",
  "too-much-markup": "content",
};

/**
 * The status and message of every refusal. A message about a field stands under the field's name, as in the API before
 * GOV.UK Notify removed it. The messages are those of `/v2`.
 */
export function toAnswer2016(refusal: Refusal2016, root: string): Answer2016 {
  if (refusal.kind === "fields") return { status: 400, message: refusal.problems };
  const { status, errors, retryAfterS } = toNotifyAnswer(refusal, root);
  const text = errors.map(({ message }) => message).join(". ");
  const field = FIELDS[refusal.kind];
  return {
    status,
    message: field === undefined ? text : { [field]: [text] },
    ...(retryAfterS === undefined ? {} : { retryAfterS }),
  };
}
