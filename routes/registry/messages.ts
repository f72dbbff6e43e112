import type { Hono } from "hono";
import type { AccessToken } from "../../domain/access/access_tokens.ts";
import type { ServiceId } from "../../domain/ids.ts";
import type { RecipientSettingsStore } from "../../domain/ports/recipient_settings_store.ts";
import type { AcceptStore } from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import {
  type FanOut,
  fanOut,
  type FanOutItem,
  type FanOutRefusal,
  type Preferences,
} from "../../domain/registry/fan_out.ts";
import type { RegistryTemplateStore } from "../../domain/ports/registry_template_store.ts";
import {
  type UserNotification,
  userNotification,
} from "../../domain/registry/user_notification.ts";
import { ok, refuse as refused, type Result } from "../../domain/result.ts";
import { ACCESS_TOKEN_KEY } from "../../domain/service/no_key.ts";
import type { ApiKey } from "../../domain/service/service.ts";
import { AUTH_ANSWERS } from "../../domain/access/service_token/answers.ts";
import { readBody } from "../http/body.ts";
import { type AppContext, type AppEnv, rootOf, waitUntil } from "../http/context.ts";
import type { Callers } from "../../application/sending/authenticate.ts";
import {
  IDEMPOTENCY_TTL_MS,
  type IdempotentRequest,
  readIdempotency,
} from "../../application/sending/idempotency.ts";
import type { BatchItemResult, SendBatch } from "../../application/sending/send_batch.ts";
import { toV2Answer } from "../notify/v2/errors.ts";
import type { AccessTokenAuth } from "./access_token_auth.ts";
import { keepLongNumbers } from "../http/json.ts";
import { IN_ENGLISH } from "../http/validation.ts";
import { statusWhenNoneAccepted } from "./batch_status.ts";
import { registryProblem } from "./problem.ts";
import { fieldErrors } from "./request.ts";

/** The largest message, in bytes: ten thousand recipients with a dozen parameters each. */
export const MAX_MESSAGE_BYTES = 20 * 1024 * 1024;
/** How many refusals one answer lists. */
export const MAX_REFUSALS_REPORTED = 10_000;

/** What sending on the registries' surface works with. */
export interface RegistrySendPorts {
  readonly clock: Clock;
  readonly accessTokenAuth: AccessTokenAuth;
  readonly callers: Callers;
  readonly contexts: SendingContexts;
  readonly accepts: Pick<AcceptStore, "remember" | "recall">;
  readonly templates: Pick<RegistryTemplateStore, "family">;
  /** What people have chosen. */
  readonly recipientSettings: Pick<RecipientSettingsStore, "preferences">;
  readonly sendBatch: SendBatch;
  readonly serviceId: ServiceId;
  readonly senderRole: string;
  readonly publicUrl: string | undefined;
}

/** Adds `POST /api/notifications`. */
export function addSendRoutes(app: Hono<AppEnv>, ports: RegistrySendPorts): void {
  const { accessTokenAuth, senderRole } = ports;
  app.post("/api/notifications", async (c) => {
    if (c.req.header("authorization") === undefined) {
      return await accessTokenAuth.withRole(
        c,
        senderRole,
        (bearer) => send(c, ports, ACCESS_TOKEN_KEY, bearer),
      );
    }
    const caller = await ports.callers.read<ApiKey, "foreign">(
      c.req.header("authorization"),
      ({ context, key }) =>
        Promise.resolve(context.service.id === ports.serviceId ? ok(key) : refused("foreign")),
    );
    if (caller.ok) return await send(c, ports, caller.value, undefined);
    if (caller.refusal === "foreign") {
      return registryProblem(c, {
        status: 403,
        message:
          "The key is another service's than the one that the registries' messages belong to",
      });
    }
    const { status, message } = AUTH_ANSWERS[caller.refusal.refusal.kind];
    return registryProblem(c, { status, message });
  });
}

async function send(
  c: AppContext,
  ports: RegistrySendPorts,
  key: ApiKey,
  bearer: AccessToken | undefined,
): Promise<Response> {
  const { clock, serviceId, contexts, templates, sendBatch } = ports;
  c.get("facts").serviceId = serviceId;
  const read = await readBody(c, MAX_MESSAGE_BYTES);
  if (!read.ok) {
    return registryProblem(c, { status: 413, message: "The message is larger than 20 MB" });
  }
  const { json, text } = read.value;
  if (json === undefined) {
    return registryProblem(c, { status: 400, message: "The body is not JSON" });
  }
  const parsed = userNotification.safeParse(keepLongNumbers(text, json), IN_ENGLISH);
  if (!parsed.success) {
    return registryProblem(c, {
      status: 400,
      message: "Invalid request: see errors",
      errors: fieldErrors(parsed.error),
    });
  }
  const message = parsed.data;
  const idempotency = await readIdempotency(c.req.header("idempotency-key"), [
    "POST",
    c.req.path,
    bearer?.recipientId ?? key.id,
    text,
  ]);
  if (!idempotency.ok) return refuse(c, ports, idempotency.refusal);
  if (idempotency.value !== undefined && await isAnothers(ports, idempotency.value)) {
    return refuse(c, ports, { kind: "idempotency-key-reused" });
  }

  const preferences = await readPreferences(ports, message);
  const now = clock.now();
  const keys = new Map<string, IdempotentRequest>();
  let last: FanOut = { items: [], refused: [] };
  const verdicts = await sendBatch.send(key, async () => {
    const context = await contexts.load(serviceId, { fresh: true });
    if (context === undefined) return undefined;
    const family = await templates.family(serviceId, message.notification.templateName);
    last = fanOut(message, family, preferences, context.service.settings.language, now);
    const items = await Promise.all(
      last.items.map(async (item) => ({
        ...item,
        idempotency: await keyOf(keys, idempotency.value, item),
      })),
    );
    return { context, items };
  }, waitUntil(c));
  return answer(c, ports, message, last, verdicts);
}

