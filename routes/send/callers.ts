import { judgeClaims } from "../../domain/auth/claims.ts";
import { usableKeys } from "../../domain/auth/keys.ts";
import type { AuthRefusal } from "../../domain/auth/refusal.ts";
import { parseAuthorization, type ServiceToken } from "../../domain/auth/token.ts";
import type { Clock, SendingContext, SendingContexts } from "../../domain/ports.ts";
import { refuse, type Result } from "../../domain/result.ts";
import type { TemplateChoice } from "../../domain/send_request.ts";
import type { ApiKey } from "../../domain/service.ts";

/** How often a request is judged anew when others change its service meanwhile. */
export const MAX_JUDGEMENTS = 5;

/** An authenticated caller, with what its request is judged by. */
export interface Caller {
  readonly key: ApiKey;
  readonly context: SendingContext;
  /** An earlier judgement of the same request was not written: look for the reason before trying again. */
  readonly retried: boolean;
}

/** The judgement was made by what is no longer so: it is to be made again. */
export interface Stale {
  readonly kind: "stale";
}
export const STALE: Stale = { kind: "stale" };

/** Who is calling. */
export interface Callers {
  /**
   * Authenticates the caller and judges its request. What the isolate remembers may be old: it can let a request
   * through to the store, whose accept asks again, but a refusal is always judged by what was read for it.
   *
   * @param readChoice reads the template that the request names, to be loaded in the same round trip; called only
   * when the header holds a token, so that a caller without one costs nothing
   * @param judge may be called more than once, and must change nothing when it refuses
   */
  run<T, R>(
    header: string | undefined,
    readChoice: () => Promise<TemplateChoice | undefined>,
    judge: (caller: Caller) => Promise<Result<T, R | Stale>>,
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
    return judgeClaims(token, signer, now);
  }

  async function run<T, R>(
    header: string | undefined,
    readChoice: () => Promise<TemplateChoice | undefined>,
    judge: (caller: Caller) => Promise<Result<T, R | Stale>>,
    firstFresh: boolean,
  ): Promise<Result<T, R | CallerRefusal>> {
    const token = parseAuthorization(header);
    if (!token.ok) return refuse({ kind: "auth", refusal: token.refusal });
    const choice = await readChoice();
    for (let judgement = 0; judgement < MAX_JUDGEMENTS; judgement++) {
      const context = await contexts.load(token.value.serviceId, {
        fresh: firstFresh || judgement > 0,
        ...(choice === undefined ? {} : { template: choice }),
      });
      const key = await identify(token.value, context);
      if (!key.ok) {
        if (context === undefined || context.fresh) {
          return refuse({ kind: "auth", refusal: key.refusal });
        }
        continue;
      }
      if (context === undefined) continue;
      const result = await judge({ key: key.value, context, retried: judgement > 0 });
      if (result.ok) return result;
      if (!isStale(result.refusal) && context.fresh) return refuse(result.refusal);
    }
    throw new Error("the service kept changing while a request to it was judged");
  }

  return {
    run: (header, readChoice, judge) => run(header, readChoice, judge, false),
    read: (header, judge) => run(header, () => Promise.resolve(undefined), judge, true),
  };
}

function isStale<R>(refusal: R | Stale): refusal is Stale {
  return refusal === STALE;
}
