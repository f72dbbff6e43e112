import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { accessTo } from "../../../domain/accounts/account.ts";
import { may } from "../../../domain/accounts/roles.ts";
import type { Service } from "../../../domain/service/service.ts";
import type { View } from "../context.ts";
import { Layout, type LayoutProps } from "../layout.tsx";
import { PAGES, pathOf } from "../pages.ts";
import type { Texts } from "../texts/texts.ts";
import { ServiceTag } from "./services_pages.tsx";

/** The pages of a service that the rail names. */
const ENTRIES = [
  { page: "service", label: (texts: Texts) => texts.overview.title },
  { page: "templates", label: (texts: Texts) => texts.templates.nav },
  { page: "send", label: (texts: Texts) => texts.send.nav },
  { page: "messages", label: (texts: Texts) => texts.messages.nav },
  { page: "lists", label: (texts: Texts) => texts.jobList.title },
  { page: "replies", label: (texts: Texts) => texts.replies.title },
  { page: "suppressed", label: (texts: Texts) => texts.suppressed.nav },
  { page: "team", label: (texts: Texts) => texts.team.nav },
  { page: "guests", label: (texts: Texts) => texts.guests.nav },
  { page: "keys", label: (texts: Texts) => texts.keys.nav },
  { page: "callbacks", label: (texts: Texts) => texts.callbacks.nav },
  { page: "settings", label: (texts: Texts) => texts.settings.nav },
  { page: "audit", label: (texts: Texts) => texts.audit.nav },
] as const;

interface ServiceLayoutProps extends Omit<LayoutProps, "width" | "rail"> {
  readonly service: Service;
  /** The page of the rail that this one is or belongs to. */
  readonly here: typeof ENTRIES[number]["page"];
  readonly children: Child;
}

/** The frame of a service's pages: a rail with its name, and the pages that the visitor may see. */
export function ServiceLayout(props: ServiceLayoutProps): JSX.Element {
  const { view, service, title, here, children } = props;
  return (
    <Layout
      {...props}
      title={`${title} – ${service.name}`}
      width="rail"
      rail={<Rail view={view} service={service} here={here} />}
    >
      {children}
    </Layout>
  );
}

function Rail(
  { view, service, here }: Pick<ServiceLayoutProps, "service" | "here"> & { view: View },
): JSX.Element {
  const { texts, session } = view;
  const entries = ENTRIES.filter(({ page }) =>
    session !== undefined && may(accessTo(session, service.id), PAGES[page].needs)
  );
  return (
    <aside class="rail" aria-label={service.name}>
      <div class="rail-head">
        <b dir="auto">{service.name}</b>
        <ServiceTag service={service} texts={texts} />
      </div>
      <nav aria-label={texts.shell.service}>
        <ul class="links">
          {entries.map(({ page, label }) => (
            <li key={page}>
              <a
                href={pathOf(PAGES[page], { service_id: service.id })}
                aria-current={page === here ? "page" : undefined}
              >
                {label(texts)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </aside>
  );
}
