import type { InboxMessage, InboxMessageFormat } from "../../../domain/inbox/inbox_message.ts";
import { readLanguages, selectTranslation } from "../../../domain/inbox/translations.ts";
import type { Steps } from "../../../domain/steps/steps.ts";
import { inboxHtml, inboxText } from "../../../domain/template/inbox_text.ts";

/** A message in the JSON format of the platform's portal: five fields of the platform's, and further ones. */
export interface PresentedMessage {
  readonly id: string;
  /** One line of plain text. */
  readonly subject: string;
  /** Sanitised HTML; with the format `text` the same as `text`. */
  readonly message: string;
  readonly isAcknowledged: boolean;
  /** The time of arrival in the platform's format: `2022-07-29 11:08:16`, UTC. */
  readonly createdAt: string;
  /** The same time in ISO 8601, with its zone: `2022-07-29T11:08:16.000Z`. */
  readonly createdAtIso: string;
  /** The message as plain text with line ends. */
  readonly text: string;
  /** The BCP 47 tag of subject and content, of a translation or a message sent in a language; absent for others. */
  readonly language?: string;
  /** Sanitised HTML; only with the format `text`, in which `message` has none. */
  readonly html?: string;
}

/** Presents messages in the language of one request. */
export interface Presenter {
  /** Converts a message to JSON, with subject and body in the translation that suits the recipient best. */
  present(message: InboxMessage): PresentedMessage;
  /**
   * The languages of the messages presented so far, each once. Messages without a translation have no known language.
   */
  languages(): readonly string[];
}

/**
 * Creates a presenter for one request or stream.
 *
 * @param acceptLanguage the value of the `Accept-Language` header
 * @param defaultLanguage the service's language (BCP 47)
 * @param format what the field `message` holds
 */
export function createPresenter(
  acceptLanguage: string | undefined,
  defaultLanguage: string | undefined,
  format: InboxMessageFormat,
): Presenter {
  const preferred = readLanguages(acceptLanguage);
  const languages = new Set<string>();
  return {
    present(message) {
      const { subject, body, language } = selectTranslation(message, preferred, defaultLanguage);
      if (language !== undefined) languages.add(language);
      const text = inboxText(body);
      const html = inboxHtml(body);
      return {
        id: message.id,
        subject,
        message: format === "text" ? text : html,
        isAcknowledged: message.acknowledgedAt !== null,
        createdAt: toSeconds(message.createdAt),
        createdAtIso: new Date(message.createdAt).toISOString(),
        text,
        ...(language === undefined ? {} : { language }),
        ...(format === "text" ? { html } : {}),
      };
    },
    languages: () => [...languages],
  };
}

/** Presents messages in order, with a step after each: the text of a long one takes milliseconds. */
export function* presentInSteps(
  messages: readonly InboxMessage[],
  presenter: Presenter,
): Steps<readonly PresentedMessage[]> {
  const presented: PresentedMessage[] = [];
  for (const message of messages) {
    presented.push(presenter.present(message));
    yield;
  }
  return presented;
}

/** A time in the platform's format: `2022-07-29 11:08:16`, UTC. */
function toSeconds(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 19).replace("T", " ");
}
