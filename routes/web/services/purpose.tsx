import type { Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { changeService } from "../../../application/services/change_service.ts";
import type { Service } from "../../../domain/service/service.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { ErrorSummary, type FormFault } from "../components/error_summary.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { actorOf, serviceOf, sessionOf, type View, type WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { purposeFaultsOf, PurposeField } from "./purpose_field.tsx";
import { ServiceLayout } from "./service_layout.tsx";

interface PurposePageProps {
  readonly view: View;
  readonly service: Service;
  readonly purpose: string;
  readonly faults: readonly FormFault[];
}

/** Changes what a service is for. */
function PurposePage({ view, service, purpose, faults }: PurposePageProps): JSX.Element {
  const { services, fields, account, shell } = view.texts;
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={services.purposeTitle}
      here="service"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{services.purposeTitle}</h1>
      <Form view={view} class="form card">
        <PurposeField view={view} value={purpose} faults={faults} />
        <div class="buttons">
          {service.active ? <SubmitButton>{account.save}</SubmitButton> : null}
          <a href={pathOf(PAGES.service, { service_id: service.id })}>{fields.cancel}</a>
        </div>
      </Form>
    </ServiceLayout>
  );
}

/** Adds the page of a service's purpose. */
export function addPurposePage(app: Hono<WebEnv>, { clock, management: store }: WebPorts): void {
  app.get(PAGES.purpose.path, (c) => {
    const service = serviceOf(c);
    const { purpose } = service.settings;
    return answerPage(
      c,
      <PurposePage view={c.var.view} service={service} purpose={purpose ?? ""} faults={[]} />,
    );
  });
  app.post(PAGES.purpose.path, async (c) => {
    const purpose = (await readForm(c)).text("purpose").trim();
    const service = serviceOf(c);
    const { view } = c.var;
    const faults = purposeFaultsOf(purpose, view.texts.services);
    if (faults.length > 0) {
      const page = <PurposePage view={view} service={service} purpose={purpose} faults={faults} />;
      return answerPage(c, page, 422);
    }
    const { isOperator } = sessionOf(c).user;
    const by = { actor: actorOf(c), isOperator };
    const changed = await changeService({ clock, store }, by, service, { settings: { purpose } });
    if (!changed.ok) throw new PageError(404);
    return c.redirect(pathOf(PAGES.service, { service_id: service.id }), 303);
  });
}
