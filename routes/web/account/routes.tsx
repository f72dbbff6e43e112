import type { Hono } from "hono";
import { parseSessionId } from "../../../domain/ids.ts";
import type { SessionRefusal } from "../../../domain/accounts/refusals.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { sessionOf, type WebContext, type WebEnv } from "../context.ts";
import { forgetSession } from "../cookies.ts";
import { faultOf, statusOfRefusal } from "../faults.ts";
import { readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES } from "../pages.ts";
import { requestOf, type WebPorts } from "../ports.ts";
import { LinkGonePage, SentPage } from "../register/pages.tsx";
import { AccountPage } from "./account_page.tsx";
import { ChangePage, DonePage, QuestionPage } from "./change_pages.tsx";

/** Adds the account page, and those on which a person changes details and leaves. */
export function addAccountPages(app: Hono<WebEnv>, ports: WebPorts): void {
  const { sessions, settings } = ports.accounts;

  app.get(PAGES.account.path, async (c) => {
    const session = sessionOf(c);
    const list = await sessions.list(session);
    return answerPage(
      c,
      <AccountPage view={c.var.view} user={session.user} sessions={list} />,
    );
  });
  app.post(PAGES.accountSessions.path, async (c) => {
    const form = await readForm(c);
    const session = sessionOf(c);
    const id = parseSessionId(form.text("session_id"));
    if (id === undefined) await sessions.endOthers(session);
    else await sessions.end(session, id);
    return c.redirect(PAGES.account.path, 303);
  });

  app.get(PAGES.accountName.path, (c) => showName(c, sessionOf(c).user.name, []));
  app.post(PAGES.accountName.path, async (c) => {
    const name = (await readForm(c)).text("name");
    const changed = await settings.setName(sessionOf(c), name);
    return changed.ok
      ? c.redirect(PAGES.account.path, 303)
      : showName(c, name, [faultOf(changed.refusal, c.var.view.texts)]);
  });

  app.get(PAGES.accountPassword.path, (c) => showPassword(c, []));
  app.post(PAGES.accountPassword.path, async (c) => {
    const form = await readForm(c);
    const changed = await settings.setPassword(sessionOf(c), form.text("password"));
    if (changed.ok) return c.redirect(PAGES.account.path, 303);
    const refusal = allowed(changed.refusal);
    return showPassword(c, [faultOf(refusal, c.var.view.texts)], statusOfRefusal(c, refusal));
  });

  app.get(PAGES.deactivate.path, (c) => showDeactivate(c, []));
  app.post(PAGES.deactivate.path, async (c) => {
    await readForm(c);
    const { view } = c.var;
    const { account, errors } = view.texts;
    const left = await settings.deactivate(sessionOf(c));
    if (!left.ok) {
      allowed(left.refusal);
      return showDeactivate(c, [{ message: account.lastManager }]);
    }
    forgetSession(c);
    const page = (
      <DonePage
        view={{ ...view, session: undefined }}
        title={account.deactivated}
        text={account.deactivatedText}
        href={PAGES.home.path}
        link={errors.home}
      />
    );
    return answerPage(c, page);
  });
  addEmailPages(app, ports);
}

