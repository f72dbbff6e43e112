import type { InboxMessage } from "../../../domain/inbox/inbox_message.ts";
import { readLanguages, selectTranslation } from "../../../domain/inbox/translations.ts";

/** A message in the JSON format of the platform's portal. */
export interface PresentedMessage {
  readonly id: string;
  readonly subject: string;
  /** Sanitised HTML. */
  readonly message: string;
  readonly isAcknowledged: boolean;
  /** `2022-07-29 11:08:16`, UTC. */
  readonly createdAt: string;
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
 */
export function createPresenter(
  acceptLanguage: string | undefined,
  defaultLanguage: string | undefined,
): Presenter {
  const preferred = readLanguages(acceptLanguage);
  const languages = new Set<string>();
  return {
    present(message) {
      const { subject, body, language } = selectTranslation(message, preferred, defaultLanguage);
      if (language !== undefined) languages.add(language);
      return {
        id: message.id,
        subject,
        message: body,
        isAcknowledged: message.acknowledgedAt !== null,
        createdAt: toSeconds(message.createdAt),
      };
    },
    languages: () => [...languages],
  };
}

/** A time in the platform's format: `2022-07-29 11:08:16`, UTC. */
function toSeconds(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 19).replace("T", " ");
}
