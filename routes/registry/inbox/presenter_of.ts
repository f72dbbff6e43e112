import type { ServiceId } from "../../../domain/ids.ts";
import type { InboxMessageFormat } from "../../../domain/inbox/inbox_message.ts";
import type { SendingContexts } from "../../../domain/ports/sending_contexts.ts";
import { createPresenter, type Presenter } from "./present.ts";

/** What a presenter of the service's messages depends on. */
export interface PresenterPorts {
  readonly contexts: Pick<SendingContexts, "load">;
  readonly serviceId: ServiceId;
  readonly messageFormat?: InboxMessageFormat | undefined;
}

/** Creates a presenter of the service's messages for a client's languages. */
export async function openPresenter(
  { contexts, serviceId, messageFormat }: PresenterPorts,
  acceptLanguage: string | undefined,
): Promise<Presenter> {
  const context = await contexts.load(serviceId, { fresh: false });
  const { language } = context?.service.settings ?? {};
  return createPresenter(acceptLanguage, language, messageFormat ?? "html");
}
