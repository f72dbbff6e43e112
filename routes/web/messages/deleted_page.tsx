import type { JSX } from "hono/jsx/jsx-runtime";
import type { Service } from "../../../domain/service/service.ts";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";

/** Says that retention has deleted a message with its timeline, if there was one. */
export function DeletedMessagePage(
  { view, service }: { readonly view: View; readonly service: Service },
): JSX.Element {
  const { message } = view.texts;
  const { sms, email } = service.settings.retention_days;
  return (
    <ServiceLayout view={view} service={service} title={message.deletedTitle} here="messages">
      <h1>{message.deletedTitle}</h1>
      <p>{message.deletedText(message.days(sms), message.days(email))}</p>
      <p>
        <a href={pathOf(PAGES.messages, { service_id: service.id })}>{message.back}</a>
      </p>
    </ServiceLayout>
  );
}
