import type { PagePosition } from "../../../domain/ports/page_position.ts";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { ConversationText } from "../../../application/messages/conversation.ts";
import type { ReceivedText } from "../../../domain/inbound/received_text.ts";
import type { Service } from "../../../domain/service/service.ts";
import { Pagination } from "../components/pagination.tsx";
import { Table } from "../components/table.tsx";
import type { View } from "../context.ts";
import { StatusTag } from "../messages/message_words.tsx";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatTime } from "../texts/dates.ts";

/** A reply with the address of its conversation, which does not tell the number. */
export type LinkedReply = ReceivedText & { readonly conversation: string };

interface RepliesPageProps {
  readonly view: View;
  readonly service: Service;
  readonly replies: readonly LinkedReply[];
  readonly page: PagePosition<string>;
}

/** The texts that people sent to the service, newest first. */
export function RepliesPage({ view, service, replies, page }: RepliesPageProps): JSX.Element {
  const { replies: words } = view.texts;
  const ids = { service_id: service.id };
  return (
    <ServiceLayout view={view} service={service} title={words.title} here="replies">
      <h1>{words.title}</h1>
      <section class="card" aria-label={words.title}>
        {replies.length === 0
          ? (
            <>
              <p>{words.none}</p>
              <p class="quiet">{words.noneText}</p>
            </>
          )
          : (
            <Table
              rows={replies}
              keyOf={({ id }) => id}
              columns={[
                {
                  label: words.from,
                  kind: "name",
                  cell: ({ from, conversation }) => (
                    <a href={pathOf(PAGES.conversation, { ...ids, conversation })}>
                      <bdi>{displayNumber(from)}</bdi>
                    </a>
                  ),
                },
                { label: words.text, cell: ({ message }) => <bdi class="lines">{message}</bdi> },
                {
                  label: words.when,
                  cell: ({ createdAt }) =>
                    formatTime(createdAt, view.language, service.settings.time_zone),
                },
              ]}
            />
          )}
      </section>
      <Pagination view={view} path={pathOf(PAGES.replies, ids)} page={page} />
    </ServiceLayout>
  );
}

/** A number with its plus sign; another sender as it came. */
function displayNumber(from: string): string {
  return /^\d{7,}$/.test(from) ? `+${from}` : from;
}

interface ConversationPageProps {
  readonly view: View;
  readonly service: Service;
  readonly number: string;
  readonly conversation: string;
  readonly texts: readonly ConversationText[];
  readonly page: PagePosition<string>;
}

/** The texts to a number and from it, newest first. */
export function ConversationPage(props: ConversationPageProps): JSX.Element {
  const { view, service, number, conversation, texts, page } = props;
  const { replies: words } = view.texts;
  const ids = { service_id: service.id };
  const title = words.with(displayNumber(number));
  return (
    <ServiceLayout view={view} service={service} title={words.conversation} here="replies">
      <p>
        <a href={pathOf(PAGES.replies, ids)}>{words.back}</a>
      </p>
      <h1 dir="auto">{title}</h1>
      {texts.length === 0 ? <p class="quiet">{words.gone}</p> : (
        <ol class="list card">
          {texts.map(({ id, direction, status, content, reply, createdAt }) => (
            <li key={id}>
              <div>
                <b>{direction === "sent" ? words.sent : words.received}</b>
                <p class="sms lines" dir="auto">{content}</p>
                {reply === undefined ? null : <p class="hint">{words.answered(reply)}</p>}
              </div>
              {status === undefined ? null : <StatusTag status={status} texts={view.texts} />}
              <span class="hint">
                {direction === "sent"
                  ? <a href={pathOf(PAGES.message, { ...ids, message_id: id })}>{words.open}</a>
                  : null} {formatTime(createdAt, view.language, service.settings.time_zone)}
              </span>
            </li>
          ))}
        </ol>
      )}
      <Pagination
        view={view}
        path={pathOf(PAGES.conversation, { ...ids, conversation })}
        page={page}
      />
    </ServiceLayout>
  );
}
