import type { ServiceId } from "../../domain/ids.ts";
import type { AcceptStore } from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { RecipientSettingsStore } from "../../domain/ports/recipient_settings_store.ts";
import type { RegistryTemplateStore } from "../../domain/ports/registry_template_store.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import {
  type FanOut,
  fanOut,
  type FanOutItem,
  type Preferences,
  toPerson,
} from "../../domain/registry/fan_out.ts";
import type { UserNotification } from "../../domain/registry/user_notification.ts";
import { personText, type Realm } from "../../domain/recipient/realm.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import type { ApiKey } from "../../domain/service/service.ts";
import type { BatchResult } from "./batch_results.ts";
import type { WaitUntil } from "./file_links.ts";
import { IDEMPOTENCY_TTL_MS, type IdempotentRequest } from "./idempotency.ts";
import type { SendBatch } from "./send_batch.ts";
import { sha256Hex } from "../sha256_hex.ts";

/** Dependencies of {@link createSendUserNotification}. */
export interface UserNotificationPorts {
  readonly clock: Clock;
  readonly contexts: Pick<SendingContexts, "load">;
  readonly accepts: Pick<AcceptStore, "storeAnswer" | "recall">;
  readonly templates: Pick<RegistryTemplateStore, "listByName">;
  /** The channels and addresses that recipients have chosen for themselves. */
  readonly recipientSettings: Pick<RecipientSettingsStore, "preferences">;
  readonly sendBatch: Pick<SendBatch, "send">;
  /** The service that the registries' messages belong to. */
  readonly serviceId: ServiceId;
  /**
   * The realms (portals: `citizen`, `officer`) whose issuers sign access tokens; absent when the deployment does not
   * distinguish realms.
   */
  readonly realms?: readonly Realm[] | undefined;
}

/** A message that a registry (a government system that calls `POST /api/notifications`) sends to its recipients. */
export interface UserNotificationCommand {
  /** The API key that the notifications belong to. */
  readonly key: ApiKey;
  readonly message: UserNotification;
  readonly idempotency: IdempotentRequest | undefined;
  readonly waitUntil: WaitUntil;
}

/** What became of a message: its notifications, and their results. */
export interface SentUserNotification {
  /**
   * The planned notifications (`items`, one for each recipient and channel), and the recipients' channels that were
   * refused before planning.
   */
  readonly fanOut: FanOut;
  /** The result of each of `fanOut.items`, in their order; empty when the service no longer exists. */
  readonly results: readonly BatchResult[];
}

/**
 * Sends a message of a registry to each of its recipients, as one notification for each of the recipient's channels.
 * The recipients' own settings decide the channels, unless the message says to ignore them. A retry with the same
 * idempotency key sends only what was not accepted before. The only refusal is `idempotency-key-reused`: the key
 * belongs to another message.
 */
export type SendUserNotification = (
  command: UserNotificationCommand,
) => Promise<Result<SentUserNotification, Refusal>>;

/** Creates the use case of `POST /api/notifications`. */
export function createSendUserNotification(ports: UserNotificationPorts): SendUserNotification {
  const { clock, contexts, templates, sendBatch, serviceId, realms } = ports;

  return async ({ key, message, idempotency, waitUntil }) => {
    if (idempotency !== undefined && await isReused(ports, idempotency)) {
      return refuse({ kind: "idempotency-key-reused" });
    }
    const preferences = await loadPreferences(ports, message);
    const now = clock.now();
    const itemKeys = new Map<string, IdempotentRequest>();
    let latest: FanOut = { items: [], refused: [] };
    const results = await sendBatch.send(key, async () => {
      const context = await contexts.load(serviceId, { fresh: true });
      if (context === undefined) return undefined;
      const variants = await templates.listByName(serviceId, message.notification.templateName);
      const { language } = context.service.settings;
      latest = fanOut(message, variants, preferences, language, now, realms);
      const items = await Promise.all(
        latest.items.map(async (item) => ({
          ...item,
          idempotency: await itemKey(itemKeys, idempotency, item),
        })),
      );
      return { context, items };
    }, waitUntil);
    return ok({ fanOut: latest, results });
  };
}

/**
 * Whether the key was used for another message. From now on it identifies this message, even if none of its
 * notifications is accepted.
 */
async function isReused(
  { accepts, clock, serviceId }: UserNotificationPorts,
  request: IdempotentRequest,
): Promise<boolean> {
  const now = clock.now();
  const claim = { ...request, expiresAt: now + IDEMPOTENCY_TTL_MS, answer: "" };
  if (await accepts.storeAnswer(serviceId, claim)) return false;
  const { earlier } = await accepts.recall(serviceId, request.keyHash, [], now);
  return earlier !== undefined && earlier.requestHash !== request.requestHash;
}

async function loadPreferences(
  { recipientSettings, serviceId, realms }: UserNotificationPorts,
  { notification, recipients }: UserNotification,
): Promise<ReadonlyMap<string, Preferences>> {
  if (notification.ignoreChannelPreferences === true) return new Map();
  const people = new Set(
    recipients.flatMap((recipient) => {
      const person = toPerson(recipient, realms);
      return person === undefined ? [] : [personText(person)];
    }),
  );
  if (people.size === 0) return new Map();
  const chosen = await recipientSettings.preferences(serviceId, [...people]);
  return new Map(
    Array.from(chosen, ([person, channels]) => [
      person,
      Object.fromEntries(channels.map(({ channel, address }) => [channel, address])),
    ]),
  );
}

/** Derives the key of one notification of a message, so that a retried message continues where it stopped. */
async function itemKey(
  cache: Map<string, IdempotentRequest>,
  request: IdempotentRequest | undefined,
  { recipient, channel }: FanOutItem,
): Promise<IdempotentRequest | undefined> {
  if (request === undefined) return undefined;
  const name = `${request.keyHash} ${recipient} ${channel}`;
  const cached = cache.get(name);
  if (cached !== undefined) return cached;
  const key = { ...request, keyHash: await sha256Hex(name) };
  cache.set(name, key);
  return key;
}
