import type { Hono } from "hono";
import { readConversation } from "../../../application/messages/conversation.ts";
import { parseUuid } from "../../../domain/ids.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { pageOf, readPosition } from "../components/page_of_rows.ts";
import { serviceOf, type WebEnv } from "../context.ts";
import { PageError } from "../page_error.ts";
import { PAGES } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { ConversationPage, RepliesPage } from "./replies_pages.tsx";

/** How many texts a page shows. */
const PAGE_TEXTS = 50;

/** Adds the pages of replies and of conversations. */
export function addReplyPages(app: Hono<WebEnv>, ports: WebPorts): void {
  const { clock, inbound, searchTokens } = ports;

  app.get(PAGES.replies.path, async (c) => {
    const service = serviceOf(c);
    const position = readPosition(c, parseUuid);
    const query = { ...position, limit: PAGE_TEXTS + 1 };
    const found = await inbound.list(service.id, query, clock.now());
    const page = pageOf(found, { size: PAGE_TEXTS, position, keyOf: ({ id }) => id });
    const replies = await Promise.all(page.rows.map(async (reply) => ({
      ...reply,
      conversation: await searchTokens.seal(service.id, { recipient: reply.from }),
    })));
    return answerPage(
      c,
      <RepliesPage
        view={c.var.view}
        service={service}
        replies={replies}
        page={page}
      />,
    );
  });

  // The address has the number encrypted.
  app.get(PAGES.conversation.path, async (c) => {
    const service = serviceOf(c);
    const conversation = c.req.param("conversation");
    const number = (await searchTokens.open(service.id, conversation))?.recipient;
    if (number === undefined) throw new PageError(404);
    const position = readPosition(c, parseUuid);
    const texts = await readConversation(ports, service.id, number, {
      position,
      limit: PAGE_TEXTS + 1,
      now: clock.now(),
    });
    const page = pageOf(texts, { size: PAGE_TEXTS, position, keyOf: ({ id }) => id });
    return answerPage(
      c,
      <ConversationPage
        view={c.var.view}
        service={service}
        number={number}
        conversation={conversation}
        texts={page.rows}
        page={page}
      />,
    );
  });
}
