import type { Hono } from "hono";
import { parseUuid } from "../../../domain/ids.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { sessionOf, type WebContext, type WebEnv } from "../context.ts";
import { keepSession } from "../cookies.ts";
import { faultOf } from "../faults.ts";
import { readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES } from "../pages.ts";
import { requestOf, type WebPorts } from "../ports.ts";
import { AppPage } from "../sign_in/enrol_pages.tsx";
import { readTotpSetup } from "../sign_in/totp_form.ts";
import { ChangePage, QuestionPage, RecoveryCodesPage } from "./change_pages.tsx";
import { allowed } from "./routes.tsx";

/** Adds the pages of the mobile number, the authenticator app and the recovery codes. */
export function addFactorPages(app: Hono<WebEnv>, ports: WebPorts): void {
  addMobilePage(app, ports);
  addAppPage(app, ports);
  const { accounts: { secondFactor }, clock } = ports;

  const askForCodes = (c: WebContext, title: string, lead: string) => {
    const { view } = c.var;
    const { codesCreate } = view.texts.account;
    const hidden = { id: clock.newId() };
    const page = (
      <QuestionPage view={view} title={title} button={codesCreate} hidden={hidden}>
        <p class="lead">{lead}</p>
      </QuestionPage>
    );
    return answerPage(c, page);
  };
  app.get(PAGES.accountCodes.path, (c) => {
    const { account } = c.var.view.texts;
    return askForCodes(c, account.codesTitle, account.codesLead);
  });
  app.post(PAGES.accountCodes.path, async (c) => {
    const setId = parseUuid((await readForm(c)).text("id"));
    if (setId === undefined) throw new PageError(403);
    const created = await secondFactor.createRecoveryCodes(sessionOf(c), setId);
    if (!created.ok) {
      if (created.refusal.kind !== "already-created") throw new PageError(403);
      const { account } = c.var.view.texts;
      return askForCodes(c, account.codesAlready, account.codesAlreadyText);
    }
    return answerPage(c, <RecoveryCodesPage view={c.var.view} codes={created.value} />);
  });
}

/** Adds the page of a new mobile number: the number, then the code that proves it. */
function addMobilePage(app: Hono<WebEnv>, { accounts }: WebPorts): void {
  const { secondFactor } = accounts;

  app.get(PAGES.accountMobile.path, (c) => showNumber(c, "", []));
  app.post(PAGES.accountMobile.path, async (c) => {
    const form = await readForm(c);
    const session = sessionOf(c);
    const { texts } = c.var.view;
    if (form.text("step") === "code") {
      const confirmed = await secondFactor.confirmText(session, form.text("code"), false);
      if (confirmed.ok) {
        keepSession(c, confirmed.value);
        return c.redirect(PAGES.account.path, 303);
      }
      return await showCode(c, [faultOf(confirmed.refusal, texts)]);
    }
    const mobile = form.text("mobile_number");
    const proving = await secondFactor.proveNumber(session, mobile, requestOf(c));
    return proving.ok
      ? await showCode(c, [])
      : showNumber(c, mobile, [faultOf(allowed(proving.refusal), texts)]);
  });

  async function showCode(c: WebContext, faults: readonly FormFault[]) {
    const { account, fields, signIn } = c.var.view.texts;
    const { sentCode } = await secondFactor.state(sessionOf(c));
    const page = (
      <ChangePage
        view={c.var.view}
        title={account.mobileTitle}
        lead={account.mobileCode(sentCode?.numberEnding ?? "")}
        field={{
          name: "code",
          inputmode: "numeric",
          autocomplete: "one-time-code",
          class: "code-input",
          label: fields.code,
          hint: signIn.codeHint,
        }}
        hidden={{ step: "code" }}
        button={fields.continue}
        faults={faults}
      />
    );
    return await answerPage(c, page, faults.length > 0 ? 422 : 200);
  }
}

function showNumber(c: WebContext, mobile: string, faults: readonly FormFault[]) {
  const { account, fields } = c.var.view.texts;
  const page = (
    <ChangePage
      view={c.var.view}
      title={account.mobileTitle}
      lead={account.mobileText}
      field={{
        name: "mobile_number",
        type: "tel",
        inputmode: "tel",
        autocomplete: "tel",
        label: fields.mobile,
        value: mobile,
      }}
      button={fields.continue}
      faults={faults}
    />
  );
  return answerPage(c, page, faults.length > 0 ? 422 : 200);
}

/** Adds the page that sets up the authenticator app, or removes it. */
function addAppPage(app: Hono<WebEnv>, { accounts }: WebPorts): void {
  const { policy, secondFactor } = accounts;

  app.get(PAGES.accountApp.path, (c) => {
    const { view } = c.var;
    const { user } = sessionOf(c);
    if (!user.hasTotp) return answerPage(c, <AppPage view={view} setup={undefined} />);
    const { account } = view.texts;
    const mayRemove = policy.hasSms && user.mobileNumber !== undefined;
    if (!mayRemove) {
      const page = (
        <QuestionPage view={view} title={account.appTitle} button={undefined}>
          <p>{account.appKeep}</p>
        </QuestionPage>
      );
      return answerPage(c, page);
    }
    const page = (
      <QuestionPage view={view} title={account.appTitle} button={account.appRemove} kind="danger">
        <p>{account.appRemoveText}</p>
      </QuestionPage>
    );
    return answerPage(c, page);
  });
  app.post(PAGES.accountApp.path, async (c) => {
    const form = await readForm(c);
    const session = sessionOf(c);
    if (session.user.hasTotp) {
      const removed = await secondFactor.removeTotp(session);
      if (!removed.ok) throw new PageError(403);
      return c.redirect(PAGES.account.path, 303);
    }
    if (form.text("step") !== "code") {
      const setup = await secondFactor.startTotp(session);
      if (!setup.ok) throw new PageError(403);
      return answerPage(c, <AppPage view={c.var.view} setup={setup.value} />);
    }
    const added = await secondFactor.addTotp(session, form.text("code"));
    if (added.ok) {
      keepSession(c, added.value);
      return c.redirect(PAGES.account.path, 303);
    }
    const setup = readTotpSetup(form);
    const faults = [faultOf(allowed(added.refusal), c.var.view.texts)];
    return answerPage(c, <AppPage view={c.var.view} setup={setup} faults={faults} />, 422);
  });
}
