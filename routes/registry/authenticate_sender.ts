import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import type { Authenticator } from "../../application/sending/authenticate.ts";
import type { ServiceSlots } from "../../application/sending/service_slots.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import { refusalMessage } from "../../domain/sending/refusal_messages.ts";
import { tooManyAtOnce } from "../http/authenticate_caller.ts";
import { refusalStatus } from "../http/refusal_status.ts";
import { callerText } from "../../domain/access/access_tokens.ts";
import { AUTH_ANSWERS } from "../../domain/access/service_token/answers.ts";
import type { ServiceId } from "../../domain/ids.ts";
import { ACCESS_TOKEN_KEY } from "../../domain/service/no_key.ts";
import type { ApiKey } from "../../domain/service/service.ts";
import type { AppEnv } from "../http/context.ts";
import type { AccessTokenAuth } from "./access_token_auth.ts";
import { noteLimit, noteRefusal } from "../http/security_events.ts";
import { registryProblem } from "./problem.ts";

/** The authenticated caller of the registries' API that may send messages. */
export interface Sender {
  /** The API key that the notifications belong to: the caller's own, or one constant for all access tokens. */
  readonly key: ApiKey;
  /**
   * Identifies the caller: the id of its API key, or the text that `callerText` makes of its access token's recipient
   * id and realm. It is part of what makes two requests the same, so an idempotency key that another caller of the
   * service has used is refused as reused (422).
   */
  readonly id: string;
  /** When the caller's access token expires, in epoch milliseconds; absent for an API key. */
  readonly expiresAt?: number;
}

/** The Hono environment of a route behind {@link authenticateSender}: `c.var.sender` is the authenticated caller. */
export interface SenderEnv {
  readonly Variables: AppEnv["Variables"] & { readonly sender: Sender };
}

/** Dependencies of {@link authenticateSender}. */
export interface SenderAuthPorts {
  readonly accessTokenAuth: AccessTokenAuth;
  readonly authenticator: Pick<Authenticator, "authenticate">;
  readonly contexts: Pick<SendingContexts, "load">;
  readonly slots: ServiceSlots;
  /** The one service of the deployment to which messages sent by the registries' API belong. */
  readonly serviceId: ServiceId;
  /** The role that an access token must have to send messages. */
  readonly senderRole: string;
}

/**
 * Creates a middleware that authenticates the caller and puts it into the context as `sender`. The body is not read
 * before that. A request with an `Authorization` header must have a token of an API key of the registries' service; any
 * other request needs an access token with the sender role. A request waits while the process works on too many
 * requests of the service; when too many wait already, it is refused with 429.
 */
export function authenticateSender(
  { accessTokenAuth, authenticator, contexts, serviceId, senderRole, slots }: SenderAuthPorts,
): MiddlewareHandler<SenderEnv> {
  /** Answers a request while too many of the service wait. */
  async function refuseForNow(c: Context, { key }: Sender): Promise<Response> {
    noteLimit(c, "concurrency");
    const context = await contexts.load(serviceId, { fresh: false });
    if (context === undefined) {
      return registryProblem(c, { status: 503, message: "Try again in a moment" });
    }
    const refusal = tooManyAtOnce(context.service, key);
    return registryProblem(c, { ...refusalStatus(refusal), message: refusalMessage(refusal, "") });
  }

  return createMiddleware<SenderEnv>(async (c, next) => {
    const header = c.req.header("authorization");
    const continueAs = async (sender: Sender) => {
      c.get("requestLog").serviceId = serviceId;
      const leave = await slots.enter(serviceId, sender.key.id, () => c.req.raw.signal);
      if (leave === undefined) return await refuseForNow(c, sender);
      try {
        c.set("sender", sender);
        await next();
        return c.res;
      } finally {
        leave();
      }
    };
    if (header === undefined) {
      const token = await accessTokenAuth.authenticate(c, senderRole);
      if (!token.ok) return registryProblem(c, token.refusal);
      const { expiresAt } = token.value;
      return await continueAs({ key: ACCESS_TOKEN_KEY, id: callerText(token.value), expiresAt });
    }
    const caller = await authenticator.authenticate(header, { fresh: true });
    if (!caller.ok) {
      noteRefusal(c, caller.refusal);
      return registryProblem(c, AUTH_ANSWERS[caller.refusal.refusal.kind]);
    }
    const { context, key } = caller.value;
    if (context.service.id !== serviceId) {
      return registryProblem(c, {
        status: 403,
        message:
          "The key is another service's than the one that the registries' messages belong to",
      });
    }
    return await continueAs({ key, id: key.id });
  });
}
