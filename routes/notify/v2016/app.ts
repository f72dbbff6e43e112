import { type Context, Hono } from "hono";
import { z } from "zod";
import { parseNotificationId, parseUuid, type TemplateId } from "../../../domain/ids.ts";
import type { StoredNotification } from "../../../domain/notification/notification.ts";
import type { NotificationStore } from "../../../domain/ports/notification_store.ts";
import { ok, refuse as refused, type Result } from "../../../domain/result.ts";
import type { SendRequest, TemplateChoice } from "../../../domain/sending/send_request.ts";
import type { Channel } from "../../../domain/service/service.ts";
import { word2016 } from "../../../domain/notification/status.ts";
import { NOTHING_READ, readBody } from "../../http/body.ts";
import { secureHeaders } from "../headers.ts";
import {
  type AppContext,
  type AppEnv,
  rootOf,
  toTimestamp,
  toTimestampOrNull,
  waitUntil,
} from "../../http/context.ts";
import { keepLongNumbers } from "../../http/json.ts";
import { methodNotAllowed } from "../../http/plain_errors.ts";
import { answerSent } from "../answer_sent.ts";
import type { Callers, RevisionConflict } from "../../../application/sending/authenticate.ts";
import { readIdempotency } from "../../../application/sending/idempotency.ts";
import type { Send, Sent } from "../../../application/sending/send_notification.ts";
import { type FieldProblems, type Refusal2016, toAnswer2016 } from "./errors.ts";

/** How many notifications a page holds. */
export const PAGE_SIZE_2016 = 50;
/** The last page that can be asked for: pages that are numbered are counted off from the newest. */
export const MAX_PAGE = 10_000;

/** What the surface works with. */
export interface Ports2016 {
  readonly callers: Callers;
  readonly send: Send;
  readonly notifications: NotificationStore;
  readonly publicUrl: string | undefined;
}

const REQUIRED = "Missing data for required field.";

const templateChoice = z.union([
  z.int().positive().transform((number): TemplateChoice => ({ by: "number", number })),
  z.string().transform((text, context): TemplateChoice => {
    const id = parseUuid(text);
    if (id !== undefined) return { by: "id", id: id as TemplateId };
    if (/^[1-9][0-9]{0,8}$/.test(text)) return { by: "number", number: Number(text) };
    context.issues.push({ code: "custom", message: "not a template", input: text });
    return z.NEVER;
  }),
]);

const body2016 = z.strictObject({
  to: z.string(),
  template: templateChoice,
  personalisation: z.record(z.string(), z.unknown()).optional(),
});

const MESSAGES: Readonly<Record<string, string>> = {
  to: "Not a valid string.",
  template: "Not a template's id or number.",
  personalisation: "Not a valid mapping type.",
};

