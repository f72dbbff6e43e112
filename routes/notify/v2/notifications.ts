import type { Hono } from "hono";
import { parseTemplateId } from "../../../domain/ids.ts";
import { ok, refuse as refused, type Result } from "../../../domain/result.ts";
import type { SendRequest, TemplateChoice } from "../../../domain/sending/send_request.ts";
import { type Channel, CHANNELS } from "../../../domain/service/service.ts";
import { STATUSES } from "../../../domain/notification/status.ts";
import { expandStatuses } from "../../../domain/notify_v2/status_filter.ts";
import { isJsonObject } from "../../../domain/notify_v2/fields.ts";
import { parseListQuery } from "../../../domain/notify_v2/query.ts";
import { letterEndpoint, validateV2 } from "../../../domain/notify_v2/validate_v2.ts";
import { NOTHING_READ, readBody } from "../../http/body.ts";
import { answerSent } from "../answer_sent.ts";
import { type AppContext, type AppEnv, rootOf, waitUntil } from "../../http/context.ts";
import { keepLongNumbers } from "../../http/json.ts";
import { methodNotAllowed, notFound } from "../../http/plain_errors.ts";
import type { Caller, RevisionConflict } from "../../../application/sending/authenticate.ts";
import { readIdempotency } from "../../../application/sending/idempotency.ts";
import type { RequestFileLinks } from "../../../application/sending/file_links.ts";
import type { Sent } from "../../../application/sending/send_notification.ts";
import type { V2Refusal } from "./errors.ts";
import type { Refuse, V2Ports } from "./ports.ts";
import { presentAccepted, presentNotification } from "./present.ts";
import { readRequest } from "./single.ts";

/** How many notifications a page holds. */
export const PAGE_SIZE = 250;

type Judged = Result<Sent, V2Refusal | RevisionConflict>;

