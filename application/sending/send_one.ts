/** Sends one message without an API key: a person's in the web application, and a repeated one. */
import { OWN_SERVICE_ID } from "../../domain/accounts/own_service_id.ts";
import type { ServiceId, UserId } from "../../domain/ids.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Plan } from "../../domain/sending/plan_notification.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import type { SendRequest } from "../../domain/sending/send_request.ts";
import { ACCESS_TOKEN_KEY } from "../../domain/service/no_key.ts";
import type { KeyKind } from "../../domain/service/service.ts";
import { sleep } from "../sleep.ts";
import type { WaitUntil } from "./file_links.ts";
import type { Sent } from "./replay.ts";
import type { SendFormat } from "./send_format.ts";
import type { SendNotification } from "./send_notification.ts";
import type { LoadParty } from "./sending_party.ts";

/** Dependencies of {@link createSendOne}. */
export interface SendOnePorts {
  readonly sendNotification: Pick<SendNotification, "sendAs" | "checkAs">;
  readonly contexts: Pick<SendingContexts, "load">;
  readonly templates: Pick<ManagementStore, "getTemplate">;
}

/** The version of the template that a message is made of. */
export interface VersionChoice {
  readonly version: number;
  /** Whether the message is refused when the template has a newer version. */
  readonly mustBeNewest: boolean;
}

/** A message to one recipient. */
export interface OneMessage {
  readonly serviceId: ServiceId;
  /** The person who sends it; absent when a program does. */
  readonly authorId?: UserId | undefined;
  /** As which kind of API key it is sent: `live`, or that of the message which it repeats. */
  readonly keyKind: KeyKind;
  readonly request: SendRequest;
  readonly version: VersionChoice;
  /** The URL of this deployment, ending in a slash; links begin with it. */
  readonly root: string;
}

/** How a message is sent, and answered. */
export interface SendOneOptions {
  /** The path of the request. The same idempotency key at another path is another request. */
  readonly path: string;
  /** The same key sends once within a day; `undefined` for a request without one. */
  readonly idempotencyKey: string | undefined;
  readonly present: (plan: Plan) => string;
  readonly waitUntil: WaitUntil;
  /**
   * Waits for a request with the same idempotency key that is being evaluated, 3 seconds at most and until the signal is
   * aborted, and returns its answer: a form that a double click has sent twice. Absent: it is refused at once.
   */
  readonly waitForDuplicate?: AbortSignal;
}

/** Why a message is refused before its content is looked at. */
export type PartyRefusal =
  | { readonly kind: "service-not-found" }
  /** Hark's own messages, such as codes to sign in with, are not sent by people. */
  | { readonly kind: "own-service" }
  /** The template has a newer version than the one that was checked. */
  | { readonly kind: "template-changed" };

/** Sends messages without an API key, by the use case that every API sends with. */
export interface SendOne {
  /**
   * Evaluates the message as {@link send} would, and changes nothing. With `hidesSuppressions` the answer does not tell
   * whether the recipient is suppressed.
   */
  check(
    message: OneMessage,
    options?: { readonly hidesSuppressions: boolean },
  ): Promise<Result<Plan, Refusal | PartyRefusal>>;
  /** Accepts the message or refuses it. When it returns an answer, the message is on disk. */
  send(
    message: OneMessage,
    options: SendOneOptions,
  ): Promise<Result<Sent, Refusal | PartyRefusal>>;
}

/** How often a message looks for the answer to an equal request, and how long it waits between, in milliseconds. */
const IN_FLIGHT_TRIES = 11;
const IN_FLIGHT_WAIT_MS = 300;

/** Creates the use case. */
export function createSendOne(ports: SendOnePorts): SendOne {
  const { sendNotification } = ports;
  return {
    check: (message, options) =>
      sendNotification.checkAs(loadFor(ports, message), {
        ...commandOf(message, () => ""),
        ...options,
      }),
    async send(message, { present, waitForDuplicate, ...options }) {
      const command = { ...commandOf(message, present), ...options };
      for (let tries = 1;; tries++) {
        const result = await sendNotification.sendAs(loadFor(ports, message), command);
        const isInFlight = !result.ok && result.refusal.kind === "idempotency-in-flight";
        if (!isInFlight || waitForDuplicate === undefined || tries === IN_FLIGHT_TRIES) {
          return result;
        }
        await sleep(IN_FLIGHT_WAIT_MS, waitForDuplicate);
      }
    },
  };
}

/** The request is valid already; its text is compared with that of a request with the same idempotency key. */
function commandOf(
  { request, version, root }: OneMessage,
  present: SendOneOptions["present"],
) {
  const format: SendFormat<never> = {
    templateOf: () => request.template,
    parse: () => ok(request),
    present,
  };
  const body = { text: JSON.stringify([request, version]), json: undefined };
  return { format, channel: request.channel, body, root };
}

/** Returns the function that loads the message's service, and the version of its template. */
function loadFor(
  { contexts, templates }: SendOnePorts,
  { serviceId, authorId, keyKind, version: { version, mustBeNewest } }: OneMessage,
): LoadParty<Refusal | PartyRefusal> {
  const load: LoadParty<Refusal | PartyRefusal> = async ({ fresh, template: choice }) => {
    if (serviceId === OWN_SERVICE_ID) return refuse({ kind: "own-service" });
    const context = await contexts.load(serviceId, {
      fresh,
      ...(choice === undefined ? {} : { template: choice }),
    });
    const again = () => load({ fresh: true, template: choice });
    if (context === undefined) {
      return fresh ? refuse({ kind: "service-not-found" }) : await again();
    }
    if (!context.service.active) {
      return context.fresh ? refuse({ kind: "service-archived" }) : await again();
    }
    const party = { key: { ...ACCESS_TOKEN_KEY, kind: keyKind }, authorId };
    const newest = context.template;
    if (newest === undefined || newest.archived || newest.version === version) {
      return ok({ ...party, context });
    }
    if (mustBeNewest) return context.fresh ? refuse({ kind: "template-changed" }) : await again();
    const template = await templates.getTemplate(serviceId, newest.id, version);
    return ok({ ...party, context: { ...context, template } });
  };
  return load;
}