/** Adds the pages of a new e-mail address, which a link proves. */
function addEmailPages(app: Hono<WebEnv>, { accounts }: WebPorts): void {
  const { settings } = accounts;

  app.get(PAGES.accountEmail.path, (c) => showEmail(c, undefined, []));
  app.post(PAGES.accountEmail.path, async (c) => {
    const email = (await readForm(c)).text("email_address").trim();
    const { view } = c.var;
    const started = await settings.startEmailChange(sessionOf(c), email, requestOf(c));
    if (!started.ok) {
      return showEmail(c, email, [faultOf(allowed(started.refusal), view.texts)]);
    }
    const { path } = PAGES.accountEmail;
    return answerPage(
      c,
      <SentPage
        view={view}
        email={email}
        then={view.texts.account.sentThen}
        action={path}
        other={path}
      />,
    );
  });

  app.get(PAGES.accountEmailLink.path, async (c) => {
    const { view } = c.var;
    const link = await settings.openEmailChange(c.req.param("token"));
    if (!link.ok) return gone(c, link.refusal.because);
    const { account } = view.texts;
    const page = (
      <QuestionPage
        view={view}
        title={account.emailConfirm}
        button={account.emailConfirmButton}
        cancel={PAGES.home.path}
      >
        <p class="lead">
          {account.emailConfirmText} <strong>{link.value.emailAddress}</strong>
        </p>
      </QuestionPage>
    );
    return answerPage(c, page);
  });
  app.post(PAGES.accountEmailLink.path, async (c) => {
    await readForm(c);
    const { view } = c.var;
    const changed = await settings.completeEmailChange(c.req.param("token"), requestOf(c));
    if (!changed.ok) return gone(c, changed.refusal.because);
    const { account, shell } = view.texts;
    const page = (
      <DonePage
        view={view}
        title={account.emailDone}
        href={view.session === undefined ? PAGES.signIn.path : PAGES.account.path}
        link={view.session === undefined ? shell.signIn : account.title}
      />
    );
    return answerPage(c, page);
  });
}

function gone(c: WebContext, because: Parameters<typeof LinkGonePage>[0]["because"]) {
  const page = <LinkGonePage view={c.var.view} because={because} again={PAGES.accountEmail.path} />;
  return answerPage(c, page, 410);
}

function showName(c: WebContext, name: string, faults: readonly FormFault[]) {
  const { account, fields, register } = c.var.view.texts;
  const page = (
    <ChangePage
      view={c.var.view}
      title={account.nameTitle}
      field={{
        name: "name",
        label: fields.name,
        hint: register.nameHint,
        autocomplete: "name",
        value: name,
      }}
      button={account.save}
      faults={faults}
    />
  );
  return answerPage(c, page, statusOf(faults));
}

function showEmail(c: WebContext, email: string | undefined, faults: readonly FormFault[]) {
  const { account, fields } = c.var.view.texts;
  const page = (
    <ChangePage
      view={c.var.view}
      title={account.emailTitle}
      lead={account.emailText}
      field={{
        name: "email_address",
        type: "email",
        inputmode: "email",
        autocomplete: "email",
        spellcheck: false,
        label: fields.email,
        value: email,
      }}
      button={fields.continue}
      faults={faults}
    />
  );
  return answerPage(c, page, statusOf(faults));
}

function showPassword(
  c: WebContext,
  faults: readonly FormFault[],
  status: 200 | 422 | 429 | 503 = 200,
) {
  const { account, fields, register } = c.var.view.texts;
  const page = (
    <ChangePage
      view={c.var.view}
      title={account.passwordTitle}
      lead={account.passwordText}
      field={{
        name: "password",
        type: "password",
        autocomplete: "new-password",
        label: fields.newPassword,
        hint: register.passwordHint,
        reveal: fields,
      }}
      button={account.save}
      faults={faults}
    />
  );
  return answerPage(c, page, status);
}

function showDeactivate(c: WebContext, faults: readonly FormFault[]) {
  const { account } = c.var.view.texts;
  const page = (
    <QuestionPage
      view={c.var.view}
      title={account.leave}
      button={account.leaveButton}
      kind="danger"
      faults={faults}
    >
      <p>{account.leaveText}</p>
    </QuestionPage>
  );
  return answerPage(c, page, statusOf(faults));
}

function statusOf(faults: readonly FormFault[]): 200 | 422 {
  return faults.length > 0 ? 422 : 200;
}

/** @throws PageError 403 when the session does not allow the action, which the access middleware checks before */
export function allowed<R extends { readonly kind: string }>(
  refusal: R,
): Exclude<R, SessionRefusal> {
  if (!isOfForm(refusal)) throw new PageError(403);
  return refusal;
}

/** Whether a refusal is of what was typed, and not of the session. */
function isOfForm<R extends { readonly kind: string }>(
  refusal: R,
): refusal is Exclude<R, SessionRefusal> {
  return refusal.kind !== "reauthentication-needed" && refusal.kind !== "not-allowed";
}
