import type { InboxMessage, InboxMessageFormat } from "../../../domain/inbox/inbox_message.ts";
import { readLanguages, selectTranslation } from "../../../domain/inbox/translations.ts";
import type { Steps } from "../../../domain/steps/steps.ts";
import { inboxHtml, inboxText } from "../../../domain/template/inbox_text.ts";

/**
 * An inbox message in the JSON format of the registries platform's portal: its five fields (`id`, `subject`, `message`,
 * `isAcknowledged`, `createdAt`) and further ones.
 */
export interface PresentedMessage {
  readonly id: string;
  /** One line of plain text. */
  readonly subject: string;
  /** The message's body: sanitised HTML, or the same plain text as `text` when the deployment's format is `text`. */
  readonly message: string;
  readonly isAcknowledged: boolean;
  /** The time of arrival in the platform's format: `2022-07-29 11:08:16`, UTC. */
  readonly createdAt: string;
  /** The same time in ISO 8601, with its zone: `2022-07-29T11:08:16.000Z`. */
  readonly createdAtIso: string;
  /** The message's body as plain text with line ends. */
  readonly text: string;
  /**
   * The BCP 47 tag of the language of subject and body, such as `uk`. Absent for a message's default content that was
   * sent without a language: its language is then the service's, if that is set.
   */
  readonly language?: string;
  /** The body as sanitised HTML, only when `message` holds plain text (format `text`). */
  readonly html?: string;
}

/** Converts inbox messages to JSON for one request or stream, in the translation that suits its languages best. */
export interface Presenter {
  /** Converts a message to JSON, with subject and body in the translation that suits the recipient best. */
  present(message: InboxMessage): PresentedMessage;
  /**
   * The languages of the messages presented so far, each once. Messages without a translation have no known language.
   */
  languages(): readonly string[];
}

/**
 * Creates a presenter of inbox messages for one request or stream.
 *
 * @param acceptLanguage the value of the `Accept-Language` header
 * @param defaultLanguage the service's language (BCP 47): that of content sent without a language
 * @param format whether the field `message` holds HTML or plain text
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
