import { Hono } from "hono";
import * as z from "zod/mini";
import {
  type ConversationText,
  readConversation,
} from "../../application/messages/conversation.ts";
import { parseUuid } from "../../domain/ids.ts";
import { OWN_SERVICE_ID } from "../../domain/accounts/own_messages.ts";
import { MAX_RECEIVED_ADDRESS, parseDigits } from "../../domain/inbound/received_text.ts";
import { parsePhone } from "../../domain/recipient/phone.ts";
import { describe } from "../http/openapi.ts";
import { loadService, type ServiceEnv, serviceId } from "./load.ts";
import { recordReads } from "./record_reads.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { MAX_LISTED } from "./schemas.ts";
import { answerFirstProblem, jsonBody, pageId, query } from "./validation.ts";

/** A recipient in an address would end in the logs of proxies, so the search has it in its body. */
const conversationSearch = z.strictObject({
  phone_number: z.string().check(z.minLength(1), z.maxLength(MAX_RECEIVED_ADDRESS)),
});
const conversationQuery = z.strictObject({ older_than: pageId(parseUuid, "the id of a text") });

/**
 * Creates the route that shows a service's conversation with a telephone number: the texts that it sent to the number
 * and those that came from it, newest first, by pages.
 */
export function createConversationRoutes(
  { accounts, clock, store, notifications, inbound }: ManagePorts,
) {
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store), recordReads(accounts.audit, "conversations"))
    .post(
      "/search",
      describe(`Show the texts to a number and from it, newest first, ${MAX_LISTED} a page`, {
        200: "The texts; `links.next` is the address to send the same body to for the next page",
        403: "The service is Hark's own, which sends one-time codes",
      }),
      query(conversationQuery, answerFirstProblem),
      jsonBody(conversationSearch),
      async (c) => {
        const { service } = c.var;
        if (service.id === OWN_SERVICE_ID) {
          return problem(c, 403, "Texts with one-time codes of accounts are never shown");
        }
        const { older_than: olderThan } = c.req.valid("query");
        const typed = c.req.valid("json").phone_number;
        const phone = parsePhone(typed, { country: service.settings.country });
        const number = phone.ok ? phone.value.normalised : parseDigits(typed) ?? typed;
        const page = await readConversation({ notifications, inbound }, service.id, number, {
          position: { olderThan },
          limit: MAX_LISTED,
          now: clock.now(),
        });
        const last = page.length === MAX_LISTED ? page.at(-1) : undefined;
        return c.json({
          texts: page.map(present),
          links: last === undefined ? {} : { next: `${c.req.path}?older_than=${last.id}` },
        });
      },
    );
}

function present(
  { status, serviceNumber, reply, createdAt, ...text }: ConversationText,
): Readonly<Record<string, unknown>> {
  return {
    id: text.id,
    direction: text.direction,
    status: status ?? null,
    service_number: serviceNumber,
    content: text.content,
    reply: reply ?? null,
    created_at: new Date(createdAt).toISOString(),
  };
}
