import type { InboxMessage } from "../../../domain/inbox/inbox_message.ts";
import { readLanguages, selectTranslation } from "../../../domain/inbox/translations.ts";

/** A message as the platform's portal reads it. */
export interface PresentedMessage {
  readonly id: string;
  readonly subject: string;
  /** HTML that is safe by construction. */
  readonly message: string;
  readonly isAcknowledged: boolean;
  /** UTC. */
  readonly createdAt: string;
}

/** Shows messages to one reader. */
export interface Presenter {
  present(message: InboxMessage): PresentedMessage;
  /** The languages of what has been shown, but for default ones, whose language nobody told. */
  languages(): readonly string[];
}

/** Shows messages in the language that the reader wants most. */
export function createPresenter(
  acceptLanguage: string | undefined,
  defaultLanguage: string | undefined,
): Presenter {
  const wanted = readLanguages(acceptLanguage);
  const shown = new Set<string>();
  return {
    present(message) {
      const { subject, body, language } = selectTranslation(message, wanted, defaultLanguage);
      if (language !== undefined) shown.add(language);
      return {
        id: message.id,
        subject,
        message: body,
        isAcknowledged: message.acknowledgedAt !== null,
        createdAt: toSeconds(message.createdAt),
      };
    },
    languages: () => [...shown],
  };
}

/** A time as the platform writes it: `2022-07-29 11:08:16`, UTC. */
function toSeconds(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 19).replace("T", " ");
}
