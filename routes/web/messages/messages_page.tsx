import type { JSX } from "hono/jsx/jsx-runtime";
import type { SeenMessage } from "../../../application/messages/seen_messages.ts";
import type { NotificationId } from "../../../domain/ids.ts";
import { MAX_MESSAGES_READ, type MessageNames } from "../../../domain/ports/message_pages.ts";
import type { Service } from "../../../domain/service/service.ts";
import { Choices } from "../components/choices.tsx";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import type { PageOfRows } from "../components/page_of_rows.ts";
import { Pagination } from "../components/pagination.tsx";
import { type Column, Table } from "../components/table.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatTime } from "../texts/dates.ts";
import { numberFormat } from "../texts/plural.ts";
import { FilterForm, wordsOf } from "./filter_form.tsx";
import { FILTER_FIELDS, toQuery, type TypedFilter } from "./message_filter.ts";
import { StatusTag, templateName } from "./message_words.tsx";

/** What messages can be searched by. */
export const SEARCH_KINDS = ["recipient", "reference"] as const;

interface MessagesPageProps {
  readonly view: View;
  readonly service: Service;
  /** Whether the visitor sees recipients. */
  readonly seesRecipients: boolean;
  readonly page: PageOfRows<SeenMessage, NotificationId>;
  /** The last message that was read, when there are others that a page did not read. */
  readonly readTo?: { readonly id: NotificationId; readonly at: number } | undefined;
  readonly names: MessageNames;
  readonly typed: TypedFilter;
  /** What is searched for, encrypted; `undefined` for no search. */
  readonly search: string | undefined;
  /** Whether the address had a search that cannot be read any more. */
  readonly isSearchGone?: boolean;
  readonly faults?: readonly FormFault[];
  /** What was typed into a search that has faults. */
  readonly typedTerm?: { readonly by: string; readonly term: string };
}

/** The messages of a service, newest first. */
export function MessagesPage(props: MessagesPageProps): JSX.Element {
  const { view, service, page, typed, search, seesRecipients, faults = [] } = props;
  const { messages, shell } = view.texts;
  const path = pathOf(PAGES.messages, { service_id: service.id });
  const query = toQuery(typed.fields, search);
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={messages.title}
      here="messages"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{messages.title}</h1>
      {seesRecipients ? null : <p class="quiet">{messages.hidden}</p>}
      {props.isSearchGone === true
        ? (
          <Notice>
            <p>{messages.searchGone}</p>
          </Notice>
        )
        : null}
      {search === undefined ? null : (
        <Notice kind="good">
          <p>
            {messages.searched}{" "}
            <a href={`${path}?${toQuery(typed.fields)}`}>
              {messages.stopSearch}
            </a>
          </p>
        </Notice>
      )}
      <SearchForm {...props} />
      <FilterForm
        view={view}
        service={service}
        typed={typed}
        names={props.names}
        search={search}
        shown={page.rows.map(({ templateId }) => templateId)}
      />
      <section class="card" aria-label={messages.title}>
        {page.rows.length === 0 ? <NoMessages {...props} /> : <MessageTable {...props} />}
      </section>
      <Pagination view={view} path={path} query={query} page={page} />
      {page.rows.length === 0 ? null : (
        <p>
          <a href={`${pathOf(PAGES.messagesCsv, { service_id: service.id })}?${query}`}>
            {messages.export}
          </a>{" "}
          <span class="hint">{messages.exportHint}</span>
        </p>
      )}
    </ServiceLayout>
  );
}