/** Makes the first shape of the GOV.UK Notify API, `/notifications…` (the seed). */
export function create2016(ports: Ports2016): Hono<AppEnv> {
  const { callers, notifications, publicUrl, send } = ports;
  const app = new Hono<AppEnv>();

  const answer = (c: Context, refusal: Refusal2016, root: string) => {
    const { status, message, retryAfterS } = toAnswer2016(refusal, root);
    if (retryAfterS !== undefined) c.header("Retry-After", String(retryAfterS));
    return c.json({ result: "error", message }, status);
  };
  const refuse = (c: AppContext, refusal: Refusal2016) => answer(c, refusal, rootOf(c, publicUrl));

  app.use("/notifications/*", secureHeaders);

  async function post(c: AppContext, channel: Channel): Promise<Response> {
    let body = NOTHING_READ;
    const result = await callers.run<Sent, Refusal2016>(
      c.req.header("authorization"),
      async () => {
        const read = await readBody(c);
        if (!read.ok) return read;
        body = read.value;
        const named = readRequest(channel, body.json);
        return ok(named.ok ? named.value.template : undefined);
      },
      async (caller): Promise<Result<Sent, Refusal2016 | RevisionConflict>> => {
        c.get("facts").serviceId = caller.context.service.id;
        const idempotency = await readIdempotency(c.req.header("idempotency-key"), [
          "POST",
          c.req.path,
          caller.key.kind,
          body.text,
        ]);
        const request = readRequest(channel, keepLongNumbers(body.text, body.json));
        const limited = send.checkRateLimits(caller, channel);
        if (limited !== undefined) return await send.replayOrRefuse(caller, idempotency, limited);
        if (!request.ok) return request;
        if (!idempotency.ok) return idempotency;
        return await send.send(caller, request.value, {
          idempotency: idempotency.value,
          present: ({ notification: { id } }) => JSON.stringify({ data: { notification: { id } } }),
          waitUntil: waitUntil(c),
        });
      },
    );
    if (!result.ok) return refuse(c, result.refusal);
    return answerSent(c, result.value);
  }

  app.post("/notifications/sms", (c) => post(c, "sms"));
  app.post("/notifications/email", (c) => post(c, "email"));

  app.get("/notifications", async (c) => {
    const params = new URL(c.req.url).searchParams;
    const asked = params.get("page") ?? "1";
    const page = Number(asked);
    const listed = await callers.read<readonly StoredNotification[], Refusal2016>(
      c.req.header("authorization"),
      async ({ context, key }) => {
        c.get("facts").serviceId = context.service.id;
        if (!/^[1-9][0-9]*$/.test(asked) || page > MAX_PAGE) {
          const problems = { page: [`Not a page number: 1 to ${MAX_PAGE}.`] };
          return refused({ kind: "fields", problems });
        }
        return ok(
          await notifications.list(context.service.id, {
            keyKind: key.kind,
            channels: [],
            statuses: [],
            reference: undefined,
            includeJobs: true,
            olderThan: undefined,
            offset: (page - 1) * PAGE_SIZE_2016,
            limit: PAGE_SIZE_2016 + 1,
          }),
        );
      },
    );
    if (!listed.ok) return refuse(c, listed.refusal);
    const address = (number: number) => `${rootOf(c, publicUrl)}notifications?page=${number}`;
    const hasNext = listed.value.length > PAGE_SIZE_2016 && page < MAX_PAGE;
    return c.json({
      data: listed.value.slice(0, PAGE_SIZE_2016).map((notification) => ({
        notification: present2016(notification),
      })),
      links: {
        ...(page > 1 ? { prev: address(page - 1) } : {}),
        ...(hasNext ? { next: address(page + 1) } : {}),
      },
    });
  });

  app.get("/notifications/:id", async (c) => {
    const found = await callers.read<StoredNotification, Refusal2016>(
      c.req.header("authorization"),
      async ({ context }) => {
        c.get("facts").serviceId = context.service.id;
        const notificationId = parseNotificationId(c.req.param("id"));
        if (notificationId === undefined) {
          const problems = { notification_id: ["Not a valid UUID."] };
          return refused({ kind: "fields", problems });
        }
        const serviceId = context.service.id;
        const notification = await notifications.get({ serviceId, notificationId });
        return notification === undefined ? refused({ kind: "no-result" }) : ok(notification);
      },
    );
    if (!found.ok) return refuse(c, found.refusal);
    return c.json({ data: { notification: present2016(found.value) } });
  });

  for (const path of ["/notifications", "/notifications/:id"]) app.all(path, methodNotAllowed);
  return app;
}

function readRequest(channel: Channel, json: unknown): Result<SendRequest, Refusal2016> {
  if (json === undefined) return refused({ kind: "not-json" });
  const body = body2016.safeParse(json);
  if (!body.success) return refused({ kind: "fields", problems: toProblems(json, body.error) });
  return ok({
    channel,
    to: body.data.to,
    template: body.data.template,
    personalisation: body.data.personalisation ?? {},
    reference: null,
    senderId: null,
    oneClickUnsubscribeUrl: null,
    sanitise: [],
  });
}

function toProblems(json: unknown, error: z.ZodError): FieldProblems {
  const given = typeof json === "object" && json !== null ? json : {};
  const problems = new Map<string, readonly string[]>();
  for (const issue of error.issues) {
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) problems.set(key, ["Unknown field."]);
      continue;
    }
    const field = String(issue.path[0] ?? "body");
    const absent = field !== "body" && !Object.hasOwn(given, field);
    const message = field === "body" ? "Not a JSON object." : MESSAGES[field] ?? issue.message;
    problems.set(field, [absent ? REQUIRED : message]);
  }
  return Object.fromEntries(problems);
}

function present2016(notification: StoredNotification): Readonly<Record<string, unknown>> {
  const { channel, status, complainedAt } = notification;
  return {
    status: word2016(status, channel, complainedAt !== null),
    createdAt: toTimestamp(notification.createdAt),
    to: notification.personal.to,
    method: channel,
    sentAt: toTimestampOrNull(notification.sentAt),
    id: notification.id,
    message: notification.personal.body,
    jobId: null,
    sender: notification.provider,
  };
}
