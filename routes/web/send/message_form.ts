/** The form of a message to one person: what was typed, and what it asks for. */
import type { SendRequest } from "../../../domain/sending/send_request.ts";
import { MAX_REFERENCE } from "../../../domain/jobs/row_errors.ts";
import { MAX_DAYS_AHEAD } from "../../../domain/sending/schedule.ts";
import type { Service } from "../../../domain/service/service.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import { nameKey } from "../../../domain/template/template.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { localTimes } from "../../../domain/time/local_time.ts";
import type { FormFault } from "../components/error_summary.tsx";
import type { Form } from "../forms.ts";
import type { Texts } from "../texts/texts.ts";

/** When a message is to be sent: at once, or at a time. */
export type When = "now" | "later";
/** Which of two equal times is meant, in the night in which the clocks are put back. */
export type Fold = "first" | "second";

/** A value of the template. */
export interface TypedValue {
  /** The placeholder's name. */
  readonly name: string;
  readonly value: string;
}

/** What was typed into the form. */
export interface MessageForm {
  /** The id of the form, with which one message is sent. */
  readonly id: string;
  /** The version of the template that the form shows. */
  readonly version: number;
  readonly to: string;
  /** A value for each placeholder, in the order of the template. */
  readonly values: readonly TypedValue[];
  readonly when: When;
  /** The date and the time of day in the service's time zone. */
  readonly date: string;
  readonly time: string;
  readonly fold: Fold | undefined;
  readonly reference: string;
}

/** An empty form. */
export function emptyForm(id: string, template: TemplateVersion): MessageForm {
  return {
    id,
    version: template.version,
    to: "",
    values: template.parsed.placeholders.map((name) => ({ name, value: "" })),
    when: "now",
    date: "",
    time: "",
    fold: undefined,
    reference: "",
  };
}

/** The names of a value's fields: its own, and that of its placeholder. */
export function fieldsOfValue(index: number): { readonly value: string; readonly name: string } {
  return { value: `value_${index}`, name: `placeholder_${index}` };
}

/** Reads the form. Its values belong to the placeholders of the same names, also when the template has changed. */
export function readMessageForm(form: Form, id: string, template: TemplateVersion): MessageForm {
  const typed = new Map<string, string>();
  for (let index = 0; form.all(fieldsOfValue(index).name).length > 0; index++) {
    const fields = fieldsOfValue(index);
    typed.set(nameKey(template.parsed, form.text(fields.name)), form.text(fields.value));
  }
  const fold = form.text("fold");
  return {
    id,
    version: Number(form.text("version")),
    to: form.text("to").trim(),
    values: template.parsed.placeholders.map((name) => ({
      name,
      value: typed.get(nameKey(template.parsed, name)) ?? "",
    })),
    when: form.text("when") === "later" ? "later" : "now",
    date: form.text("date").trim(),
    time: form.text("time").trim(),
    fold: fold === "first" || fold === "second" ? fold : undefined,
    reference: form.text("reference").trim(),
  };
}

/** The form's fields as hidden ones, for the next step. */
export function hiddenFields(form: MessageForm): Readonly<Record<string, string | undefined>> {
  const values = form.values.flatMap(({ name, value }, index) => {
    const fields = fieldsOfValue(index);
    return [[fields.name, name], [fields.value, value]] as const;
  });
  const { id, to, when, date, time, fold, reference } = form;
  return {
    id,
    version: String(form.version),
    to,
    ...Object.fromEntries(values),
    when,
    date,
    time,
    fold,
    reference,
  };
}

/** The values by the names of their placeholders. */
export function personalisationOf(values: readonly TypedValue[]): Readonly<Record<string, string>> {
  return Object.fromEntries(values.map(({ name, value }) => [name, value]));
}

/** When the message is to be sent, in epoch milliseconds; the faults of date and time, with both times when it is twice. */
interface ReadTime {
  readonly at: number | undefined;
  readonly faults: readonly FormFault[];
  /** Whether the clocks show the time twice, and the form does not say which is meant. */
  readonly isTwice?: boolean;
}

function readTime(
  { when, date, time, fold }: MessageForm,
  zone: string,
  now: number,
  { send }: Texts,
): ReadTime {
  const fault = (field: string, message: string): ReadTime => ({
    at: undefined,
    faults: [{ field, message }],
  });
  if (when === "now") {
    const hasTime = date !== "" || time !== "";
    return hasTime ? fault("when", send.nowWithTime) : { at: undefined, faults: [] };
  }
  if (localTimes(date, "12:00", zone) === undefined) return fault("date", send.dateNotValid);
  const times = localTimes(date, time, zone);
  if (times === undefined) return fault("time", send.timeNotValid);
  const [first, second] = times;
  if (first === undefined) return fault("time", send.timeSkipped);
  if (second !== undefined && fold === undefined) {
    return { ...fault("fold", send.timeTwice), isTwice: true };
  }
  const at = second !== undefined && fold === "second" ? second : first;
  if (at <= now) return fault("date", send.timePast);
  if (at > now + MAX_DAYS_AHEAD * DAY_MS) return fault("date", send.timeTooFar(MAX_DAYS_AHEAD));
  return { at, faults: [] };
}

/** Whether the form must ask which of two equal times is meant. */
export function asksForFold({ when, date, time }: MessageForm, zone: string): boolean {
  return when === "later" && (localTimes(date, time, zone)?.length ?? 0) > 1;
}

/** What a valid form asks for, or the faults of its fields. */
export type ReadMessage =
  | { readonly kind: "request"; readonly request: SendRequest }
  | { readonly kind: "faults"; readonly faults: readonly FormFault[] };

/** Returns the request that the form makes. Whether the recipient may be sent to is decided later. */
export function toRequest(
  form: MessageForm,
  template: TemplateVersion,
  { settings }: Service,
  now: number,
  texts: Texts,
): ReadMessage {
  const { send } = texts;
  const time = readTime(form, settings.time_zone, now, texts);
  const faults: readonly FormFault[] = [
    ...(form.to === ""
      ? [{ field: "to", message: send.recipients[template.channel].missing }]
      : []),
    ...form.values.flatMap(({ name, value }, index) =>
      value.trim() === ""
        ? [{ field: fieldsOfValue(index).value, message: send.valueMissing(name) }]
        : []
    ),
    ...time.faults,
    ...([...form.reference].length > MAX_REFERENCE
      ? [{ field: "reference", message: send.referenceTooLong(MAX_REFERENCE) }]
      : []),
  ];
  if (faults.length > 0) return { kind: "faults", faults };
  return {
    kind: "request",
    request: {
      channel: template.channel,
      to: form.to,
      template: { by: "id", id: template.id },
      personalisation: personalisationOf(form.values),
      reference: form.reference === "" ? null : form.reference,
      senderId: null,
      oneClickUnsubscribeUrl: null,
      sanitise: [],
      ...(time.at === undefined ? {} : { delivery: { scheduledFor: time.at } }),
    },
  };
}
