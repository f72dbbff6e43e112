import type { Hono } from "hono";
import { SECOND_FACTORS, type SecondFactorWay } from "../../../domain/accounts/sign_in.ts";
import type { SecondFactorState } from "../../../application/accounts/second_factor.ts";
import { noteLimit, noteRefusedCredential } from "../../http/security_events.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { sessionOf, type WebContext, type WebEnv } from "../context.ts";
import { browserTokenOf, forgetSession, keepBrowser, keepSession } from "../cookies.ts";
import { faultOf, statusOfRefusal } from "../faults.ts";
import { type Form, readForm, returnPath } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES } from "../pages.ts";
import { OFFER_CODES } from "../services/services_pages.tsx";
import { requestOf, type WebPorts } from "../ports.ts";
import { CodePage } from "./code_page.tsx";
import { SignInPage } from "./sign_in_page.tsx";

/** Adds the pages of signing in by password, of the second factor, and of signing out. */
export function addSignInPages(app: Hono<WebEnv>, ports: WebPorts): void {
  const { signIn, sessions } = ports.accounts;
  const hasDemo = signIn.asDemoUser !== undefined;

  app.get(PAGES.signIn.path, (c) => {
    const returnTo = landingOf(c.req.query("return_to"));
    if (c.var.view.session?.stage === "complete") return c.redirect(returnTo, 303);
    return answerPage(c, <SignInPage view={c.var.view} returnTo={returnTo} hasDemo={hasDemo} />);
  });
  app.post(PAGES.signIn.path, async (c) => {
    const form = await readForm(c);
    const { view } = c.var;
    const email = form.text("email_address").trim();
    const returnTo = landingOf(form.text("return_to"));
    const opened = await signIn.withPassword(
      { emailAddress: email, password: form.text("password") },
      browserTokenOf(c),
      requestOf(c),
    );
    if (opened.ok) {
      keepSession(c, opened.value);
      return c.redirect(opened.value.next === "done" ? returnTo : toCode(returnTo), 303);
    }
    const { refusal } = opened;
    noteRefusal(c, "password", refusal.kind);
    const page = (
      <SignInPage
        view={view}
        returnTo={returnTo}
        hasDemo={hasDemo}
        faults={[faultOf(refusal, view.texts)]}
        email={email}
      />
    );
    return answerPage(c, page, statusOfRefusal(c, refusal));
  });
  app.post(PAGES.signInDemo.path, async (c) => {
    if (signIn.asDemoUser === undefined) throw new PageError(404);
    const form = await readForm(c);
    keepSession(c, await signIn.asDemoUser(requestOf(c)));
    return c.redirect(landingOf(form.text("return_to")), 303);
  });
  app.post(PAGES.signOut.path, async (c) => {
    await readForm(c);
    await sessions.signOut(sessionOf(c));
    forgetSession(c);
    return c.redirect(PAGES.home.path, 303);
  });
  addCodePages(app, ports);
}

/** Records a refused sign-in for the security log. It is not slowed: the use cases count failures themselves. */
function noteRefusal(c: WebContext, credential: "password" | "second-factor", kind: string): void {
  if (kind === "busy") return;
  if (kind === "too-many-failures") noteLimit(c, "sign-ins");
  else noteRefusedCredential(c, credential, kind, false);
}

/** Adds the pages that take a code. */
function addCodePages(app: Hono<WebEnv>, { accounts }: WebPorts): void {
  const { secondFactor } = accounts;

  app.get(PAGES.signInCode.path, async (c) => {
    const returnTo = landingOf(c.req.query("return_to"));
    const state = await secondFactor.state(sessionOf(c));
    const elsewhere = elsewhereOf(state, returnTo);
    if (elsewhere !== undefined) return c.redirect(elsewhere, 303);
    const way = wayOf(c.req.query("way"), state);
    return answerPage(
      c,
      <CodePage view={c.var.view} way={way} state={state} returnTo={returnTo} />,
    );
  });
  app.post(PAGES.signInCode.path, async (c) => {
    const form = await readForm(c);
    const session = sessionOf(c);
    const returnTo = landingOf(form.text("return_to"));
    const way = SECOND_FACTORS.find((one) => one === form.text("way")) ?? "text";
    const code = form.text("code").trim();
    if (code === "") {
      return await showCode(c, form, way, {
        field: "code",
        message: c.var.view.texts.faults.codeMissing,
      });
    }
    const confirm = {
      text: secondFactor.confirmText,
      totp: secondFactor.confirmTotp,
      "recovery-code": secondFactor.confirmRecoveryCode,
    }[way];
    const confirmed = await confirm(session, code, form.text("remember") === "yes");
    if (!confirmed.ok) {
      noteRefusal(c, "second-factor", confirmed.refusal.kind);
      return await showCode(c, form, way, faultOf(confirmed.refusal, c.var.view.texts));
    }
    keepSession(c, confirmed.value);
    const { rememberedBrowser } = confirmed.value;
    if (rememberedBrowser !== undefined) keepBrowser(c, rememberedBrowser);
    const offersCodes = confirmed.value.needsRecoveryCodes && returnTo === PAGES.services.path;
    return c.redirect(offersCodes ? `${returnTo}?${OFFER_CODES}` : returnTo, 303);
  });
  app.post(PAGES.signInNewCode.path, async (c) => {
    const form = await readForm(c);
    const sent = await secondFactor.sendText(sessionOf(c), requestOf(c));
    if (sent.ok) return c.redirect(toCode(landingOf(form.text("return_to"))), 303);
    return await showCode(c, form, "text", faultOf(sent.refusal, c.var.view.texts));
  });

  async function showCode(c: WebContext, form: Form, way: SecondFactorWay, fault: FormFault) {
    const state = await secondFactor.state(sessionOf(c));
    const returnTo = landingOf(form.text("return_to"));
    return answerPage(
      c,
      <CodePage view={c.var.view} way={way} state={state} returnTo={returnTo} faults={[fault]} />,
      422,
    );
  }
}

/** Where a session goes that needs no code, or first a way to get one. */
function elsewhereOf(state: SecondFactorState, returnTo: string): string | undefined {
  if (state.step === "done") return returnTo;
  if (state.step === "enrol-totp") return PAGES.signInApp.path;
  return state.step === "enrol-number" && state.sentCode === undefined
    ? PAGES.signInNumber.path
    : undefined;
}

function wayOf(named: string | undefined, { step, ways }: SecondFactorState): SecondFactorWay {
  return ways.find((way) => way === named) ?? (step === "totp" ? "totp" : "text");
}

/** Where a visitor is led after signing in: the page that was asked for, else the services. */
function landingOf(path: string | undefined): string {
  const found = returnPath(path);
  return found === PAGES.home.path ? PAGES.services.path : found;
}

function toCode(returnTo: string): string {
  return `${PAGES.signInCode.path}?${new URLSearchParams({ return_to: returnTo })}`;
}
