import type { Hono } from "hono";
import { parseTemplateId, type TemplateId } from "../../../domain/ids.ts";
import type { Plan } from "../../../domain/sending/plan_notification.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import { ok, refuse as refused, type Result } from "../../../domain/result.ts";
import type { SendRequest } from "../../../domain/sending/send_request.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import { isJsonObject } from "../../../domain/json/json_object.ts";
import { validateV2 } from "../../../domain/notify_v2/validate_v2.ts";
import { readBody } from "../../http/body.ts";
import { type AppContext, type AppEnv, rootOf, waitUntil } from "../../http/context.ts";
import { keepLongNumbersInList } from "../../http/json.ts";
import type { Caller } from "../../../application/sending/authenticate.ts";
import {
  deriveIdempotency,
  type IdempotentRequest,
  readIdempotency,
} from "../../../application/sending/idempotency.ts";
import type {
  BatchItem,
  BatchItemResult,
  BatchSource,
} from "../../../application/sending/send_batch.ts";
import { ITEMS_BEFORE_YIELD, turn } from "../../../application/event_loop.ts";
import { type NotifyRefusal, toNotifyAnswer } from "../errors.ts";
import type { Refuse, V2Ports } from "./ports.ts";
import { presentAccepted } from "./present.ts";
import { readRequest } from "./single.ts";

/** Where unlike notifications are sent in one request. */
const BATCH_PATH = "/v2/notifications/batch";
/** The largest batch, in bytes. */
export const MAX_BATCH_BYTES = 20 * 1024 * 1024;

/** One of a batch, as far as it can be judged by itself. */
interface ParsedItem {
  readonly request: Result<SendRequest, NotifyRefusal>;
  readonly idempotency: IdempotentRequest | undefined;
}

type Verdict = Result<BatchItemResult, NotifyRefusal>;

/** Adds `POST /v2/notifications/batch`. */
export function addBatchRoutes(app: Hono<AppEnv>, ports: V2Ports, refuse: Refuse): void {
  const { callers, clock, sendBatch } = ports;

  app.post(BATCH_PATH, async (c) => {
    const header = c.req.header("authorization");
    const identified = await callers.read<Caller, never>(
      header,
      (caller) => Promise.resolve(ok(caller)),
    );
    if (!identified.ok) return refuse(c, identified.refusal);
    const caller = identified.value;
    const { service } = caller.context;
    c.get("facts").serviceId = service.id;
    const items = await readBatch(c, caller, clock);
    if (!items.ok) return refuse(c, items.refusal);

    const root = rootOf(c, ports.publicUrl);
    const sendable = items.value.flatMap(({ request, idempotency }, index) =>
      request.ok ? [{ index, request: request.value, idempotency }] : []
    );
    const templateIds = new Set(sendable.flatMap(({ request }) => idOf(request) ?? []));
    let known: Caller | undefined = caller;
    async function load(): Promise<BatchSource | undefined> {
      const current: Caller | undefined = known ?? await again();
      known = undefined;
      if (current === undefined) return undefined;
      // Read after the service: a template that has changed since makes its revision another, and nothing is accepted.
      const found = await ports.templates.getTemplates(service.id, [...templateIds]);
      const families = new Map(found.map((family) => [family.template.id, family]));
      const toItem = ({ request, idempotency }: Omit<BatchItem, "template">): BatchItem => {
        const id = idOf(request);
        const { template, translations } = (id === undefined ? undefined : families.get(id)) ?? {};
        return { request, idempotency, template, translations };
      };
      return { context: current.context, items: sendable.map(toItem) };
    }
    async function again(): Promise<Caller | undefined> {
      const read = await callers.read<Caller, never>(
        header,
        (caller) => Promise.resolve(ok(caller)),
      );
      return read.ok ? read.value : undefined;
    }
    const sent = sendable.length === 0
      ? []
      : await sendBatch.send(caller.key, load, waitUntil(c), (plan) => present(plan, root));
    const verdicts = new Map<number, Verdict>(
      sendable.map(({ index }, at) => [index, sent[at] ?? refused({ kind: "unjudged" })]),
    );
    const earlier = await sendBatch.recall(
      service.id,
      items.value.flatMap(({ request, idempotency }) =>
        request.ok || idempotency === undefined ? [] : [idempotency]
      ),
    );
    const limited = sent.find((verdict) => !verdict.ok && verdict.refusal.kind === "rate-limited");
    // Of a batch that is said again, each part has its own answer.
    const isSaidAgain = earlier.size > 0 || sent.some(({ ok }) => ok);
    if (limited?.ok === false && !isSaidAgain) return refuse(c, limited.refusal);

    const notifications = items.value.map(({ request, idempotency }, index) => {
      const replay = idempotency && earlier.get(idempotency);
      const judged: Verdict = request.ok
        ? refused({ kind: "unjudged" })
        : replay === undefined
        ? request
        : ok(replay);
      return presentVerdict(index, verdicts.get(index) ?? judged, root);
    });
    return c.json({ notifications });
  });
}

