import type { MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import type { Authenticator } from "../../application/sending/authenticate.ts";
import { AUTH_ANSWERS } from "../../domain/access/service_token/answers.ts";
import type { ServiceId } from "../../domain/ids.ts";
import { ACCESS_TOKEN_KEY } from "../../domain/service/no_key.ts";
import type { ApiKey } from "../../domain/service/service.ts";
import type { AppEnv } from "../http/context.ts";
import type { AccessTokenAuth } from "./access_token_auth.ts";
import { noteRefusal } from "../http/security_events.ts";
import { registryProblem } from "./problem.ts";

/** Who sends a message of the registries. */
export interface Sender {
  /** The key that the message is sent by. */
  readonly key: ApiKey;
  /** Identifies the sender among those who send by the same key. */
  readonly id: string;
}

/** The context variables of a route behind {@link authenticateSender}. */
export interface SenderEnv {
  readonly Variables: AppEnv["Variables"] & { readonly sender: Sender };
}

/** Ports of {@link authenticateSender}. */
export interface SenderAuthPorts {
  readonly accessTokenAuth: AccessTokenAuth;
  readonly authenticator: Pick<Authenticator, "authenticate">;
  /** The service that the registries' messages belong to. */
  readonly serviceId: ServiceId;
  /** The role that an access token needs to send. */
  readonly senderRole: string;
}

/**
 * Puts the sender into the context before anything of the body is read. A request with an `Authorization` header is
 * authenticated by an API key of the registries' service, any other by an access token.
 */
export function authenticateSender(
  { accessTokenAuth, authenticator, serviceId, senderRole }: SenderAuthPorts,
): MiddlewareHandler<SenderEnv> {
  return createMiddleware<SenderEnv>(async (c, next) => {
    const header = c.req.header("authorization");
    const continueAs = async (sender: Sender) => {
      c.set("sender", sender);
      c.get("facts").serviceId = serviceId;
      await next();
      return c.res;
    };
    if (header === undefined) {
      const token = await accessTokenAuth.authenticate(c, senderRole);
      if (!token.ok) return registryProblem(c, token.refusal);
      return await continueAs({ key: ACCESS_TOKEN_KEY, id: token.value.recipientId });
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
