import type { JSX } from "hono/jsx/jsx-runtime";
import { CopyBlock } from "../components/copy_block.tsx";
import { Notice } from "../components/notice.tsx";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import type { KeyPageProps } from "./keys_pages.tsx";
import { curlCall, nodeCall } from "./sample_calls.ts";

interface CreatedKeyPageProps extends KeyPageProps {
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
  { view, service, keyId }: KeyPageProps & { readonly keyId: string },
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
