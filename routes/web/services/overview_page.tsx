import type { JSX } from "hono/jsx/jsx-runtime";
import { accessTo } from "../../../domain/accounts/account.ts";
import { may } from "../../../domain/accounts/roles.ts";
import { DEFAULT_DAILY_LIMITS } from "../../../domain/sending/limits.ts";
import type { ServiceSummary } from "../../../domain/ports/service_summary_store.ts";
import type { Service } from "../../../domain/service/service.ts";
import { CopyBlock } from "../components/copy_block.tsx";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { numberFormat } from "../texts/plural.ts";
import { DayColumns, Failures, Lately, LimitNotices, Totals } from "./outcome_sections.tsx";
import { ServiceLayout } from "./service_layout.tsx";

interface OverviewPageProps {
  readonly view: View;
  readonly service: Service;
  /** Whether the visitor may create keys. */
  readonly mayChangeKeys: boolean;
  /** Whether the visitor may invite people. */
  readonly mayChangeTeam: boolean;
  /** Whether the visitor may change what the service is for. */
  readonly mayChangePurpose: boolean;
  readonly summary: ServiceSummary;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Whether the visitor sees recipients, and so replies. */
  readonly seesRecipients: boolean;
}

/** What a service needs next, and what it may do in trial mode. */
export function OverviewPage(props: OverviewPageProps): JSX.Element {
  const { view, service, summary } = props;
  const { overview } = view.texts;
  const hasMessages = summary.days.length > 0;
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={overview.title}
      here="service"
      scripts={["copy"]}
    >
      <h1>{overview.title}</h1>
      <Purpose {...props} />
      {service.active ? null : (
        <Notice>
          <p>{overview.archived}</p>
        </Notice>
      )}
      {service.mode === "trial" && service.active
        ? (
          <Notice>
            <p>{overview.trialNote}</p>
          </Notice>
        )
        : null}
      {service.mode === "trial" ? <TrialLimits view={view} service={service} /> : null}
      <LimitNotices {...props} />
      {hasMessages
        ? (
          <>
            <Totals {...props} />
            <Failures {...props} />
            <DayColumns {...props} />
          </>
        )
        : null}
      <Lately {...props} />
      <Checklist {...props} />
      <section class="card" aria-label={overview.id}>
        <CopyBlock view={view} id="service-id" label={overview.id} text={service.id} />
      </section>
    </ServiceLayout>
  );
}

/** What the service is for, in its team's words, with a link to change it. */
function Purpose({ view, service, mayChangePurpose }: OverviewPageProps): JSX.Element {
  const { services } = view.texts;
  const { purpose } = service.settings;
  return (
    <>
      {purpose === null ? null : <p class="lead lines" dir="auto">{purpose}</p>}
      {mayChangePurpose && service.active
        ? (
          <p>
            <a href={pathOf(PAGES.purpose, { service_id: service.id })}>
              {purpose === null ? services.purposeAdd : services.purposeChange}
            </a>
          </p>
        )
        : null}
    </>
  );
}

function Checklist(
  { view, service, mayChangeKeys, mayChangeTeam, summary: { progress } }: OverviewPageProps,
): JSX.Element {
  const { overview } = view.texts;
  const keys = pathOf(progress.hasKey ? PAGES.keys : PAGES.newKey, { service_id: service.id });
  const team = pathOf(
    mayChangeTeam && !progress.hasTwoManagers ? PAGES.invite : PAGES.team,
    { service_id: service.id },
  );
  const { session } = view;
  const access = session && accessTo(session, service.id);
  const mayAsk = access !== undefined && may(access, PAGES.goLive.needs);
  const maySend = access !== undefined && may(access, PAGES.send.needs) && service.active;
  const steps = [
    {
      title: overview.stepTemplate,
      text: overview.stepTemplateText,
      href: pathOf(PAGES.templates, { service_id: service.id }),
      isDone: progress.hasTemplate,
    },
    {
      title: overview.stepSend,
      text: overview.stepSendText,
      href: maySend ? pathOf(PAGES.send, { service_id: service.id }) : undefined,
      isDone: progress.hasSent,
    },
    {
      title: overview.stepKey,
      text: overview.stepKeyText,
      href: mayChangeKeys ? keys : undefined,
      isDone: progress.hasKey,
    },
    {
      title: overview.stepTeam,
      text: overview.stepTeamText,
      href: team,
      isDone: progress.hasTwoManagers,
    },
    {
      title: overview.stepLive,
      text: overview.stepLiveText,
      href: mayAsk ? pathOf(PAGES.goLive, { service_id: service.id }) : undefined,
      isDone: service.mode === "live",
    },
  ];
  return (
    <section class="card" aria-labelledby="first-steps">
      <h2 id="first-steps">{overview.steps}</h2>
      <ol class="checklist">
        {steps.map(({ title, text, href, isDone }) => (
          <li key={title} class={isDone ? "done" : undefined}>
            <div>
              <b>{href === undefined ? title : <a href={href}>{title}</a>}</b>
              {isDone ? <span class="unseen">{overview.done}</span> : null}
              <p class="quiet">{text}</p>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

function TrialLimits({ view, service }: Pick<OverviewPageProps, "view" | "service">): JSX.Element {
  const { overview } = view.texts;
  const format = numberFormat(view.language);
  const limits = service.settings.daily_limits;
  const { trial } = DEFAULT_DAILY_LIMITS;
  return (
    <section class="tiles" aria-label={overview.limits}>
      <p class="tile">
        <span class="quiet">{overview.textsPerDay}</span>
        <b>{format.format(limits.sms ?? trial.sms)}</b>
        <span class="small quiet">{overview.perDay}</span>
      </p>
      <p class="tile">
        <span class="quiet">{overview.emailsPerDay}</span>
        <b>{format.format(limits.email ?? trial.email)}</b>
        <span class="small quiet">{overview.perDay}</span>
      </p>
    </section>
  );
}