async function readPreferences(
  { recipientSettings, serviceId }: RegistrySendPorts,
  { notification, recipients }: UserNotification,
): Promise<ReadonlyMap<string, Preferences>> {
  if (notification.ignoreChannelPreferences === true) return new Map();
  const ids = new Set(recipients.flatMap(({ id }) => id ?? []));
  if (ids.size === 0) return new Map();
  const chosen = await recipientSettings.preferences(serviceId, [...ids]);
  return new Map(
    Array.from(chosen, ([id, channels]) => [
      id,
      Object.fromEntries(channels.map(({ channel, address }) => [channel, address])),
    ]),
  );
}

/**
 * Whether the key stands for another message. It stands for this one from now on: a part of another may not be taken
 * under it, whatever becomes of this one.
 */
async function isAnothers(
  { accepts, clock, serviceId }: RegistrySendPorts,
  request: IdempotentRequest,
): Promise<boolean> {
  const now = clock.now();
  const claim = { ...request, expiresAt: now + IDEMPOTENCY_TTL_MS, answer: "" };
  if (await accepts.remember(serviceId, claim)) return false;
  const { earlier } = await accepts.recall(serviceId, request.keyHash, [], now);
  return earlier !== undefined && earlier.requestHash !== request.requestHash;
}

/** Each notification of a message has a key of its own, so that a repeated message goes on where it stopped. */
async function keyOf(
  known: Map<string, IdempotentRequest>,
  request: IdempotentRequest | undefined,
  { recipient, channel }: FanOutItem,
): Promise<IdempotentRequest | undefined> {
  if (request === undefined) return undefined;
  const name = `${request.keyHash} ${recipient} ${channel}`;
  const found = known.get(name);
  if (found !== undefined) return found;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name));
  const made = { ...request, keyHash: new Uint8Array(digest).toHex() };
  known.set(name, made);
  return made;
}

function answer(
  c: AppContext,
  ports: RegistrySendPorts,
  { recipients }: UserNotification,
  { items, refused }: FanOut,
  verdicts: readonly Result<BatchItemResult, Refusal>[],
): Response {
  const root = rootOf(c, ports.publicUrl);
  const notifications: Readonly<Record<string, unknown>>[] = [];
  const refusals: Readonly<Record<string, unknown>>[] = refused.map(({ recipient, refusal }) => ({
    recipient,
    recipientId: recipients[recipient]?.id ?? null,
    ...reportFanOut(refusal),
  }));
  for (const [index, { recipient, channel }] of items.entries()) {
    const verdict = verdicts[index];
    const recipientId = recipients[recipient]?.id ?? null;
    if (verdict?.ok === true) {
      const { id, replayed } = verdict.value;
      notifications.push({
        recipient,
        recipientId,
        channel,
        id,
        ...(replayed ? { replayed } : {}),
      });
    } else if (verdict !== undefined) {
      const [told] = toV2Answer(verdict.refusal, root).errors;
      const { kind: code } = verdict.refusal;
      refusals.push({ recipient, recipientId, channel, code, message: told?.message ?? code });
    }
  }
  if (notifications.length > 0) {
    return c.json({ notifications, refused: refusals.slice(0, MAX_REFUSALS_REPORTED) }, 202);
  }
  const answers = verdicts.flatMap((verdict) =>
    verdict.ok ? [] : [toV2Answer(verdict.refusal, root)]
  );
  return registryProblem(c, {
    ...statusWhenNoneAccepted(answers),
    message: "None of the notifications was accepted",
    errors: refusals.slice(0, MAX_REFUSALS_REPORTED).map((told) => ({
      field: `recipients.${told.recipient}`,
      message: told.channel === null ? `${told.message}` : `${told.channel}: ${told.message}`,
    })),
  });
}

function refuse(c: AppContext, { publicUrl }: RegistrySendPorts, refusal: Refusal): Response {
  const { status, errors, retryAfterS } = toV2Answer(refusal, rootOf(c, publicUrl));
  const message = errors.map((error) => error.message).join(". ");
  return registryProblem(c, {
    status,
    message,
    ...(retryAfterS === undefined ? {} : { retryAfterS }),
  });
}

function reportFanOut(refusal: FanOutRefusal): {
  readonly channel: string | null;
  readonly code: string;
  readonly message: string;
} {
  const code = refusal.kind;
  switch (refusal.kind) {
    case "unknown-channel": {
      const channel = refusal.channel.slice(0, 50);
      return { channel, code, message: "The channel is none of inbox, email, diia, sms" };
    }
    case "no-address":
      return { channel: refusal.channel, code, message: "No address of the channel is known" };
    case "no-channel":
      return { channel: null, code, message: "The recipient names no channel" };
    case "no-recipient-id":
      return { channel: "inbox", code, message: "The recipient has no id" };
    case "channel-repeated":
      return { channel: refusal.channel, code, message: "The channel is named twice" };
  }
}
