import type { JSX } from "hono/jsx/jsx-runtime";
import type { SeenRecord } from "../../../application/messages/seen_messages.ts";
import type { SentContent } from "../../../application/messages/sent_content.ts";
import type { Service } from "../../../domain/service/service.ts";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";

/** The longest value that is shown, in characters. */
const MAX_VALUE = 2_000;

/** Properties of {@link Content}. */
export interface ContentProps {
  readonly view: View;
  readonly service: Service;
  readonly record: SeenRecord;
  /** What the recipient got; `undefined` for a viewer who may not see it, or when it cannot be read. */
  readonly sent: SentContent | undefined;
  /** The language that is shown; `undefined` for the message's own. */
  readonly language: string | undefined;
}

/** What the recipient got. HTML is shown in a frame that runs no script and asks no other server. */
export function Content(
  { view, service, record, sent, language }: ContentProps,
): JSX.Element {
  const { message: words } = view.texts;
  if (record.content.kind === "hidden") return <p class="quiet">{words.contentHidden}</p>;
  if (sent === undefined) return <p class="quiet">{words.contentGone}</p>;
  const ids = { service_id: service.id, message_id: record.message.id };
  const [own = ""] = sent.languages;
  const shown = language ?? own;
  const query = new URLSearchParams({ language: shown });
  return (
    <>
      {sent.languages.length < 2 ? null : (
        <nav class="buttons" aria-label={words.languages}>
          {sent.languages.map((tag) => (
            <a
              key={tag}
              href={`${pathOf(PAGES.message, ids)}?${new URLSearchParams({ language: tag })}`}
              aria-current={tag === shown ? "true" : undefined}
            >
              {tag}
            </a>
          ))}
        </nav>
      )}
      {sent.subject === undefined || sent.subject === "" ? null : (
        <p>
          <span class="quiet">{words.subject}:</span> <b dir="auto" lang={shown}>{sent.subject}</b>
        </p>
      )}
      {sent.html === undefined
        ? <p class="sms lines" dir="auto" lang={shown}>{sent.text}</p>
        : (
          <div class="mail">
            <iframe
              class="mail-body"
              src={`${pathOf(PAGES.messageContent, ids)}?${query}`}
              title={words.frame}
              sandbox=""
              referrerpolicy="no-referrer"
            />
          </div>
        )}
      {sent.html === undefined || sent.text === sent.html ? null : (
        <details>
          <summary>{words.plain}</summary>
          <pre tabindex={0} role="region" aria-label={words.plain} dir="auto">{sent.text}</pre>
        </details>
      )}
    </>
  );
}

/** The values that the template was filled with. */
export function Values(
  { view, values }: {
    readonly view: View;
    readonly values: Readonly<Record<string, unknown>>;
  },
): JSX.Element {
  const entries = Object.entries(values);
  if (entries.length === 0) return <p class="quiet">{view.texts.message.noValues}</p>;
  return (
    <dl class="facts">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt dir="auto">{name}</dt>
          <dd class="lines" dir="auto">{textOf(value).slice(0, MAX_VALUE)}</dd>
        </div>
      ))}
    </dl>
  );
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value) ?? "";
}
