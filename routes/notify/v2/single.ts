import type { TemplateId } from "../../../domain/ids.ts";
import type { Delivery } from "../../../domain/notification/notification.ts";
import { ok, refuse as refused, type Result } from "../../../domain/result.ts";
import type { PhoneNumber } from "../../../domain/recipient/phone.ts";
import type { SendRequest } from "../../../domain/sending/send_request.ts";
import type { Channel } from "../../../domain/service/service.ts";
import { toInstant } from "../../../domain/notify_v2/instant.ts";
import { validateV2, type ValidationProblem } from "../../../domain/notify_v2/validate_v2.ts";
import { MAX_DAYS_AHEAD } from "../../../domain/sending/schedule.ts";
import { readFiles } from "./files.ts";

/**
 * Validates the body of a single send, and converts it into a request.
 *
 * @param now epoch milliseconds
 * @param country ISO 3166 code of the country in which telephone numbers are read
 */
export function readRequest(
  channel: Channel,
  json: unknown,
  now: number,
  country: string,
): Result<SendRequest, readonly ValidationProblem[]> {
  const options = { country, scheduleDays: MAX_DAYS_AHEAD };
  if (channel === "sms") {
    let phone: SendRequest["phone"];
    const onPhone = (number: PhoneNumber) => phone = { country, number };
    const body = validateV2("POST /v2/notifications/sms", json, now, { ...options, onPhone });
    if (!body.ok) return body;
    const { phone_number: to, sms_sender_id: senderId = null } = body.value;
    return checkTimes(body.value, { ...common(body.value), channel, to, phone, senderId });
  }
  if (channel === "inbox") {
    const body = validateV2("POST /v2/notifications/inbox", json, now, options);
    if (!body.ok) return body;
    return checkTimes(body.value, { ...common(body.value), channel, to: body.value.recipient_id });
  }
  if (channel === "diia") {
    const body = validateV2("POST /v2/notifications/diia", json, now, options);
    if (!body.ok) return body;
    return checkTimes(body.value, { ...common(body.value), channel, to: body.value.rnokpp });
  }
  const body = validateV2("POST /v2/notifications/email", json, now, options);
  if (!body.ok) return body;
  const { email_address: to, personalisation } = body.value;
  const files = readFiles(personalisation ?? {}, now);
  if (!files.ok) return files;
  return checkTimes(body.value, {
    ...common(body.value),
    channel,
    to,
    senderId: body.value.email_reply_to_id ?? null,
    oneClickUnsubscribeUrl: body.value.one_click_unsubscribe_url ?? null,
    sanitise: (body.value.sanitise_content_for ?? []).filter((name) => typeof name === "string"),
    files: files.value,
  });
}

/** The fields of a body that say when and on what conditions to deliver. */
interface TimesOfBody {
  readonly scheduled_for: string | null | undefined;
  readonly valid_until: string | null | undefined;
  readonly urgent: boolean | null | undefined;
}

/** The fields that the bodies of all channels have. */
interface CommonBody extends TimesOfBody {
  readonly template_id: TemplateId;
  readonly personalisation: Readonly<Record<string, unknown>> | undefined;
  readonly reference: string | undefined;
}

function common({ template_id, personalisation, reference, ...times }: CommonBody) {
  const delivery = readDelivery(times);
  return {
    template: { by: "id", id: template_id },
    personalisation: personalisation ?? {},
    reference: reference ?? null,
    senderId: null,
    oneClickUnsubscribeUrl: null,
    sanitise: [],
    ...(Object.keys(delivery).length === 0 ? {} : { delivery }),
  } as const;
}

/** Parses the delivery of a valid body. */
export function readDelivery({ scheduled_for, valid_until, urgent }: TimesOfBody): Delivery {
  const scheduledFor = toInstant(scheduled_for ?? "");
  const validUntil = toInstant(valid_until ?? "");
  return {
    ...(scheduledFor === undefined ? {} : { scheduledFor }),
    ...(validUntil === undefined ? {} : { validUntil }),
    ...(urgent === true ? { urgent } : {}),
  };
}

/** Refuses a body whose messages would expire before they are due. @returns the request */
export function checkTimes<T>(
  body: TimesOfBody,
  request: T,
): Result<T, readonly ValidationProblem[]> {
  const { scheduledFor, validUntil = Infinity } = readDelivery(body);
  if (scheduledFor === undefined || scheduledFor < validUntil) return ok(request);
  return refused([{
    error: "ValidationError",
    message: "valid_until datetime must be after scheduled_for",
  }]);
}
