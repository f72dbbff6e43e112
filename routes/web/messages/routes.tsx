import type { Hono } from "hono";
import { messageHeadings, messageLines } from "../../../application/messages/messages_csv.ts";
import { listMessages } from "../../../application/messages/seen_messages.ts";
import { accessTo } from "../../../domain/accounts/account.ts";
import { may } from "../../../domain/accounts/roles.ts";
import { parseNotificationId } from "../../../domain/ids.ts";
import { formatRecipient } from "../../../domain/recipient/recipient.ts";
import { timeOfId } from "../../../domain/time/time_of_id.ts";
import { csvHeaders, streamCsv } from "../../http/csv_stream.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { pageOf, readPosition } from "../components/page_of_rows.ts";
import { actorOf, serviceOf, sessionOf, type WebContext, type WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { PAGES, pathOf } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { readFilter, SEARCH_FIELD, toQuery, withTerm } from "./message_filter.ts";
import { MessagesPage, SEARCH_KINDS } from "./messages_page.tsx";

/** How many messages a page shows. */
const PAGE_MESSAGES = 50;
/** The longest recipient or reference that can be searched for, in UTF-16 units. Longer ones are never stored. */
export const MAX_TERM = 1_000;

/** Whether the visitor sees recipients and content of the service's messages. */
export function seesRecipients(c: WebContext): boolean {
  return may(accessTo(sessionOf(c), serviceOf(c).id), "see-messages");
}

/** Adds the list of a service's messages, its search and its download. */
export function addMessagePages(app: Hono<WebEnv>, ports: WebPorts): void {
  const { accounts, messagePages, searchTokens } = ports;

  app.get(PAGES.messages.path, async (c) => await showMessages(c, ports));

  // What is searched for is sent in the body, and comes back in the address encrypted.
  app.post(PAGES.messages.path, async (c) => {
    const service = serviceOf(c);
    const form = await readForm(c);
    const { typed } = readFilter(
      Object.fromEntries(new URLSearchParams(form.text("filters"))),
      service.settings.time_zone,
    );
    const by = SEARCH_KINDS.find((kind) => kind === form.text("by")) ?? "recipient";
    const term = form.text("term").trim();
    const { messages } = c.var.view.texts;
    if (term === "" || term.length > MAX_TERM) {
      const message = term === "" ? messages.termMissing : messages.termTooLong(MAX_TERM);
      return await showMessages(c, ports, {
        faults: [{ field: "term", message }],
        typedTerm: { by, term },
      });
    }
    const search = await searchTokens.seal(
      service.id,
      by === "reference"
        ? { reference: term }
        : { recipient: formatRecipient(term, service.settings.country) },
    );
    const path = pathOf(PAGES.messages, { service_id: service.id });
    return c.redirect(`${path}?${toQuery(typed.fields, search)}`, 303);
  });

  app.get(PAGES.messagesCsv.path, async (c) => {
    const service = serviceOf(c);
    const { filter, typed } = readFilter(c.req.query(), service.settings.time_zone);
    const search = c.req.query(SEARCH_FIELD);
    const term = search === undefined ? undefined : await searchTokens.open(service.id, search);
    await accounts.audit.append({
      chain: service.id,
      actor: actorOf(c),
      action: "messages-exported",
      facts: {
        filters: Object.keys(typed.fields),
        searched: term !== undefined,
        recipients: seesRecipients(c),
      },
    });
    const viewer = { seesRecipients: seesRecipients(c) };
    const lines = messageLines(messagePages, viewer, service.id, withTerm(filter, term));
    const stream = streamCsv(messageHeadings(viewer), lines);
    return c.body(stream, 200, csvHeaders("messages.csv"));
  });
}

/** Shows a page of the list. */
async function showMessages(
  c: WebContext,
  { messagePages, searchTokens }: Pick<WebPorts, "messagePages" | "searchTokens">,
  typedSearch: Pick<Parameters<typeof MessagesPage>[0], "faults" | "typedTerm"> = {},
): Promise<Response> {
  const service = serviceOf(c);
  const zone = service.settings.time_zone;
  const viewer = { seesRecipients: seesRecipients(c) };
  const { filter, typed } = readFilter(c.req.query(), zone);
  const search = c.req.query(SEARCH_FIELD);
  const term = search === undefined ? undefined : await searchTokens.open(service.id, search);
  const position = readPosition(c, parseNotificationId);
  const found = await listMessages(messagePages, viewer, service.id, {
    filter: withTerm(filter, term),
    position,
    limit: PAGE_MESSAGES + 1,
  });
  const page = pageOf(found.messages, { size: PAGE_MESSAGES, position, keyOf: ({ id }) => id });
  const { readTo } = found;
  const isUpwards = position.newerThan !== undefined;
  // The list goes on after what was read, though the page is not full.
  const further = readTo === undefined || page.rows.length === 0
    ? {}
    : isUpwards
    ? { newerThan: readTo }
    : { olderThan: readTo };
  const { faults = [] } = typedSearch;
  return await answerPage(
    c,
    <MessagesPage
      view={c.var.view}
      service={service}
      {...viewer}
      page={{ ...page, ...further }}
      readTo={readTo === undefined ? undefined : { id: readTo, at: timeOfId(readTo) }}
      names={found.names}
      typed={typed}
      search={term === undefined ? undefined : search}
      isSearchGone={search !== undefined && term === undefined}
      {...typedSearch}
    />,
    faults.length > 0 ? 422 : 200,
  );
}
