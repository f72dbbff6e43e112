import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import { ACCOUNT_LANGUAGES } from "../../domain/accounts/account.ts";
import type { ProofRefusal } from "../../application/accounts/reply_to_proofs.ts";
import type { SenderId } from "../../domain/ids.ts";
import { MAX_SENDERS } from "../../domain/service/sender.ts";
import { rootOf, waitUntil } from "../http/context.ts";
import { describe } from "../http/openapi.ts";
import { noteLimit } from "../http/security_events.ts";
import { loadService, type ServiceEnv, serviceId } from "./load.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { typedAddress } from "./schemas.ts";
import { INVALID_REQUEST, jsonBody } from "./validation.ts";

const newProof = z.strictObject({
  email_address: typedAddress,
  is_default: z.optional(z.boolean()),
});

const TOO_MANY = "The service has asked for as many proofs as it may in a day";

/** Creates the route that asks the owner of an address to prove it as a reply-to address. */
export function createReplyToProofRoutes({ clock, store, accounts, publicUrl }: ManagePorts) {
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store))
    .post(
      "/",
      describe(
        "Send a link to an address, by which its owner makes it a reply-to address, as the pages do",
        {
          202: "The address; it is a reply-to address with this `id` once the link was followed",
          409: "The service has the address, or the most that it may have, or the deployment has " +
            "no provider of e-mails",
          429: TOO_MANY,
        },
      ),
      jsonBody(newProof),
      async (c) => {
        const { service, access } = c.var;
        const { email_address, is_default = false } = c.req.valid("json");
        const [tag = ""] = service.settings.language.toLowerCase().split("-");
        const sent = await accounts.replyToProofs.start(
          access.actor,
          service,
          { id: clock.newId() as SenderId, typed: email_address, isDefault: is_default },
          {
            address: undefined,
            browser: "",
            language: ACCOUNT_LANGUAGES.find((one) => one === tag) ?? "en",
            root: rootOf(c, publicUrl),
            waitUntil: waitUntil(c),
          },
        );
        if (!sent.ok) return answerRefusal(c, sent.refusal);
        const { senderId, emailAddress, expiresAt } = sent.value;
        return c.json({
          id: senderId,
          email_address: emailAddress,
          expires_at: new Date(expiresAt).toISOString(),
        }, 202);
      },
    );
}

function answerRefusal(c: Context, refusal: ProofRefusal): Response {
  const field = "email_address";
  switch (refusal.kind) {
    case "not-valid":
      return problem(c, 400, INVALID_REQUEST, [{ field, message: "not a valid email address" }]);
    case "taken":
      return problem(c, 409, "The service has this reply-to address already", [
        { field, message: "is there already" },
      ]);
    case "full":
      return problem(c, 409, `The service has ${MAX_SENDERS} of these, the maximum`);
    case "not-found":
      return problem(c, 404, "There is no such service");
    case "no-email-provider":
      return problem(c, 409, "The deployment has no provider of e-mails");
    case "too-many-proofs":
      noteLimit(c, "reply-to-proofs");
      c.header("Retry-After", String(refusal.retryAfterS));
      return problem(c, 429, TOO_MANY);
  }
}
