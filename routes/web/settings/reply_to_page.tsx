import type { Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { StoredProof } from "../../../domain/ports/reply_to_proof_store.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { Form, SubmitButton } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import type { View, WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { Layout } from "../layout.tsx";
import { PageError } from "../page_error.ts";
import { PAGES } from "../pages.ts";
import type { WebPorts } from "../ports.ts";

interface ReplyToPageProps {
  readonly view: View;
  readonly stored: StoredProof;
  readonly isDone?: boolean;
}

/** Asks the owner of an address whether replies to a service's e-mails may come to it. */
function ReplyToPage({ view, stored, isDone = false }: ReplyToPageProps): JSX.Element {
  const { replyTo: texts } = view.texts;
  const { proof: { emailAddress }, serviceName } = stored;
  return (
    <Layout view={view} title={texts.title}>
      <h1>{texts.title}</h1>
      {isDone
        ? (
          <Notice kind="good">
            <p>{texts.done(serviceName)}</p>
          </Notice>
        )
        : (
          <>
            <p class="lead" dir="auto">{texts.lead(serviceName)}</p>
            <p>
              <strong>
                <bdi>{emailAddress}</bdi>
              </strong>
            </p>
            <Form view={view} class="buttons">
              <SubmitButton>{texts.allow}</SubmitButton>
            </Form>
          </>
        )}
    </Layout>
  );
}

/** Adds the page of the link that proves a reply-to address. It is for the owner, who may have no account. */
export function addReplyToPage(app: Hono<WebEnv>, { accounts: { replyToProofs } }: WebPorts): void {
  app.get(PAGES.replyTo.path, async (c) => {
    const link = await replyToProofs.open(c.req.param("token"));
    if (!link.ok) throw new PageError(410);
    return answerPage(c, <ReplyToPage view={c.var.view} stored={link.value} />);
  });
  app.post(PAGES.replyTo.path, async (c) => {
    await readForm(c);
    const link = await replyToProofs.complete(c.req.param("token"));
    if (!link.ok) throw new PageError(410);
    return answerPage(c, <ReplyToPage view={c.var.view} stored={link.value} isDone />);
  });
}
