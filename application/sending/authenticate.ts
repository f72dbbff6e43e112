import { checkClaims } from "../../domain/access/service_token/claims.ts";
import { usableKeys } from "../../domain/access/service_token/keys.ts";
import type { AuthRefusal } from "../../domain/access/service_token/refusal.ts";
import { parseAuthorization, type ServiceToken } from "../../domain/access/service_token/token.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { SendingContext, SendingContexts } from "../../domain/ports/sending_contexts.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { TemplateChoice } from "../../domain/sending/send_request.ts";
import type { ApiKey } from "../../domain/service/service.ts";

/** How often a request is judged anew when others change its service meanwhile. */
export const MAX_CONFLICT_RETRIES = 5;

/** An authenticated caller, with what its request is judged by. */
export interface Caller {
  readonly key: ApiKey;
  readonly context: SendingContext;
  /** An earlier judgement of the same request was not written: look for the reason before trying again. */
  readonly retried: boolean;
}

/** The judgement was made by what is no longer so: it is to be made again. */
export interface RevisionConflict {
  readonly kind: "stale";
}
export const REVISION_CONFLICT: RevisionConflict = { kind: "stale" };

/** Who is calling. */
export interface Callers {
  /**
   * Authenticates the caller, then reads its request and judges it. What the isolate remembers may be old: it can let a
   * request through to the store, whose accept asks again, but a refusal is always judged by what was read for it.
   *
   * @param readChoice reads the request's body, and gives the template that it names; called once, when the caller is
   * known
   * @param judge may be called more than once, and must change nothing when it refuses
   */
  run<T, R>(
    header: string | undefined,
    readChoice: () => Promise<Result<TemplateChoice | undefined, R>>,
    judge: (caller: Caller) => Promise<Result<T, R | RevisionConflict>>,
  ): Promise<Result<T, R | CallerRefusal>>;
  /** As {@link run} for a read: always by what is in the store now, so that a revoked key reads nothing. */
  read<T, R>(
    header: string | undefined,
    judge: (caller: Caller) => Promise<Result<T, R>>,
  ): Promise<Result<T, R | CallerRefusal>>;
}

/** The caller is refused, before its request is looked at. */
export interface CallerRefusal {
  readonly kind: "auth";
  readonly refusal: AuthRefusal;
}

/** Makes the gate that every service's request passes. */
export function createCallers(contexts: SendingContexts, clock: Clock): Callers {
  async function identify(
    token: ServiceToken,
    context: SendingContext | undefined,
  ): Promise<Result<ApiKey, AuthRefusal>> {
    if (context === undefined) return refuse({ kind: "service-not-found" });
    const now = clock.now();
    const keys = usableKeys(context.service, context.keys, token, now);
    if (!keys.ok) return keys;
    const signer = await contexts.findSigner(token.serviceId, token.token, keys.value);
    if (signer === undefined) return refuse({ kind: "key-not-found" });
    return checkClaims(token, signer, now);
  }

  /**
   * Loads the context, with the template where one is named, and finds the key. Refuses by what was read for it only.
   *
   * @param door what the request was let in by; what has not been read anew since needs no second look
   */
  async function admit(
    token: ServiceToken,
    { fresh, template, door }: {
      readonly fresh: boolean;
      readonly template?: TemplateChoice | undefined;
      readonly door?: Admitted;
    },
  ): Promise<Result<Admitted, CallerRefusal>> {
    const context = await contexts.load(token.serviceId, {
      fresh,
      ...(template === undefined ? {} : { template }),
    });
    if (door !== undefined && context?.keys === door.context.keys) {
      return ok({ key: door.key, context: { ...context, fresh: door.context.fresh } });
    }
    const key = await identify(token, context);
    if (key.ok && context !== undefined) return ok({ key: key.value, context });
    if (!key.ok && (context === undefined || context.fresh)) {
      return refuse({ kind: "auth", refusal: key.refusal });
    }
    return await admit(token, { fresh: true, template });
  }

  async function run<T, R>(
    header: string | undefined,
    readChoice: () => Promise<Result<TemplateChoice | undefined, R>>,
    judge: (caller: Caller) => Promise<Result<T, R | RevisionConflict>>,
    firstFresh: boolean,
  ): Promise<Result<T, R | CallerRefusal>> {
    const token = parseAuthorization(header);
    if (!token.ok) return refuse({ kind: "auth", refusal: token.refusal });
    const door = await admit(token.value, { fresh: firstFresh });
    if (!door.ok) return door;
    const choice = await readChoice();
    if (!choice.ok) return choice;
    const template = choice.value;
    let admitted: Result<Admitted, CallerRefusal> = template === undefined
      ? door
      : await admit(token.value, { fresh: false, template, door: door.value });
    for (let judgement = 0; judgement < MAX_CONFLICT_RETRIES; judgement++) {
      if (judgement > 0) admitted = await admit(token.value, { fresh: true, template });
      if (!admitted.ok) return admitted;
      const result = await judge({ ...admitted.value, retried: judgement > 0 });
      if (result.ok) return result;
      if (!isRevisionConflict(result.refusal) && admitted.value.context.fresh) {
        return refuse(result.refusal);
      }
    }
    throw new Error("the service kept changing while a request to it was judged");
  }

  return {
    run: (header, readChoice, judge) => run(header, readChoice, judge, false),
    read: (header, judge) => run(header, () => Promise.resolve(ok(undefined)), judge, true),
  };
}

/** Who was let in, and what by. */
type Admitted = Omit<Caller, "retried">;

function isRevisionConflict<R>(refusal: R | RevisionConflict): refusal is RevisionConflict {
  return refusal === REVISION_CONFLICT;
}
