import type { Hono } from "hono";
import type { ReceivedText } from "../../../domain/inbound/received_text.ts";
import { parseFlatQuery } from "../../../domain/notify_v2/query.ts";
import { validateV2 } from "../../../domain/notify_v2/validate_v2.ts";
import { toTimestamp } from "../../../domain/time/timestamp.ts";
import { type AppEnv, rootOf } from "../../http/context.ts";
import { methodNotAllowed } from "../../http/plain_errors.ts";
import { answerJson } from "../headers.ts";
import type { V2Routes } from "./ports.ts";

const PATH = "/v2/received-text-messages";
/** How many texts a page holds. */
const PAGE_SIZE = 250;

/**
 * Adds `GET /v2/received-text-messages`: the texts that people sent to the service's numbers, newest first, in pages of
 * 250. `older_than` is the id of the last text of the page before.
 */
export function addReceivedTextRoutes(app: Hono<AppEnv>, routes: V2Routes): void {
  const { authenticated, clock, inbound, publicUrl, refuse } = routes;

  app.get(PATH, authenticated, async (c) => {
    const { context: { service } } = c.var.caller;
    const params = new URL(c.req.url).searchParams;
    const parsed = validateV2(`GET ${PATH}`, parseFlatQuery(params), clock.now());
    if (!parsed.ok) return refuse(c, { kind: "validation", problems: parsed.refusal });
    const query = { olderThan: parsed.value.older_than, limit: PAGE_SIZE };
    const texts = await inbound.list(service.id, query, clock.now());
    const current = `${rootOf(c, publicUrl)}${PATH.slice(1)}`;
    const last = texts.at(-1);
    // GOV.UK Notify gives the next page's address with every page that is not empty; clients read until one is.
    const links = last === undefined
      ? { current }
      : { current, next: `${current}?older_than=${last.id}` };
    const answer = { received_text_messages: texts.map(present), links };
    return answerJson(c, JSON.stringify(answer), 200);
  });
  app.all(PATH, methodNotAllowed);
}

function present({ id, serviceId, from, to, message, createdAt }: ReceivedText) {
  return {
    id,
    created_at: toTimestamp(createdAt),
    service_id: serviceId,
    // As in GOV.UK Notify, a British number is in its national format.
    notify_number: to.replace(/^44(?=\d{9,10}$)/, "0"),
    user_number: from,
    content: message,
  };
}
