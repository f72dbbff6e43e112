import type { Plan } from "../../domain/sending/plan_notification.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { SendRequest } from "../../domain/sending/send_request.ts";
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
import { isRequestIsolated } from "../isolated_requests.ts";
import { checkCachedLimits, decideDailyLimit, isForLaterDay } from "./check_limits.ts";
import { checkNotification, type CheckPorts } from "./check_notification.ts";
import type { OpenFileLinks, RequestFileLinks } from "./file_links.ts";
import { type IdempotentRequest, readIdempotency } from "./idempotency.ts";
import { replayOrRefuse, type Sent } from "./replay.ts";
import type { CheckCommand, SendCommand } from "./send_format.ts";
import { type LoadParty, partyOf, type SendingParty } from "./sending_party.ts";

/** Dependencies of {@link createSendNotification}. */
export interface SendPorts extends AcceptPorts, Pick<CheckPorts, "suppressions"> {
  readonly authenticator: Pick<Authenticator, "reload">;
  readonly openFileLinks: OpenFileLinks;
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
  /** As {@link send}, for a party without an API key, which `load` loads before each evaluation. */
  sendAs<R, F>(load: LoadParty<F>, command: SendCommand<R>): Promise<Result<Sent, R | F | Refusal>>;
  /**
   * Evaluates a request as {@link send} would, by data from the store, and changes nothing: it stores and sends no
   * message, consumes nothing of a limit, stores no file, and neither reads nor stores the idempotency key.
   */
  check<R>(
    caller: Caller,
    command: CheckCommand<R>,
  ): Promise<Result<Plan, R | Refusal | CallerRefusal>>;
  /** As {@link check}, for a party without an API key. */
  checkAs<R, F>(
    load: LoadParty<F>,
    command: CheckCommand<R>,
  ): Promise<Result<Plan, R | F | Refusal>>;
}

/** Creates the use case of sending one notification. */
export function createSendNotification(ports: SendPorts): SendNotification {
  const { authenticator, openFileLinks } = ports;
  const inFlight = new Set<string>();

  /** Evaluates the request until it is accepted, or refused by fresh data. */
  async function sendWithRetries<R, F>(
    load: LoadParty<F>,
    first: SendingParty | undefined,
    command: SendCommand<R>,
    files: RequestFileLinks,
  ): Promise<Result<Sent, R | F | Refusal>> {
    const { format, body, path, idempotencyKey } = command;
    const template = format.templateOf(body.json);
    let current = template === undefined && first !== undefined
      ? ok(first)
      : await load({ fresh: false, template });
    if (!current.ok) return current;
    const request = ["POST", path, current.value.key.kind, body.text];
    const idempotency = await readIdempotency(idempotencyKey, request);
    for (let attempt = 0; attempt < MAX_CONFLICT_ATTEMPTS; attempt++) {
      if (attempt > 0) current = await load({ fresh: true, template });
      if (!current.ok) return current;
      const { result, isCurrent } = await evaluate(ports, inFlight, {
        party: current.value,
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

  async function send<R, F>(
    load: LoadParty<F>,
    first: SendingParty | undefined,
    command: SendCommand<R>,
  ): Promise<Result<Sent, R | F | Refusal>> {
    const files = openFileLinks(command.root);
    const result = await sendWithRetries(load, first, command, files);
    if (!result.ok || result.value.replayed) files.deleteUnclaimed(command.waitUntil);
    return result;
  }

  async function check<R, F>(
    load: LoadParty<F>,
    command: CheckCommand<R>,
  ): Promise<Result<Plan, R | F | Refusal>> {
    const template = command.format.templateOf(command.body.json);
    const party = await load({ fresh: true, template });
    if (!party.ok) return party;
    return await checkNotification(ports, party.value, command, openFileLinks(command.root));
  }

  return {
    send: (caller, command) => send(partyOf(authenticator, caller), caller, command),
    sendAs: (load, command) => send(load, undefined, command),
    check: (caller, command) => check(partyOf(authenticator, caller), command),
    checkAs: check,
  };
}

/** One evaluation of a command. */
interface Attempt<R> {
  readonly party: SendingParty;
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
  const { party, command, idempotency } = attempt;
  const { context } = party;
  const { format, channel, body } = command;
  const now = ports.clock.now();
  const refused = async (refusal: R | Refusal) => ({
    result: await replayOrRefuse(ports, context, idempotency, refusal),
    isCurrent: false,
  });
  const limit = checkCachedLimits(ports, party, channel, now);
  if (limit?.kind === "rate-limited") return await refused(limit);
  const { country } = context.service.settings;
  const request = format.parse(body, { channel, country, now });
  if (limit !== undefined && !isForLaterDay(context.service, request, now)) {
    const key = idempotency.ok ? idempotency.value : undefined;
    const result = await decideDailyLimit(ports, party, channel, key, now);
    if (result !== undefined) return { result, isCurrent: true };
  }
  if (!request.ok) return await refused(request.refusal);
  return { result: await acceptOnce(ports, inFlight, attempt, request.value), isCurrent: false };
}

/** Accepts a valid request, unless this process is evaluating one with the same idempotency key. */
async function acceptOnce<R>(
  ports: SendPorts,
  inFlight: Set<string>,
  { party, command, idempotency, files, isRetry }: Attempt<R>,
  request: SendRequest,
): Promise<Evaluated<Refusal>> {
  if (!idempotency.ok) return idempotency;
  const { format: { present }, root, waitUntil } = command;
  const evaluation: Evaluation = {
    party,
    request,
    idempotency: idempotency.value,
    files,
    present,
    root,
    waitUntil,
    isRetry,
  };
  // The store lets one of several requests with a key accept. One that was cut off would keep its key for ever.
  if (idempotency.value === undefined || isRequestIsolated()) {
    return await acceptNotification(ports, evaluation);
  }
  const name = `${party.context.service.id} ${idempotency.value.keyHash}`;
  if (inFlight.has(name)) return refuse({ kind: "idempotency-in-flight" });
  inFlight.add(name);
  try {
    return await acceptNotification(ports, evaluation);
  } finally {
    inFlight.delete(name);
  }
}
