import * as z from "zod/mini";
import { parseGoLiveRequestId } from "../../../domain/ids.ts";
import { MAX_LIMIT } from "../../../domain/service/setting_rules.ts";
import { parsed } from "../../http/validation.ts";
import { typedAddress } from "../schemas.ts";

const count = z.int().check(z.minimum(0), z.maximum(MAX_LIMIT));

/**
 * The body of `POST …/go-live-requests`. The use case evaluates the values; `id` is one of the caller's, so that a request
 * that is sent twice is made once.
 */
export const newGoLiveRequest = z.strictObject({
  id: z.optional(parsed(parseGoLiveRequestId, "must be a UUID")),
  volumes: z.partial(z.strictObject({ sms: count, email: count, inbox: count, diia: count })),
  contact: typedAddress,
  accepts_terms: z.boolean(),
});

const limit = z.nullable(count);

/** The body of `PATCH …/go-live-requests/{request_id}`: an operator's answer. */
export const goLiveAnswer = z.strictObject({
  state: z.enum(["approved", "refused"]),
  reason: z.nullish(z.string()),
  daily_limits: z.optional(z.partial(z.strictObject({
    sms: limit,
    email: limit,
    inbox: limit,
    diia: limit,
    international_sms: limit,
  }))),
});
