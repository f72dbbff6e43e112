import type { JSX } from "hono/jsx/jsx-runtime";
import type { ManagementTokenId, ServiceId } from "../../../domain/ids.ts";
import { CopyBlock } from "../components/copy_block.tsx";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { Layout } from "../layout.tsx";
import { PAGES, pathOf } from "../pages.ts";

interface CreatedTokenPageProps {
  readonly view: View;
  /** The token in full. */
  readonly text: string;
  /** The only service that the token reaches. */
  readonly serviceId: ServiceId | undefined;
  /** The server's URL, ending in a slash. */
  readonly root: string;
}

/** Shows a token, this once, with a call that works with it. */
export function CreatedTokenPage(
  { view, text, serviceId, root }: CreatedTokenPageProps,
): JSX.Element {
  const { tokens } = view.texts;
  const address = `${root}manage/services${serviceId === undefined ? "" : `/${serviceId}`}`;
  return (
    <Layout view={view} title={tokens.createdTitle} width="middle" scripts={["copy"]}>
      <h1>{tokens.createdTitle}</h1>
      <Notice kind="good">
        <p>
          <strong>{tokens.createdOnce}</strong>
        </p>
      </Notice>
      <section class="card" aria-label={tokens.createdTitle}>
        <CopyBlock view={view} id="token" label={tokens.createdTitle} text={text} />
        <p class="hint">{tokens.createdStore}</p>
      </section>
      <section class="card" aria-labelledby="try">
        <h2 id="try">{tokens.tryTitle}</h2>
        <CopyBlock
          view={view}
          id="curl"
          label={tokens.tryCurl}
          text={`curl -sS ${address} -H "Authorization: Bearer ${text}"`}
          isProgram
        />
      </section>
      <p class="buttons">
        <a class="button plain" href={PAGES.tokens.path}>{tokens.toTokens}</a>
      </p>
    </Layout>
  );
}

/** Says that a form was sent twice, and offers to revoke the token that it created. */
export function AlreadyCreatedTokenPage(
  { view, tokenId }: { readonly view: View; readonly tokenId: ManagementTokenId },
): JSX.Element {
  const { tokens } = view.texts;
  return (
    <Layout view={view} title={tokens.alreadyTitle}>
      <h1>{tokens.alreadyTitle}</h1>
      <p>{tokens.alreadyText}</p>
      <p class="buttons">
        <a class="button danger" href={pathOf(PAGES.revokeToken, { token_id: tokenId })}>
          {tokens.revokeButton}
        </a>
        <a class="button plain" href={PAGES.tokens.path}>{tokens.toTokens}</a>
      </p>
    </Layout>
  );
}
