import type { JsonLimitFault } from "../../domain/json/read_json.ts";
import type { Plan } from "../../domain/sending/plan_notification.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { SendRequest, TemplateChoice } from "../../domain/sending/send_request.ts";
import type { Channel } from "../../domain/service/service.ts";
import {
  acceptNotification,
  type AcceptPorts,
  type Evaluated,
  type Evaluation,
  RETRY,
} from "./accept_notification.ts";
import {
  type Authenticator,
  type Caller,
  type CallerRefusal,
  MAX_CONFLICT_ATTEMPTS,
} from "./authenticate.ts";
import { checkCachedLimits, decideDailyLimit, isForLaterDay } from "./check_limits.ts";
import type { OpenFileLinks, RequestFileLinks, WaitUntil } from "./file_links.ts";
import { type IdempotentRequest, readIdempotency } from "./idempotency.ts";
import { replayOrRefuse, type Sent } from "./replay.ts";

/** Dependencies of {@link createSendNotification}. */
export interface SendPorts extends AcceptPorts {
  readonly authenticator: Pick<Authenticator, "reload">;
  readonly openFileLinks: OpenFileLinks;
}

/** The body of a request to send, not yet validated. */
export interface SendBody {
  /**
   * The body as it was sent; empty when it is not UTF-8. Requests with the same idempotency key are compared by it, and
   * `parse` reads numbers from it whose digits `json` has lost.
   */
  readonly text: string;
  /** The parsed text; `undefined` when it is not valid JSON, or exceeds a limit. */
  readonly json: unknown;
  /** The limit that the JSON exceeds. */
  readonly limit?: JsonLimitFault;
}