function SearchForm(
  { view, service, typed, faults = [], typedTerm }: MessagesPageProps,
): JSX.Element {
  const { messages, shell } = view.texts;
  return (
    <details class="card fold" open={faults.length > 0}>
      <summary>{messages.search}</summary>
      <Form
        view={view}
        class="form"
        action={pathOf(PAGES.messages, { service_id: service.id })}
        hidden={{ filters: toQuery(typed.fields).toString() }}
      >
        <Choices
          name="by"
          type="radio"
          legend={messages.by}
          faultPrefix={shell.errorPrefix}
          choices={[
            { value: "recipient", label: messages.byRecipient },
            { value: "reference", label: messages.byReference },
          ]}
          chosen={[typedTerm?.by ?? "recipient"]}
        />
        <Field
          name="term"
          label={messages.term}
          hint={messages.termHint}
          autocomplete="off"
          spellcheck={false}
          value={typedTerm?.term}
          fault={messageOf(faults, "term")}
          faultPrefix={shell.errorPrefix}
        />
        <div>
          <SubmitButton>{messages.find}</SubmitButton>
        </div>
      </Form>
    </details>
  );
}

/** Why there are no messages: none was sent, none fits, or the rest was not read. */
function NoMessages(props: MessagesPageProps): JSX.Element {
  const { view, service, typed, search, names, readTo } = props;
  const { messages } = view.texts;
  const path = pathOf(PAGES.messages, { service_id: service.id });
  if (readTo !== undefined) {
    const query = toQuery(typed.fields, search);
    query.set("older_than", readTo.id);
    const number = numberFormat(view.language).format(MAX_MESSAGES_READ);
    const date = formatTime(readTo.at, view.language, service.settings.time_zone);
    return (
      <>
        <p class="quiet">{messages.noneRead(number, date)}</p>
        <p>
          <a class="button plain" href={`${path}?${query}`}>{messages.goOn}</a>
        </p>
      </>
    );
  }
  const set = FILTER_FIELDS.flatMap((field) => {
    const value = typed.fields[field];
    return value === undefined ? [] : [{ field, value }];
  });
  if (set.length === 0 && search === undefined) {
    return (
      <>
        <p>{messages.none}</p>
        <p class="quiet">{messages.noneText}</p>
      </>
    );
  }
  return (
    <>
      <p>{messages.noneFits}</p>
      {set.length === 0 ? null : (
        <div>
          <p class="quiet">{messages.dropOne}</p>
          <ul>
            {set.map(({ field, value }) => {
              const { [field]: _, ...rest } = typed.fields;
              return (
                <li key={field}>
                  <a href={`${path}?${toQuery(rest, search)}`}>
                    {messages.drop(wordsOf(field, value, names, view.texts))}
                  </a>
                </li>
              );
            })}
          </ul>
        </div>
      )}
    </>
  );
}

function MessageTable(
  { view, service, page, names, seesRecipients }: MessagesPageProps,
): JSX.Element {
  const { texts, language } = view;
  const { messages } = texts;
  const zone = service.settings.time_zone;
  const nameOf = ({ templateId }: SeenMessage) => templateName(names, templateId, texts);
  const link = (message: SeenMessage, label: string) => (
    <a
      dir="auto"
      href={pathOf(PAGES.message, { service_id: service.id, message_id: message.id })}
    >
      {label}
    </a>
  );
  const recipient: Column<SeenMessage> = {
    label: messages.recipient,
    kind: "name",
    cell: (message) => link(message, message.to ?? nameOf(message)),
  };
  return (
    <Table
      rows={page.rows}
      keyOf={({ id }) => id}
      columns={[
        ...seesRecipients ? [recipient] : [],
        {
          label: messages.what,
          ...seesRecipients ? {} : { kind: "name" as const },
          cell: (message) => (
            <>
              {seesRecipients ? <bdi>{nameOf(message)}</bdi> : link(message, nameOf(message))}
              <div class="hint">{texts.channels[message.channel]}</div>
            </>
          ),
        },
        {
          label: messages.state,
          cell: ({ status, reason }) => (
            <>
              <StatusTag status={status} texts={texts} />
              {reason === undefined ? null : <div class="hint">{texts.reasons[reason][0]}</div>}
            </>
          ),
        },
        {
          label: messages.when,
          cell: ({ createdAt }) => formatTime(createdAt, language, zone),
        },
      ]}
    />
  );
}
