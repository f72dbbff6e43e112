/** When a list is to begin, read from its form. */
import { MAX_DAYS_AHEAD } from "../../../domain/sending/schedule.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { localTimes } from "../../../domain/time/local_time.ts";
import type { FormFault } from "../components/error_summary.tsx";
import type { Form } from "../forms.ts";
import type { Texts } from "../texts/texts.ts";

/** When a list is to begin, as typed. */
export interface TypedStart {
  readonly when: "now" | "later";
  readonly date: string;
  readonly time: string;
}

/** A form that is filled in for the first time. */
export const EMPTY_START: TypedStart = { when: "now", date: "", time: "" };

/** When a list is to begin. */
export interface ReadStart {
  readonly typed: TypedStart;
  /** Epoch milliseconds; `null` for as soon as possible. */
  readonly at: number | null;
  readonly faults: FormFault[];
}

/**
 * Reads when a list is to begin. Of a time that the clocks show twice the first is meant.
 *
 * @param zone the service's time zone
 */
export function readStart(form: Form, zone: string, now: number, { lists }: Texts): ReadStart {
  const typed: TypedStart = {
    when: form.text("when") === "later" ? "later" : "now",
    date: form.text("date").trim(),
    time: form.text("time").trim(),
  };
  if (typed.when === "now") {
    const hasTime = typed.date !== "" || typed.time !== "";
    return {
      typed,
      at: null,
      faults: hasTime ? [{ field: "when", message: lists.nowWithTime }] : [],
    };
  }
  const times = localTimes(typed.date, typed.time, zone);
  const [at] = times ?? [];
  const message = times === undefined
    ? lists.dateNotValid
    : at === undefined
    ? lists.timeSkipped
    : at <= now
    ? lists.timePast
    : at > now + MAX_DAYS_AHEAD * DAY_MS
    ? lists.timeTooFar
    : undefined;
  return {
    typed,
    at: at ?? null,
    faults: message === undefined ? [] : [{ field: "date", message }],
  };
}
