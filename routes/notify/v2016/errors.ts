import { type NotifyAnswer, type NotifyRefusal, toNotifyAnswer } from "../errors.ts";

/** The error messages about the invalid fields of a request to GOV.UK Notify's API of 2016, by the field's name. */
export type FieldProblems = Readonly<Record<string, readonly string[]>>;

/** Every refusal of a request to the API of 2016. */
export type Refusal2016 =
  | Exclude<NotifyRefusal, { readonly kind: "validation" }>
  | { readonly kind: "fields"; readonly problems: FieldProblems };

/** The answer of the API of 2016 to a refusal. */
export interface Answer2016 {
  readonly status: NotifyAnswer["status"];
  readonly message: string | FieldProblems;
  /** The value of `Retry-After`, in seconds; absent when a retry of the same request would be refused again. */
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
  "message-too-large": "content",
  "too-much-markup": "content",
  "dry-run-not-valid": "dry_run",
};

/**
 * Returns the status and message with which the API of 2016 answers a refusal; both are those of `/v2`. A message about
 * a field is an object, `{[field]: [message]}`, as GOV.UK Notify had it before it removed this API.
 *
 * @param root the URL of this deployment, ending in a slash; links in messages begin with it
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
