import type { JSX } from "hono/jsx/jsx-runtime";
import { type ApiKey, KEY_KINDS, type Service } from "../../../domain/service/service.ts";
import { Choices } from "../components/choices.tsx";
import { CopyBlock } from "../components/copy_block.tsx";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { Tag } from "../components/tag.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { actorText, type NamedEntry } from "../audit/audit_page.tsx";
import type { Texts } from "../texts/texts.ts";
import { formatDate } from "../texts/dates.ts";

/** Properties of every page of a service's keys. */
export interface KeyPageProps {
  readonly view: View;
  readonly service: Service;
}

interface KeysPageProps extends KeyPageProps {
  readonly keys: readonly ApiKey[];
  /** The entries of the audit log for the creation of keys, by the keys' ids. */
  readonly creators: ReadonlyMap<string | undefined, NamedEntry>;
}

/** The keys of a service. */
export function KeysPage(
  { view, service, keys, creators }: KeysPageProps,
): JSX.Element {
  const { texts } = view;
  const create = (
    <a class="button" href={pathOf(PAGES.newKey, { service_id: service.id })}>
      {texts.keys.create}
    </a>
  );
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={texts.keys.title}
      here="keys"
      scripts={["copy"]}
    >
      <div class="head">
        <h1>{texts.keys.title}</h1>
        {service.active ? create : null}
      </div>
      <p>{texts.keys.lead}</p>
      <section class="card" aria-label={texts.keys.title}>
        {keys.length === 0
          ? <p class="quiet">{texts.keys.none}</p>
          : <KeyTable view={view} service={service} keys={keys} creators={creators} />}
      </section>
      <section class="card" aria-label={texts.overview.id}>
        <CopyBlock view={view} id="service-id" label={texts.overview.id} text={service.id} />
      </section>
    </ServiceLayout>
  );
}

function KeyTable(
  { view, service, keys, creators }: KeysPageProps,
): JSX.Element {
  const { keys: texts } = view.texts;
  const dateOf = (at: number) => formatDate(at, view.language, service.settings.time_zone);
  return (
    <table class="stacks">
      <thead>
        <tr>
          <th scope="col">{texts.name}</th>
          <th scope="col">{texts.kind}</th>
          <th scope="col">{texts.created}</th>
          <th scope="col">{texts.lastUsed}</th>
          <th scope="col">{texts.expires}</th>
          <th scope="col">{texts.state}</th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.id}>
            <th scope="row" dir="auto">{key.name}</th>
            <td data-label={texts.kind}>{texts.kinds[key.kind][0]}</td>
            <td data-label={texts.created}>
              {dateOf(key.createdAt)}
              <div class="hint">
                <bdi>{creatorOf(creators.get(key.id), view.texts)}</bdi>
              </div>
            </td>
            <td data-label={texts.lastUsed}>
              {key.lastUsedAt === undefined ? texts.never : dateOf(key.lastUsedAt)}
            </td>
            <td data-label={texts.expires}>
              {key.expiresAt === undefined ? texts.never : dateOf(key.expiresAt - 1)}
            </td>
            <td data-label={texts.state}>
              {key.revokedAt === undefined
                ? (
                  <a
                    href={pathOf(PAGES.revokeKey, { service_id: service.id, key_id: key.id })}
                    aria-label={texts.revokeOf(key.name)}
                  >
                    {texts.revoke}
                  </a>
                )
                : <Tag>{texts.revoked(dateOf(key.revokedAt))}</Tag>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Who created a key, in words. */
function creatorOf(entry: NamedEntry | undefined, texts: Texts): string {
  if (entry === undefined) return texts.keys.creatorUnknown;
  return entry.actor.kind === "user" ? actorText(entry, texts) : texts.keys.creatorProgram;
}

interface NewKeyPageProps extends KeyPageProps {
  /** The id that the key will have: a form that is sent twice creates one key. */
  readonly id: string;
  readonly name?: string;
  readonly kind?: string;
  /** The last day of the key, as typed. */
  readonly lastDay?: string;
  readonly faults?: readonly FormFault[];
}

/** Asks for the name and the kind of a new key. */
export function NewKeyPage(
  { view, service, id, name, kind, lastDay, faults = [] }: NewKeyPageProps,
): JSX.Element {
  const { keys, fields, shell } = view.texts;
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={keys.newTitle}
      here="keys"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{keys.newTitle}</h1>
      <Form view={view} class="form card" hidden={{ id }}>
        <Field
          name="name"
          label={keys.newName}
          hint={keys.newNameHint}
          autocomplete="off"
          fault={messageOf(faults, "name")}
          faultPrefix={shell.errorPrefix}
          value={name}
        />
        <Choices
          name="kind"
          type="radio"
          legend={keys.newKind}
          fault={messageOf(faults, "kind")}
          faultPrefix={shell.errorPrefix}
          choices={KEY_KINDS.map((value) => {
            const [label, hint] = keys.kinds[value];
            return { value, label, hint };
          })}
          chosen={kind === undefined ? [] : [kind]}
        />
        <Field
          name="last_day"
          type="date"
          label={keys.lastDay}
          hint={keys.lastDayHint}
          autocomplete="off"
          class="short"
          fault={messageOf(faults, "last_day")}
          faultPrefix={shell.errorPrefix}
          value={lastDay}
        />
        <div class="buttons">
          <SubmitButton>{keys.create}</SubmitButton>
          <a href={pathOf(PAGES.keys, { service_id: service.id })}>{fields.cancel}</a>
        </div>
      </Form>
    </ServiceLayout>
  );
}

/** Asks whether to revoke a key. */
export function RevokeKeyPage(
  { view, service, keyName }: KeyPageProps & { readonly keyName: string },
): JSX.Element {
  const { keys, fields } = view.texts;
  const title = keys.revokeTitle(keyName);
  return (
    <ServiceLayout view={view} service={service} title={title} here="keys">
      <h1>{title}</h1>
      <p>{keys.revokeText}</p>
      <Form view={view} class="buttons">
        <SubmitButton kind="danger">{keys.revokeButton}</SubmitButton>
        <a href={pathOf(PAGES.keys, { service_id: service.id })}>{fields.cancel}</a>
      </Form>
    </ServiceLayout>
  );
}
