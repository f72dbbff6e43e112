import type { KeyKind, Service } from "../service/service.ts";
import { limitDayOf } from "../sending/limit_day.ts";
import { dailyCharge, type QuotaCharge } from "../sending/limits.ts";
import type { Job } from "./job.ts";

/**
 * What a job costs of the service's daily limits. The job is charged for all of its rows when it is created or started.
 * When a row is accepted, the job's charge becomes one row smaller, and the notification counts instead.
 */
export interface JobCharge {
  /** The number of the day on which its rows are to be sent, as `limitDayOf` returns it. */
  readonly limitDay: number;
  /** How many rows are charged: all, those to test recipients too until the job has ended. */
  readonly rows: number;
  /** How many of them are charged as text messages to other countries as well. */
  readonly abroad: number;
  /** The charges, in the order in which their refusals are reported. */
  readonly charges: readonly QuotaCharge[];
}

/**
 * Returns what the rows of a job cost: the daily limits of the day for which it is scheduled, or of the present day.
 * `undefined` for a test key, which has no daily limits.
 *
 * @param now epoch milliseconds: when the job is created, or started if it waits for an explicit start
 */
export function chargeOfJob(
  service: Service,
  { channel, keyKind, rows, abroadRows = 0, scheduledFor }:
    & Pick<
      Job,
      "channel" | "rows" | "abroadRows" | "scheduledFor"
    >
    & { readonly keyKind: KeyKind },
  now: number,
): JobCharge | undefined {
  if (keyKind === "test") return undefined;
  const sendAt = Math.max(scheduledFor ?? now, now);
  const all = { ...dailyCharge(service, channel, now, sendAt), step: rows };
  const abroad = { ...dailyCharge(service, "international_sms", now, sendAt), step: abroadRows };
  return {
    limitDay: limitDayOf(service, sendAt).day,
    rows,
    abroad: abroadRows,
    charges: abroadRows === 0 ? [all] : [all, abroad],
  };
}
