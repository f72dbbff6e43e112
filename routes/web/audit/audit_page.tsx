import type { JSX } from "hono/jsx/jsx-runtime";
import { type AuditEntry, SERVICE_ACTIONS } from "../../../domain/accounts/audit.ts";
import type { Member } from "../../../domain/accounts/roles.ts";
import type { Service } from "../../../domain/service/service.ts";
import type { PageOfRows } from "../components/page_of_rows.ts";
import { Pagination } from "../components/pagination.tsx";
import { Table } from "../components/table.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatTime } from "../texts/dates.ts";
import type { Texts } from "../texts/texts.ts";

/** An entry with the name of the person who acted; `undefined` for a person without an account any more. */
export type NamedEntry = AuditEntry & { readonly actorName: string | undefined };

/** What the list is filtered by, as typed; empty for everything. */
export interface AuditFilter {
  readonly person: string;
  readonly action: string;
  readonly day: string;
}

interface AuditPageProps {
  readonly view: View;
  readonly service: Service;
  readonly members: readonly Member[];
  readonly page: PageOfRows<NamedEntry, number>;
  readonly filter: AuditFilter;
}

/** The audit log of a service, newest entries first. */
export function AuditPage(props: AuditPageProps): JSX.Element {
  const { view, service, page, filter } = props;
  const { audit } = view.texts;
  const query = new URLSearchParams(
    Object.entries(filter).filter(([, value]) => value !== ""),
  );
  const isFiltered = query.size > 0;
  const ids = { service_id: service.id };
  return (
    <ServiceLayout view={view} service={service} title={audit.title} here="audit">
      <h1>{audit.title}</h1>
      <p>{audit.lead}</p>
      <Filter {...props} />
      <div class="card">
        {page.rows.length === 0
          ? <p class="quiet">{isFiltered ? audit.noneFiltered : audit.none}</p>
          : <EntryTable {...props} />}
      </div>
      <Pagination view={view} path={pathOf(PAGES.audit, ids)} query={query} page={page} />
      {page.rows.length === 0 ? null : (
        <p>
          <a href={`${pathOf(PAGES.auditCsv, ids)}?${query}`}>{audit.export}</a>
        </p>
      )}
    </ServiceLayout>
  );
}

function EntryTable({ view, service, page }: AuditPageProps): JSX.Element {
  const { audit } = view.texts;
  const zone = service.settings.time_zone;
  return (
    <Table
      rows={page.rows}
      keyOf={({ sequence }) => sequence}
      columns={[
        {
          label: audit.when,
          kind: "first",
          cell: ({ at }) => formatTime(at, view.language, zone),
        },
        { label: audit.who, cell: (entry) => <bdi>{actorText(entry, view.texts)}</bdi> },
        { label: audit.what, cell: ({ action }) => audit.actions[action] },
      ]}
    />
  );
}

/** Who acted, in words. */
export function actorText({ actor, actorName }: NamedEntry, { audit }: Texts): string {
  switch (actor.kind) {
    case "user":
      return actorName ?? audit.formerUser;
    case "management-token":
      return audit.managementToken;
    case "admin-token":
      return audit.adminToken;
    case "system":
      return audit.system;
  }
}

function Filter({ view, members, filter }: AuditPageProps): JSX.Element {
  const { audit } = view.texts;
  return (
    <form method="get" class="filter card">
      <div class="field">
        <label for="person">{audit.person}</label>
        <select id="person" name="person">
          <option value="">{audit.everybody}</option>
          {members.map(({ userId, name }) => (
            <option key={userId} value={userId} selected={userId === filter.person}>{name}</option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="action">{audit.action}</label>
        <select id="action" name="action">
          <option value="">{audit.everything}</option>
          {SERVICE_ACTIONS.map((action) => (
            <option key={action} value={action} selected={action === filter.action}>
              {audit.actions[action]}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="day">{audit.day}</label>
        <input type="date" id="day" name="day" value={filter.day} />
      </div>
      <button type="submit" class="button plain">{audit.show}</button>
    </form>
  );
}