/** The context in which a body is parsed. */
export interface ParseOptions {
  readonly channel: Channel;
  /** ISO 3166 code of the country in which telephone numbers are read. */
  readonly country: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * How one API (`/v2`, or GOV.UK Notify's older one of 2016) reads a request to send one notification and answers it.
 * `R` is the type of the refusals of an invalid body.
 */
export interface SendFormat<R> {
  /** Returns the template that a body names; `undefined` for none. The body need not be valid in other respects. */
  readonly templateOf: (json: unknown) => TemplateChoice | undefined;
  /** Validates a body and converts it to a request. It must be pure: a request may be parsed more than once. */
  readonly parse: (body: SendBody, options: ParseOptions) => Result<SendRequest, R>;
  /**
   * Returns the answer to an accepted notification, as JSON text. @param root the deployment's URL, ending in a slash
   */
  readonly present: (plan: Plan, root: string) => string;
}

/** A request to send one notification. */
export interface SendCommand<R> {
  readonly format: SendFormat<R>;
  readonly channel: Channel;
  readonly body: SendBody;
  /** The path of the request. The same idempotency key at another path is another request. */
  readonly path: string;
  /** The value of the `Idempotency-Key` header. */
  readonly idempotencyKey: string | undefined;
  /** The URL of this deployment, ending in a slash; links begin with it. */
  readonly root: string;
  readonly waitUntil: WaitUntil;
}

/** Sends single notifications, for every API. */
export interface SendNotification {
  /**
   * Accepts a notification or refuses it. When it returns an answer, the notification and its files are on disk. A
   * request whose idempotency key was accepted earlier gets the stored answer. Rate limits are checked before the body,
   * as GOV.UK Notify does.
   *
   * The caller's service may come from the cache. If it is out of date, the store rejects the write, and a refusal is
   * evaluated again with data from the store before it is returned; so the result is never based on old data.
   *
   * While this process evaluates a request, another one with the same idempotency key is refused with
   * `idempotency-in-flight`. Of concurrent requests to different processes, the store accepts one.
   *
   * @throws when the service changed at every one of {@link MAX_CONFLICT_ATTEMPTS} evaluations, and errors of the store
   */
  send<R>(
    caller: Caller,
    command: SendCommand<R>,
  ): Promise<Result<Sent, R | Refusal | CallerRefusal>>;
}

/** Creates the use case of sending one notification. */
export function createSendNotification(ports: SendPorts): SendNotification {
  const { authenticator, openFileLinks } = ports;
  const inFlight = new Set<string>();

  /** Evaluates the request until it is accepted, or refused by fresh data. */
  async function sendWithRetries<R>(
    caller: Caller,
    command: SendCommand<R>,
    files: RequestFileLinks,
  ): Promise<Result<Sent, R | Refusal | CallerRefusal>> {
    const { format, body, path, idempotencyKey } = command;
    const request = ["POST", path, caller.key.kind, body.text];
    const idempotency = await readIdempotency(idempotencyKey, request);
    const template = format.templateOf(body.json);
    let current: Result<Caller, CallerRefusal> = template === undefined
      ? ok(caller)
      : await authenticator.reload(caller, { fresh: false, template });
    for (let attempt = 0; attempt < MAX_CONFLICT_ATTEMPTS; attempt++) {
      if (attempt > 0) current = await authenticator.reload(caller, { fresh: true, template });
      if (!current.ok) return current;
      const { result, isCurrent } = await evaluate(ports, inFlight, {
        caller: current.value,
        command,
        idempotency,
        files,
        isRetry: attempt > 0,
      });
      if (result === RETRY) continue;
      if (result.ok || isCurrent || current.value.context.fresh) return result;
    }
    throw new Error("the service kept changing while a request was evaluated");
  }

  return {
    async send(caller, command) {
      const files = openFileLinks(command.root);
      const result = await sendWithRetries(caller, command, files);
      if (!result.ok || result.value.replayed) files.deleteUnclaimed(command.waitUntil);
      return result;
    },
  };
}

/** One evaluation of a command. */
interface Attempt<R> {
  readonly caller: Caller;
  readonly command: SendCommand<R>;
  readonly idempotency: Result<IdempotentRequest | undefined, Refusal>;
  readonly files: RequestFileLinks;
  readonly isRetry: boolean;
}

/** The result of {@link evaluate}. */
interface Decision<R> {
  readonly result: Evaluated<R>;
  /** Whether the result was decided by current data, even if the service came from the cache. */
  readonly isCurrent: boolean;
}

/**
 * Evaluates the request once, by the service as it was loaded.
 *
 * @param inFlight the idempotency keys of the requests that are being evaluated
 */
async function evaluate<R>(
  ports: SendPorts,
  inFlight: Set<string>,
  attempt: Attempt<R>,
): Promise<Decision<R | Refusal>> {
  const { caller, command, idempotency } = attempt;
  const { context } = caller;
  const { format, channel, body } = command;
  const now = ports.clock.now();
  const refused = async (refusal: R | Refusal) => ({
    result: await replayOrRefuse(ports, context, idempotency, refusal),
    isCurrent: false,
  });
  const limit = checkCachedLimits(ports, caller, channel, now);
  if (limit?.kind === "rate-limited") return await refused(limit);
  const { country } = context.service.settings;
  const request = format.parse(body, { channel, country, now });
  if (limit !== undefined && !isForLaterDay(context.service, request, now)) {
    const key = idempotency.ok ? idempotency.value : undefined;
    const result = await decideDailyLimit(ports, caller, channel, key, now);
    if (result !== undefined) return { result, isCurrent: true };
  }
  if (!request.ok) return await refused(request.refusal);
  return { result: await acceptOnce(ports, inFlight, attempt, request.value), isCurrent: false };
}

/** Accepts a valid request, unless one with the same idempotency key is being evaluated. */
async function acceptOnce<R>(
  ports: SendPorts,
  inFlight: Set<string>,
  { caller, command, idempotency, files, isRetry }: Attempt<R>,
  request: SendRequest,
): Promise<Evaluated<Refusal>> {
  if (!idempotency.ok) return idempotency;
  const { format: { present }, root, waitUntil } = command;
  const evaluation: Evaluation = {
    caller,
    request,
    idempotency: idempotency.value,
    files,
    present,
    root,
    waitUntil,
    isRetry,
  };
  if (idempotency.value === undefined) return await acceptNotification(ports, evaluation);
  const name = `${caller.context.service.id} ${idempotency.value.keyHash}`;
  if (inFlight.has(name)) return refuse({ kind: "idempotency-in-flight" });
  inFlight.add(name);
  try {
    return await acceptNotification(ports, evaluation);
  } finally {
    inFlight.delete(name);
  }
}
