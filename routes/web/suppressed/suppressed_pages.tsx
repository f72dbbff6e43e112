import type { PagePosition } from "../../../domain/ports/page_position.ts";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { UnsubscribeRequest } from "../../../domain/ports/unsubscribe_store.ts";
import type { Service } from "../../../domain/service/service.ts";
import type { Suppression } from "../../../domain/suppression/suppression.ts";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import { Pagination } from "../components/pagination.tsx";
import { type Column, Table } from "../components/table.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatTime } from "../texts/dates.ts";

interface SuppressedPageProps {
  readonly view: View;
  readonly service: Service;
  readonly suppressions: readonly Suppression[];
  /** Whether those are shown that were lifted. */
  readonly lifted: boolean;
  readonly maySend: boolean;
  readonly isLifted: boolean;
  readonly page: PagePosition<string>;
}

/** The recipients to whom the service does not send, newest first. */
export function SuppressedPage(props: SuppressedPageProps): JSX.Element {
  const { view, service, suppressions, lifted, page } = props;
  const { suppressed: words } = view.texts;
  const ids = { service_id: service.id };
  const path = pathOf(PAGES.suppressed, ids);
  const query = new URLSearchParams(lifted ? { state: "lifted" } : {});
  return (
    <ServiceLayout view={view} service={service} title={words.title} here="suppressed">
      <h1>{words.title}</h1>
      <p>{words.lead}</p>
      {props.isLifted
        ? (
          <Notice kind="good">
            <p>{words.isLifted}</p>
          </Notice>
        )
        : null}
      <p class="buttons">
        <a href={path} aria-current={lifted ? undefined : "true"}>{words.inForce}</a>
        <a href={`${path}?state=lifted`} aria-current={lifted ? "true" : undefined}>
          {words.lifted}
        </a>
        <a href={pathOf(PAGES.unsubscribed, ids)}>{words.unsubscribed}</a>
      </p>
      <section class="card" aria-label={words.title}>
        {suppressions.length === 0
          ? <p class="quiet">{lifted ? words.noneLifted : words.none}</p>
          : <SuppressionTable {...props} />}
      </section>
      <Pagination view={view} path={path} query={query} page={page} />
      {suppressions.length === 0 ? null : (
        <p>
          <a href={`${pathOf(PAGES.suppressedCsv, ids)}?${query}`}>{words.export}</a>
        </p>
      )}
    </ServiceLayout>
  );
}

function SuppressionTable(
  { view, service, suppressions, lifted, maySend }: SuppressedPageProps,
): JSX.Element {
  const { suppressed: words, channels } = view.texts;
  const timeOf = (at: number) => formatTime(at, view.language, service.settings.time_zone);
  const ids = { service_id: service.id };
  const lift: Column<Suppression> = {
    label: words.action,
    cell: ({ id, recipient }) => (
      <a
        href={pathOf(PAGES.liftSuppression, { ...ids, suppression_id: id })}
        aria-label={words.liftOf(recipient ?? words.gone)}
      >
        {words.lift}
      </a>
    ),
  };
  const liftedAt: Column<Suppression> = {
    label: words.liftedAt,
    cell: ({ liftedAt, liftReason }) => (
      <>
        {liftedAt === undefined ? "" : timeOf(liftedAt)}
        {liftReason === undefined ? null : <div class="hint" dir="auto">{liftReason}</div>}
      </>
    ),
  };
  return (
    <Table
      rows={suppressions}
      keyOf={({ id }) => id}
      columns={[
        {
          label: words.who,
          kind: "name",
          cell: ({ recipient, channel }) => (
            <>
              <bdi>{recipient ?? words.gone}</bdi>
              <div class="hint">{channels[channel]}</div>
            </>
          ),
        },
        {
          label: words.why,
          cell: ({ because, reason, notificationId }) => (
            <>
              {notificationId === undefined
                ? words.causes[because]
                : (
                  <a href={pathOf(PAGES.message, { ...ids, message_id: notificationId })}>
                    {words.causes[because]}
                  </a>
                )}
              {reason === undefined ? null : <div class="hint" dir="auto">{reason}</div>}
            </>
          ),
        },
        { label: words.since, cell: ({ createdAt }) => timeOf(createdAt) },
        ...lifted ? [liftedAt] : maySend && service.active ? [lift] : [],
      ]}
    />
  );
}

interface LiftPageProps {
  readonly view: View;
  readonly service: Service;
  readonly recipient: string | undefined;
  readonly reason?: string;
  readonly faults?: readonly FormFault[];
}

/** Asks why a suppression is lifted. */
export function LiftPage(
  { view, service, recipient, reason, faults = [] }: LiftPageProps,
): JSX.Element {
  const { suppressed: words, fields, shell } = view.texts;
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={words.liftTitle}
      here="suppressed"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{words.liftTitle}</h1>
      <p>
        <bdi>{recipient ?? words.gone}</bdi>
      </p>
      <p>{words.liftText}</p>
      <Form view={view}>
        <Field
          name="reason"
          label={words.liftReason}
          hint={words.liftReasonHint}
          autocomplete="off"
          value={reason}
          fault={messageOf(faults, "reason")}
          faultPrefix={shell.errorPrefix}
        />
        <div class="buttons">
          <SubmitButton>{words.lift}</SubmitButton>
          <a href={pathOf(PAGES.suppressed, { service_id: service.id })}>{fields.cancel}</a>
        </div>
      </Form>
    </ServiceLayout>
  );
}

/** The requests to unsubscribe, newest first. */
export function UnsubscribedPage(
  { view, service, requests, page }: {
    readonly view: View;
    readonly service: Service;
    readonly requests: readonly UnsubscribeRequest[];
    readonly page: PagePosition<string>;
  },
): JSX.Element {
  const { suppressed: words } = view.texts;
  const ids = { service_id: service.id };
  return (
    <ServiceLayout view={view} service={service} title={words.unsubscribed} here="suppressed">
      <p>
        <a href={pathOf(PAGES.suppressed, ids)}>{words.title}</a>
      </p>
      <h1>{words.unsubscribed}</h1>
      <p>{words.unsubscribedLead}</p>
      <section class="card" aria-label={words.unsubscribed}>
        {requests.length === 0 ? <p class="quiet">{words.noneUnsubscribed}</p> : (
          <Table
            rows={requests}
            keyOf={({ id }) => id}
            columns={[
              {
                label: words.who,
                kind: "name",
                cell: ({ to, notificationId }) => (
                  <a href={pathOf(PAGES.message, { ...ids, message_id: notificationId })}>
                    <bdi>{to ?? words.gone}</bdi>
                  </a>
                ),
              },
              {
                label: words.since,
                cell: ({ at }) => formatTime(at, view.language, service.settings.time_zone),
              },
            ]}
          />
        )}
      </section>
      <Pagination view={view} path={pathOf(PAGES.unsubscribed, ids)} page={page} />
      {requests.length === 0 ? null : (
        <p>
          <a href={pathOf(PAGES.unsubscribedCsv, ids)}>{words.export}</a>
        </p>
      )}
    </ServiceLayout>
  );
}
