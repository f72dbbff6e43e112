import { checkClaims } from "../../domain/access/service_token/claims.ts";
import { usableKeys } from "../../domain/access/service_token/keys.ts";
import type { AuthRefusal } from "../../domain/access/service_token/refusal.ts";
import { parseAuthorization, type ServiceToken } from "../../domain/access/service_token/token.ts";
import type { KeyUses } from "../access/key_uses.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { SendingContext, SendingContexts } from "../../domain/ports/sending_contexts.ts";
import type { ServiceId } from "../../domain/ids.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { TemplateChoice } from "../../domain/sending/send_request.ts";
import type { ApiKey } from "../../domain/service/service.ts";

/**
 * The most evaluations of a request, the first included, when the service changes while it is evaluated. After the last
 * one the request fails.
 */
export const MAX_CONFLICT_ATTEMPTS = 5;

/** A caller that was authenticated by a token which one of its service's API keys signed. */
export interface Caller {
  /** The API key that signed the token. */
  readonly key: ApiKey;
  /**
   * The caller's service with its keys, guests and senders. `context.fresh` says whether it was read from the store.
   */
  readonly context: SendingContext;
  /** The parsed token. */
  readonly token: ServiceToken;
}

/** The refusal of a caller that was not authenticated. */
export interface CallerRefusal {
  readonly kind: "auth";
  readonly refusal: AuthRefusal;
  /** The service that the token names; the token did not prove it. */
  readonly claimedServiceId?: ServiceId;
}

/** Authenticates callers by tokens (JWTs) that are signed with an API key of a service. */
export interface Authenticator {
  /**
   * Authenticates a caller by its `Authorization` header. When cached data would refuse the caller, the service is read
   * from the store first, so a refusal is never out of date.
   *
   * @param options `fresh: true` always reads the service from the store, so that a key that was just revoked is
   * refused; `false` may accept it for as long as the service is cached
   */
  authenticate(
    header: string | undefined,
    options: { readonly fresh: boolean },
  ): Promise<Result<Caller, CallerRefusal>>;
  /**
   * Loads the service of an authenticated caller again, with a template if one is given. The caller's token is verified
   * again, unless the service comes from the cache with the same keys.
   *
   * @param options `fresh: true` reads the service from the store, `false` may use the cache
   */
  reload(
    caller: Caller,
    options: { readonly fresh: boolean; readonly template?: TemplateChoice | undefined },
  ): Promise<Result<Caller, CallerRefusal>>;
}

/** Creates the authenticator of callers with API keys. @param keyUses notes the uses of keys */
export function createAuthenticator(
  contexts: SendingContexts,
  clock: Pick<Clock, "now">,
  keyUses?: Pick<KeyUses, "note">,
): Authenticator {
  async function findKey(
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

  async function load(
    token: ServiceToken,
    { fresh, template, authenticated }: {
      readonly fresh: boolean;
      readonly template?: TemplateChoice | undefined;
      readonly authenticated?: Caller;
    },
  ): Promise<Result<Caller, CallerRefusal>> {
    const context = await contexts.load(token.serviceId, {
      fresh,
      ...(template === undefined ? {} : { template }),
    });
    if (authenticated !== undefined && context?.keys === authenticated.context.keys) {
      // The same keys mean that the service was not read again since: it is as fresh as it was.
      const { key, context: { fresh } } = authenticated;
      return ok({ key, token, context: { ...context, fresh } });
    }
    const key = await findKey(token, context);
    if (key.ok && context !== undefined) return ok({ key: key.value, context, token });
    if (!key.ok && (context === undefined || context.fresh)) {
      return refuse({ kind: "auth", refusal: key.refusal, claimedServiceId: token.serviceId });
    }
    return await load(token, { fresh: true, template });
  }

  return {
    async authenticate(header, options) {
      const token = parseAuthorization(header);
      if (!token.ok) return refuse({ kind: "auth", refusal: token.refusal });
      const caller = await load(token.value, options);
      if (caller.ok) keyUses?.note(token.value.serviceId, caller.value.key, clock.now());
      return caller;
    },
    reload: (caller, { fresh, template }) =>
      load(caller.token, {
        fresh,
        template,
        // A fresh load reads new keys in any case.
        ...(fresh ? {} : { authenticated: caller }),
      }),
  };
}
