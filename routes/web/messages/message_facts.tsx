/** The facts on the page of a message, whether its content is still stored or not. */
import type { JSX } from "hono/jsx/jsx-runtime";
import { FAILURE_REASONS, type FailureReason } from "../../../domain/delivery/reasons.ts";
import type {
  StoredNotification,
  TimelineEvent,
} from "../../../domain/notification/notification.ts";
import type { MessageNames } from "../../../domain/ports/message_pages.ts";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import type { Texts } from "../texts/texts.ts";
import { templateName } from "./message_words.tsx";

/** Properties of {@link Failure}. */
interface FailureProps {
  readonly view: View;
  /** `undefined` for a message that did not fail. */
  readonly reason: FailureReason | undefined;
  readonly code: string | undefined;
  readonly events: readonly TimelineEvent[];
}

/** Why it failed and what to do, and whether the recipient may have got it twice. */
export function Failure(
  { view, reason, code, events }: FailureProps,
): JSX.Element | null {
  const { texts } = view;
  const isDoubtful = events.some(({ facts }) => facts.possible_duplicate === true);
  if (reason === undefined && !isDoubtful) return null;
  return (
    <Notice>
      {reason === undefined ? null : (
        <>
          <p>
            <b>{texts.reasons[reason][0]}.</b> {texts.reasons[reason][1]}
          </p>
          <p>{texts.sendAgain[FAILURE_REASONS[reason]]}</p>
          <p class="hint">
            {texts.message.code}: <code>{code}</code>
          </p>
        </>
      )}
      {isDoubtful ? <p>{texts.message.duplicate}</p> : null}
    </Notice>
  );
}

/** A fact about a message. */
export interface Fact {
  readonly label: string;
  /** Left out when it is `undefined`. */
  readonly value: JSX.Element | string | undefined;
}

/** The fact that names the template of a message. */
export function templateFact(
  texts: Texts,
  names: MessageNames,
  { templateId, templateVersion }: Pick<StoredNotification, "templateId" | "templateVersion">,
): Fact {
  const { message: words } = texts;
  return {
    label: words.template,
    value: (
      <>
        <bdi>{templateName(names, templateId, texts)}</bdi>, {words.version(templateVersion)}
      </>
    ),
  };
}

/** Facts about a message, each with its label. */
export function FactList({ facts }: { readonly facts: readonly Fact[] }): JSX.Element {
  return (
    <dl class="facts card">
      {facts.map(({ label, value }) =>
        value === undefined ? null : (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        )
      )}
    </dl>
  );
}
