import type { JSX } from "hono/jsx/jsx-runtime";
import { type ApiKey, KEY_KINDS, type Service } from "../../../domain/service/service.ts";
import { Choices } from "../components/choices.tsx";
import { CopyBlock } from "../components/copy_block.tsx";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import { Tag } from "../components/tag.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatDate } from "../texts/dates.ts";
import { curlCall, nodeCall } from "./sample_calls.ts";

interface PageProps {
  readonly view: View;
  readonly service: Service;
}

/** The keys of a service. */
export function KeysPage(
  { view, service, keys }: PageProps & { readonly keys: readonly ApiKey[] },
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
          : <KeyTable view={view} service={service} keys={keys} />}
      </section>
      <section class="card" aria-label={texts.overview.id}>
        <CopyBlock view={view} id="service-id" label={texts.overview.id} text={service.id} />
      </section>
    </ServiceLayout>
  );
}

function KeyTable(
  { view, service, keys }: PageProps & { readonly keys: readonly ApiKey[] },
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
            <td data-label={texts.created}>{dateOf(key.createdAt)}</td>
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

interface NewKeyPageProps extends PageProps {
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

interface CreatedKeyPageProps extends PageProps {
  /** The key in full. */
  readonly text: string;
  /** The server's URL, ending in a slash. */
  readonly root: string;
  /** The id of a template of the service for text messages; `undefined` when it has none. */
  readonly templateId: string | undefined;
}

/** Shows a key, this once, with calls that work with it. */
export function CreatedKeyPage(
  { view, service, text, root, templateId }: CreatedKeyPageProps,
): JSX.Element {
  const { keys } = view.texts;
  const call = { root, key: text, templateId, phoneNumber: view.session?.user.mobileNumber };
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={keys.createdTitle}
      here="keys"
      scripts={["copy"]}
    >
      <h1>{keys.createdTitle}</h1>
      <Notice kind="good">
        <p>
          <strong>{keys.createdOnce}</strong>
        </p>
      </Notice>
      <section class="card" aria-label={keys.createdTitle}>
        <CopyBlock view={view} id="key" label={keys.createdTitle} text={text} />
        <p class="hint">{keys.createdStore}</p>
      </section>
      <section class="card" aria-labelledby="try">
        <h2 id="try">{keys.tryTitle}</h2>
        <CopyBlock view={view} id="curl" label={keys.tryCurl} text={curlCall(call)} isProgram />
        <CopyBlock view={view} id="node" label={keys.trySend} text={nodeCall(call)} isProgram />
      </section>
      <p class="buttons">
        <a class="button plain" href={pathOf(PAGES.keys, { service_id: service.id })}>
          {keys.toKeys}
        </a>
      </p>
    </ServiceLayout>
  );
}

/** Says that a form was sent twice, and offers to revoke the key that it created. */
export function AlreadyCreatedPage(
  { view, service, keyId }: PageProps & { readonly keyId: string },
): JSX.Element {
  const { keys } = view.texts;
  return (
    <ServiceLayout view={view} service={service} title={keys.alreadyTitle} here="keys">
      <h1>{keys.alreadyTitle}</h1>
      <p>{keys.alreadyText}</p>
      <p class="buttons">
        <a
          class="button danger"
          href={pathOf(PAGES.revokeKey, { service_id: service.id, key_id: keyId })}
        >
          {keys.revokeButton}
        </a>
        <a class="button plain" href={pathOf(PAGES.keys, { service_id: service.id })}>
          {keys.toKeys}
        </a>
      </p>
    </ServiceLayout>
  );
}

/** Asks whether to revoke a key. */
export function RevokeKeyPage(
  { view, service, keyName }: PageProps & { readonly keyName: string },
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
