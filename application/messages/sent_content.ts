/** A message as it was sent, composed again from what is stored. */
import { composeInSteps } from "../../domain/delivery/compose_message.ts";
import type { StoredNotification } from "../../domain/notification/notification.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import type { Service } from "../../domain/service/service.ts";
import { runInSlices } from "../event_loop.ts";

/** What a recipient got. */
export interface SentContent {
  readonly subject: string | undefined;
  /** The text of the message; the source of one that is HTML only. */
  readonly text: string;
  /** The HTML, of an e-mail or a message of an inbox. */
  readonly html: string | undefined;
  /** The languages, by tag, in which the recipient can read it; the first one is that of `text` and `html`. */
  readonly languages: readonly string[];
}

/** What {@link composeContent} needs. */
export interface ContentRequest {
  readonly notification: StoredNotification;
  readonly service: Service;
  /** The server's URL, ending in a slash. */
  readonly root: string;
  /** The language to show; the message's own when it is absent or not one of them. */
  readonly language?: string | undefined;
}

/**
 * Composes a message as its provider got it. Where its version of the template cannot be composed any more, what the
 * APIs answer is shown.
 */
export async function composeContent(
  management: Pick<ManagementStore, "getTemplate">,
  { notification, service, root, language }: ContentRequest,
): Promise<SentContent> {
  const { personal, channel } = notification;
  const { localised = {} } = personal;
  const own = personal.language ?? service.settings.language;
  const others = Object.keys(localised).filter((tag) => tag !== own);
  const languages = [own, ...others];
  const chosen = language === undefined ? undefined : localised[language];
  if (channel === "inbox") {
    const { subject, body } = chosen ?? { subject: personal.subject ?? "", body: personal.body };
    return { subject, text: body, html: body, languages };
  }
  const stored = { subject: personal.subject ?? undefined, text: personal.body, html: undefined };
  if (channel === "diia") return { ...stored, languages };
  const { serviceId, templateId, templateVersion } = notification;
  const template = await management.getTemplate(serviceId, templateId, templateVersion);
  if (template === undefined) return { ...stored, languages };
  try {
    const message = await runInSlices(composeInSteps(notification, template, service, root));
    if (message.channel === "sms") return { ...stored, text: message.text, languages };
    if (message.channel !== "email") return { ...stored, languages };
    return { subject: message.subject, text: message.text, html: message.html, languages };
  } catch {
    return { ...stored, languages };
  }
}
