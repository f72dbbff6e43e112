import type { Hono } from "hono";
import { answerPage } from "../../pages/answer_page.ts";
import { sessionOf, type WebEnv } from "../context.ts";
import { keepSession } from "../cookies.ts";
import { faultOf } from "../faults.ts";
import { readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES } from "../pages.ts";
import { requestOf, type WebPorts } from "../ports.ts";
import { AppPage, NumberPage } from "./enrol_pages.tsx";
import { readTotpSetup } from "./totp_form.ts";

/** Adds the pages on which a person without a second factor sets one up. */
export function addEnrolPages(app: Hono<WebEnv>, { accounts }: WebPorts): void {
  const { secondFactor } = accounts;

  app.get(PAGES.signInNumber.path, (c) => answerPage(c, <NumberPage view={c.var.view} />));
  app.post(PAGES.signInNumber.path, async (c) => {
    const form = await readForm(c);
    const mobile = form.text("mobile_number");
    const proving = await secondFactor.proveNumber(sessionOf(c), mobile, requestOf(c));
    if (proving.ok) return c.redirect(PAGES.signInCode.path, 303);
    const { refusal } = proving;
    if (refusal.kind === "reauthentication-needed" || refusal.kind === "not-allowed") {
      throw new PageError(403);
    }
    const faults = [faultOf(refusal, c.var.view.texts)];
    return answerPage(c, <NumberPage view={c.var.view} faults={faults} mobile={mobile} />, 422);
  });

  app.get(
    PAGES.signInApp.path,
    (c) => answerPage(c, <AppPage view={c.var.view} setup={undefined} />),
  );
  app.post(PAGES.signInApp.path, async (c) => {
    const form = await readForm(c);
    const session = sessionOf(c);
    if (form.text("step") !== "code") {
      const setup = await secondFactor.startTotp(session);
      if (!setup.ok) throw new PageError(403);
      c.header("Cache-Control", "no-store");
      return answerPage(c, <AppPage view={c.var.view} setup={setup.value} />);
    }
    const added = await secondFactor.addTotp(session, form.text("code"));
    if (added.ok) {
      keepSession(c, added.value);
      return c.redirect(PAGES.services.path, 303);
    }
    const { refusal } = added;
    if (refusal.kind === "reauthentication-needed" || refusal.kind === "not-allowed") {
      throw new PageError(403);
    }
    // The form carries the secret back to its own reader, who has not finished.
    const setup = readTotpSetup(form);
    const faults = [faultOf(refusal, c.var.view.texts)];
    return answerPage(c, <AppPage view={c.var.view} setup={setup} faults={faults} />, 422);
  });
}
