/** A request to send one notification, in the format of the API that it came by. */
import type { JsonLimitFault } from "../../domain/json/read_json.ts";
import type { Plan } from "../../domain/sending/plan_notification.ts";
import type { Result } from "../../domain/result.ts";
import type { SendRequest, TemplateChoice } from "../../domain/sending/send_request.ts";
import type { Channel } from "../../domain/service/service.ts";
import type { WaitUntil } from "./file_links.ts";

/** The body of a request to send, not yet validated. */
export interface SendBody {
  /**
   * The body as it was sent; empty when it is not UTF-8. Requests with the same idempotency key are compared by it, and
   * `parse` reads numbers from it whose digits `json` has lost.
   */
  readonly text: string;
  /** The parsed text; `undefined` when it is not valid JSON, or exceeds a limit. */
  readonly json: unknown;
  /** The limit that the JSON exceeds. */
  readonly limit?: JsonLimitFault;
}

/** The context in which a body is parsed. */
export interface ParseOptions {
  readonly channel: Channel;
  /** ISO 3166 code of the country in which telephone numbers are read. */
  readonly country: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * How one API (`/v2`, or GOV.UK Notify's older one of 2016) reads a request to send one notification and answers it.
 * `R` is the type of the refusals of an invalid body.
 */
export interface SendFormat<R> {
  /** Returns the template that a body names; `undefined` for none. The body need not be valid in other respects. */
  readonly templateOf: (json: unknown) => TemplateChoice | undefined;
  /** Validates a body and converts it to a request. It must be pure: a request may be parsed more than once. */
  readonly parse: (body: SendBody, options: ParseOptions) => Result<SendRequest, R>;
  /**
   * Returns the answer to an accepted notification, as JSON text. @param root the deployment's URL, ending in a slash
   */
  readonly present: (plan: Plan, root: string) => string;
}

/** A request to send one notification. */
export interface SendCommand<R> {
  readonly format: SendFormat<R>;
  readonly channel: Channel;
  readonly body: SendBody;
  /** The path of the request. The same idempotency key at another path is another request. */
  readonly path: string;
  /** The value of the `Idempotency-Key` header. */
  readonly idempotencyKey: string | undefined;
  /** The URL of this deployment, ending in a slash; links begin with it. */
  readonly root: string;
  readonly waitUntil: WaitUntil;
}

/** A request whose answer is to be known without sending it. */
export interface CheckCommand<R>
  extends Pick<SendCommand<R>, "format" | "channel" | "body" | "root"> {
  /**
   * Whether the answer must not tell that the recipient is suppressed: for those who may send and may not see recipients.
   * The suppression is then not looked up. Absent means no.
   */
  readonly hidesSuppressions?: boolean;
}