/** Adds sending and reading of notifications. */
export function addNotificationRoutes(app: Hono<AppEnv>, ports: V2Ports, refuse: Refuse): void {
  const { callers, clock, notifications, send, openFiles, publicUrl } = ports;

  async function post(
    c: AppContext,
    judge: (
      caller: Caller,
      json: unknown,
      text: string,
      files: RequestFileLinks,
    ) => Promise<Judged>,
  ): Promise<Response> {
    let body = NOTHING_READ;
    const files = openFiles(rootOf(c, publicUrl));
    const result = await callers.run<Sent, V2Refusal>(
      c.req.header("authorization"),
      async () => {
        const read = await readBody(c);
        if (!read.ok) return read;
        body = read.value;
        return ok(namedTemplate(body.json));
      },
      (caller) => {
        c.get("facts").serviceId = caller.context.service.id;
        return judge(caller, keepLongNumbers(body.text, body.json), body.text, files);
      },
    );
    // What was not accepted now needs no files.
    if (!result.ok || result.value.replayed) files.deleteUnclaimed(waitUntil(c));
    if (!result.ok) return refuse(c, result.refusal);
    return answerSent(c, result.value);
  }

  function judge(
    caller: Caller,
    channel: Channel,
    json: unknown,
  ): Result<SendRequest, V2Refusal> {
    const limited = send.checkRateLimits(caller, channel);
    if (limited !== undefined) return refused(limited);
    if (json === undefined) return refused({ kind: "not-json" });
    const { country } = caller.context.service.settings;
    const request = readRequest(channel, json, clock.now(), country);
    return request.ok ? request : refused({ kind: "validation", problems: request.refusal });
  }

  function postSingle(c: AppContext, channel: Channel): Promise<Response> {
    const root = rootOf(c, publicUrl);
    return post(c, async (caller, json, text, files): Promise<Judged> => {
      const idempotency = await readIdempotency(c.req.header("idempotency-key"), [
        "POST",
        c.req.path,
        caller.key.kind,
        text,
      ]);
      const request = judge(caller, channel, json);
      if (!request.ok) return await send.replayOrRefuse(caller, idempotency, request.refusal);
      if (!idempotency.ok) return idempotency;
      return await send.send(caller, request.value, {
        idempotency: idempotency.value,
        files,
        present: (plan) => JSON.stringify(presentAccepted(plan, root)),
        waitUntil: waitUntil(c),
      });
    });
  }

  app.post("/v2/notifications/sms", (c) => postSingle(c, "sms"));
  app.post("/v2/notifications/email", (c) => postSingle(c, "email"));
  app.post("/v2/notifications/inbox", (c) => postSingle(c, "inbox"));
  app.post("/v2/notifications/diia", (c) => postSingle(c, "diia"));

  app.post("/v2/notifications/letter", (c) =>
    post(c, (_caller, json): Promise<Judged> => {
      if (json === undefined) return Promise.resolve(refused({ kind: "not-json" }));
      const letter = validateV2(letterEndpoint(json), json, clock.now());
      return Promise.resolve(refused(
        letter.ok
          ? { kind: "channel-not-allowed", channel: "letter" }
          : { kind: "validation", problems: letter.refusal },
      ));
    }));

  app.post("/v2/notifications/:type", async (c) => {
    const caller = await callers.read<undefined, never>(
      c.req.header("authorization"),
      () => Promise.resolve(ok(undefined)),
    );
    return caller.ok ? notFound(c) : refuse(c, caller.refusal);
  });

  app.get("/v2/notifications", async (c) => {
    const root = rootOf(c, publicUrl);
    const params = new URL(c.req.url).searchParams;
    const page = await callers.read(c.req.header("authorization"), async ({ context, key }) => {
      const { service } = context;
      c.get("facts").serviceId = service.id;
      const query = validateV2("GET /v2/notifications", parseListQuery(params), clock.now());
      if (!query.ok) return refused<V2Refusal>({ kind: "validation", problems: query.refusal });
      const { reference, status, template_type, include_jobs, older_than } = query.value;
      const covered = new Set(expandStatuses(status ?? []));
      const statuses = STATUSES.filter((candidate) => covered.has(candidate));
      const types: readonly string[] | undefined = template_type;
      const channels = CHANNELS.filter((channel) => types?.includes(channel));
      const nothing = (status !== undefined && statuses.length === 0) ||
        (template_type !== undefined && channels.length === 0);
      if (nothing) return ok([]);
      return ok(
        await notifications.list(service.id, {
          keyKind: key.kind,
          channels,
          statuses,
          reference,
          includeJobs: include_jobs !== undefined,
          olderThan: older_than,
          offset: 0,
          limit: PAGE_SIZE,
        }),
      );
    });
    if (!page.ok) return refuse(c, page.refusal);
    const address = `${root}v2/notifications`;
    const last = page.value.at(-1);
    const next = new URLSearchParams(params);
    if (last !== undefined) next.set("older_than", last.id);
    return c.json({
      notifications: page.value.map((notification) => presentNotification(notification, root)),
      links: {
        current: params.size === 0 ? address : `${address}?${params}`,
        ...(last === undefined ? {} : { next: `${address}?${next}` }),
      },
    });
  });

  async function readOne(c: AppContext) {
    const notification_id = c.req.param("id");
    return await callers.read(c.req.header("authorization"), async ({ context }) => {
      c.get("facts").serviceId = context.service.id;
      const asked = validateV2(
        "GET /v2/notifications/{notification_id}",
        { notification_id },
        clock.now(),
      );
      if (!asked.ok) return refused<V2Refusal>({ kind: "validation", problems: asked.refusal });
      const notificationId = asked.value.notification_id;
      const found = await notifications.get({ serviceId: context.service.id, notificationId });
      return found === undefined ? refused<V2Refusal>({ kind: "no-result" }) : ok(found);
    });
  }

  app.get("/v2/notifications/:id", async (c) => {
    const found = await readOne(c);
    if (!found.ok) return refuse(c, found.refusal);
    return c.json(presentNotification(found.value, rootOf(c, publicUrl)));
  });

  app.get("/v2/notifications/:id/pdf", async (c) => {
    const found = await readOne(c);
    return refuse(c, found.ok ? { kind: "not-a-letter" } : found.refusal);
  });

  for (const path of ["/v2/notifications", "/v2/notifications/:id", "/v2/notifications/:id/pdf"]) {
    app.all(path, methodNotAllowed);
  }
}

/** The template that a body names, before anybody has looked at the rest: it saves a round trip. */
function namedTemplate(json: unknown): TemplateChoice | undefined {
  const id = isJsonObject(json) ? parseTemplateId(json.template_id) : undefined;
  return id === undefined ? undefined : { by: "id", id };
}
