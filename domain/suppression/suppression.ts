/** Recipients to whom a service may not send. */
import type { NotificationId, ServiceId } from "../ids.ts";
import type { Channel } from "../service/service.ts";

/** The channels whose recipients can be suppressed (the service may no longer send to them). */
export const SUPPRESSIBLE_CHANNELS = ["sms", "email"] as const satisfies readonly Channel[];

/** A channel whose recipients can be suppressed. */
export type SuppressibleChannel = typeof SUPPRESSIBLE_CHANNELS[number];

/**
 * Why a recipient is suppressed. `opted-out`: the recipient answered a text with a word such as STOP. `hard-bounce`: an
 * e-mail ended as `permanent-failure`. `complaint`: the recipient reported an e-mail as spam. `operator`: the operator
 * added it.
 */
export const SUPPRESSION_CAUSES = ["opted-out", "hard-bounce", "complaint", "operator"] as const;

/** A member of {@link SUPPRESSION_CAUSES}. */
export type SuppressionCause = typeof SUPPRESSION_CAUSES[number];

/**
 * The operator can add a suppression only while the service has fewer than this many. Opt-outs, bounces and complaints
 * are added without a limit.
 */
export const MAX_SUPPRESSIONS_FOR_ADDING = 100_000;

/** How long a lifted suppression is kept, in days, for the operator to look up who lifted it and why. */
export const LIFTED_KEPT_DAYS = 90;

/** A recipient to whom a service may not send on a channel. Times are epoch milliseconds. */
export interface Suppression {
  readonly id: string;
  readonly channel: SuppressibleChannel;
  /** The normalised recipient; `undefined` when retention has deleted the message that it came from. */
  readonly recipient: string | undefined;
  readonly because: SuppressionCause;
  /** The operator's reason; `undefined` for a suppression that the operator did not add. */
  readonly reason: string | undefined;
  /** The notification whose e-mail bounced or was complained about; `undefined` for other causes. */
  readonly notificationId: NotificationId | undefined;
  readonly createdAt: number;
  /** When the suppression was lifted, so that the service may send again; `undefined` while it is in force. */
  readonly liftedAt: number | undefined;
  /** Why it was lifted; `undefined` when it was lifted by the recipient or by a later receipt, or is not lifted. */
  readonly liftReason: string | undefined;
}

/** A suppression to add. */
export interface NewSuppression {
  readonly serviceId: ServiceId;
  readonly id: string;
  readonly channel: SuppressibleChannel;
  /** The normalised recipient: E.164 digits without the plus sign, or a lower-case e-mail address. */
  readonly recipient: string;
  readonly because: Extract<SuppressionCause, "opted-out" | "operator">;
  readonly reason: string | undefined;
}
