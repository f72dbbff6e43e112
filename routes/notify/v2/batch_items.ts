/** Reads the body of `POST /v2/notifications/batch`: each item is valid or invalid by itself. */
import {
  abortError,
  runInSlices,
  startTimeSlice,
  yieldToEventLoop,
} from "../../../application/event_loop.ts";
import {
  deriveIdempotency,
  type IdempotentRequest,
  readIdempotency,
} from "../../../application/sending/idempotency.ts";
import type { ParsedItem } from "../../../application/sending/send_notification_batch.ts";
import { isJsonObject } from "../../../domain/json/json_object.ts";
import { JSON_LIST_LIMITS } from "../../../domain/json/json_shape.ts";
import { mayHoldLongIntegers } from "../../../domain/json/long_integers.ts";
import { parseJsonInSteps } from "../../../domain/json/parse_json_in_steps.ts";
import { validateV2 } from "../../../domain/notify_v2/validate_v2.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import type { SendRequest } from "../../../domain/sending/send_request.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import type { CallerContext } from "../../http/authenticate_caller.ts";
import { readBody } from "../../http/body.ts";
import { takeField } from "../../http/json.ts";
import type { NotifyRefusal } from "../errors.ts";
import { readRequest } from "./single.ts";

/** The path of the batch call; an idempotency key identifies a request to it. */
export const BATCH_PATH = "/v2/notifications/batch";
/** The largest batch, in bytes. */
export const MAX_BATCH_BYTES = 20 * 1024 * 1024;

/**
 * Reads and validates the body of the batch call. The result has an item for each notification, in order: a request to
 * send or the refusal of that one. The whole batch is refused when the body is not a valid list, is larger than {@link
 * MAX_BATCH_BYTES}, or the `Idempotency-Key` header is not valid.
 *
 * @param now epoch milliseconds
 */
export async function readBatch(
  c: CallerContext,
  now: number,
): Promise<Result<readonly ParsedItem<NotifyRefusal>[], NotifyRefusal>> {
  const body = await readBody(c, MAX_BATCH_BYTES, JSON_LIST_LIMITS);
  if (!body.ok) {
    return body.refusal.kind === "too-large"
      ? refuse({ kind: "too-large", megabytes: MAX_BATCH_BYTES / 1_048_576 })
      : refuse(body.refusal);
  }
  const { text, json, limit } = body.value;
  if (json === undefined) return refuse(limit ?? { kind: "not-json" });
  const batch = validateV2("POST /v2/notifications/batch", json, now);
  if (!batch.ok) return refuse({ kind: "validation", problems: batch.refusal });
  const header = c.req.header("idempotency-key");
  const batchKey = await readIdempotency(header, []);
  if (!batchKey.ok) return batchKey;
  const { context: { service }, key } = c.var.caller;
  const { signal } = c.req.raw;
  const items = await keepLongNumbersOfItems(text, batch.value.notifications, signal);
  const parsed: ParsedItem<NotifyRefusal>[] = [];
  let isSliceOver = startTimeSlice();
  for (const [index, item] of items.entries()) {
    if (isSliceOver()) {
      await yieldToEventLoop();
      if (signal.aborted) throw abortError();
      isSliceOver = startTimeSlice();
    }
    const request = ["POST", BATCH_PATH, key.kind, JSON.stringify(item)];
    const idempotency = await readItemKey(header, item, index, request);
    parsed.push(
      idempotency.ok
        ? {
          request: parseItem(item, now, service.settings.country),
          idempotency: idempotency.value,
        }
        : { request: idempotency, idempotency: undefined },
    );
  }
  return ok(parsed);
}

/** Replaces long integers in the personalisation of items by strings of their digits. */
async function keepLongNumbersOfItems(
  text: string,
  items: readonly unknown[],
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  if (!mayHoldLongIntegers(text)) return items;
  const steps = parseJsonInSteps(text, { keepsLongIntegers: true });
  const kept = await runInSlices(steps, signal);
  const keptItems = isJsonObject(kept) && Array.isArray(kept.notifications)
    ? kept.notifications
    : [];
  return items.map((item, index) => takeField(item, keptItems[index], "personalisation"));
}

/** The item's own key, or one that is derived from the key of the whole batch. */
async function readItemKey(
  header: string | undefined,
  item: unknown,
  index: number,
  request: readonly string[],
): Promise<Result<IdempotentRequest | undefined, NotifyRefusal>> {
  const own = isJsonObject(item) ? item.idempotency_key ?? undefined : undefined;
  if (own !== undefined) {
    return typeof own === "string"
      ? await readIdempotency(own, request)
      : refuse({ kind: "idempotency-key-not-valid" });
  }
  if (header === undefined) return ok(undefined);
  return ok(await deriveIdempotency(header, String(index), request));
}

function parseItem(
  item: unknown,
  now: number,
  country: string,
): Result<SendRequest, NotifyRefusal> {
  if (!isJsonObject(item)) return invalid("notification is not of type object");
  const { type, idempotency_key: _, ...body } = item;
  if (type === undefined) return invalid("type is a required property");
  const channel = CHANNELS.find((candidate) => candidate === type);
  if (channel === undefined) return invalid(`type is not one of [${CHANNELS.join(", ")}]`);
  const request = readRequest(channel, body, now, country);
  if (!request.ok) return refuse({ kind: "validation", problems: request.refusal });
  if (request.value.files === undefined || request.value.files.length === 0) return request;
  return invalid(
    "personalisation has a file: files are sent with POST /v2/notifications/email only",
  );
}

function invalid(message: string): Result<never, NotifyRefusal> {
  return refuse({ kind: "validation", problems: [{ error: "ValidationError", message }] });
}