/** Reads a batch: each of its parts is right or wrong by itself. */
async function readBatch(
  c: AppContext,
  { context, key }: Caller,
  clock: Clock,
): Promise<Result<readonly ParsedItem[], NotifyRefusal>> {
  const read = await readBody(c, MAX_BATCH_BYTES);
  if (!read.ok) return refused({ kind: "too-large", megabytes: MAX_BATCH_BYTES / 1_048_576 });
  const { text, json } = read.value;
  if (json === undefined) return refused({ kind: "not-json" });
  const now = clock.now();
  const body = validateV2("POST /v2/notifications/batch", json, now);
  if (!body.ok) return refused({ kind: "validation", problems: body.refusal });
  const header = c.req.header("idempotency-key");
  const ofAll = await readIdempotency(header, []);
  if (!ofAll.ok) return ofAll;
  const items = keepLongNumbersInList(text, body.value.notifications, "notifications");
  const { country } = context.service.settings;
  const parts: ParsedItem[] = [];
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % ITEMS_BEFORE_YIELD === 0) await turn();
    const idempotency = await readItemKey(header, item, index, [
      "POST",
      BATCH_PATH,
      key.kind,
      JSON.stringify(item),
    ]);
    parts.push(
      idempotency.ok
        ? { request: readItem(item, now, country), idempotency: idempotency.value }
        : { request: idempotency, idempotency: undefined },
    );
  }
  return ok(parts);
}

/** Its own key, or one that is made of that of the whole batch. */
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
      : refused({ kind: "idempotency-key-not-valid" });
  }
  return ok(
    header === undefined ? undefined : await deriveIdempotency(header, String(index), request),
  );
}

function readItem(
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
  if (!request.ok) return refused({ kind: "validation", problems: request.refusal });
  if (request.value.files === undefined || request.value.files.length === 0) return request;
  return invalid(
    "personalisation has a file: files are sent with POST /v2/notifications/email only",
  );
}

function invalid(message: string): Result<never, NotifyRefusal> {
  return refused({ kind: "validation", problems: [{ error: "ValidationError", message }] });
}

function idOf({ template }: SendRequest): TemplateId | undefined {
  return template.by === "id" ? parseTemplateId(template.id) : undefined;
}

/** As a single send is answered, without its content: a thousand long letters are not sent back at once. */
function present(plan: Plan, root: string): string {
  const { content: _, ...rest } = presentAccepted(plan, root);
  return JSON.stringify(rest);
}

function presentVerdict(
  index: number,
  verdict: Verdict,
  root: string,
): Readonly<Record<string, unknown>> {
  if (!verdict.ok) {
    const { status, errors } = toNotifyAnswer(verdict.refusal, root);
    return { index, status_code: status, errors };
  }
  const { answer, replayed } = verdict.value;
  return {
    index,
    status_code: 201,
    ...JSON.parse(answer),
    ...(replayed ? { replayed } : {}),
  };
}
