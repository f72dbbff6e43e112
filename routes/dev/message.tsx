import type { JSX } from "hono/jsx/jsx-runtime";
import type { MailboxEntry } from "../../domain/ports/mailbox.ts";
import { measureSms, type SmsMeasure } from "../../domain/template/sms/sms.ts";
import { cutFragments, fragmentCapacity, type SmsFragment } from "./fragments.ts";
import { LinkedText } from "./linked_text.tsx";

/** Properties of {@link Message}, and of the components that show its content by channel. */
export interface EntryProps {
  readonly entry: MailboxEntry;
}

const ENCODINGS = {
  gsm7: { name: "GSM-7", unit: "septets" },
  ucs2: { name: "UCS-2", unit: "UTF-16 units" },
} as const satisfies Record<SmsMeasure["encoding"], unknown>;

/** Returns a number with its noun: `1 fragment`, `2 fragments`. The plural is the noun with an `s`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** The address under which the HTML of an e-mail is served. */
function htmlPath(id: string): string {
  return `/dev/mailbox/${encodeURIComponent(id)}/html`;
}

/** `2026-11-22 07:30:00 UTC`; the page's script turns it into local time. */
function Time({ at }: { readonly at: string }): JSX.Element {
  return <time datetime={at}>{`${at.slice(0, 19).replace("T", " ")} UTC`}</time>;
}

function Facts({ facts }: { readonly facts: Readonly<Record<string, string | null>> }) {
  return (
    <dl class="facts">
      {Object.entries(facts).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value === null || value === "" ? <em>none</em> : value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface FragmentListProps {
  readonly fragments: readonly SmsFragment[];
  readonly measure: SmsMeasure;
}

function FragmentList({ fragments, measure }: FragmentListProps) {
  return (
    <ol class="cut" aria-label="Fragments">
      {fragments.map(({ start, units }, index) => (
        <li key={start}>
          <span class="number">{index + 1}</span> {units} of {fragmentCapacity(measure)}{" "}
          {ENCODINGS[measure.encoding].unit}
        </li>
      ))}
    </ol>
  );
}

/** An SMS: its text, its fragments and their size. */
function SmsBody({ entry: { text } }: EntryProps) {
  const measure = measureSms(text);
  const fragments = cutFragments(text, measure);
  const encoding = ENCODINGS[measure.encoding];
  return (
    <>
      <p class="bubble">
        {fragments.map(({ start, end }) => (
          <span key={start} class={fragments.length > 1 ? "fragment" : undefined}>
            <LinkedText text={text} start={start} end={end} />
          </span>
        ))}
      </p>
      <p class="measure">
        <strong>{count(measure.characters, "character")}</strong>
        <strong>{count(measure.fragments, "fragment")}</strong>
        <strong>{encoding.name}</strong>
      </p>
      <FragmentList fragments={fragments} measure={measure} />
      {measure.extended > 0 && (
        <p class="hint">
          {count(measure.extended, "character")} of the GSM-7 extension, two septets each.
        </p>
      )}
      {measure.nonGsm.length > 0 && (
        <p class="hint">
          Not in GSM-7:{" "}
          {measure.nonGsm.map((character) => <code key={character}>{character}</code>)}
        </p>
      )}
      {fragments.length > measure.fragments && (
        <p class="hint">
          Counted by length as {count(measure.fragments, "fragment")}; it takes{" "}
          {fragments.length}, as no character is split.
        </p>
      )}
    </>
  );
}

/** An e-mail: rendered as in a mail program, with its plain text and headers. */
function EmailBody({ entry }: EntryProps) {
  const headers = Object.keys(entry.headers).length;
  return (
    <>
      {entry.html !== null && (
        <div class="frame">
          <iframe
            src={htmlPath(entry.id)}
            title={`E-mail to ${entry.to} of ${entry.sent_at}: ${entry.subject ?? "no subject"}`}
            sandbox=""
            loading="lazy"
            referrerpolicy="no-referrer"
          />
        </div>
      )}
      <details open={entry.html === null}>
        <summary>Plain text</summary>
        <pre tabindex={0} role="region" aria-label={`Plain text of ${entry.subject ?? entry.id}`}>
          <LinkedText text={entry.text} />
        </pre>
      </details>
      <details>
        <summary>{count(headers, "further header")}</summary>
        {headers === 0
          ? <p class="hint">No headers beyond those above.</p>
          : <Facts facts={entry.headers} />}
      </details>
    </>
  );
}

/** A message for an inbox or for Diia, as the provider received it. */
function PlainBody({ entry: { text, headers } }: EntryProps) {
  return (
    <>
      <pre tabindex={0} role="region" aria-label="Message">{text}</pre>
      {Object.keys(headers).length > 0 && <Facts facts={headers} />}
    </>
  );
}

const CHANNELS = {
  sms: { name: "SMS", heading: (entry: MailboxEntry) => `Text to ${entry.to}`, Body: SmsBody },
  email: {
    name: "E-mail",
    heading: (entry: MailboxEntry) => entry.subject ?? "No subject",
    Body: EmailBody,
  },
  inbox: {
    name: "Inbox",
    heading: (entry: MailboxEntry) => entry.subject ?? "No subject",
    Body: PlainBody,
  },
  diia: {
    name: "Diia",
    heading: (entry: MailboxEntry) => `Push to ${entry.to}`,
    Body: PlainBody,
  },
} as const satisfies Record<
  MailboxEntry["channel"],
  {
    name: string;
    heading: (entry: MailboxEntry) => string;
    Body: (props: EntryProps) => JSX.Element;
  }
>;

/**
 * Shows one message of the mailbox as a list item. Its `id` attribute is `message-` and the entry's id, by which the
 * page's script finds the messages that the page has already.
 */
export function Message({ entry }: EntryProps): JSX.Element {
  const { name, heading, Body } = CHANNELS[entry.channel];
  const headingId = `heading-${entry.id}`;
  return (
    <li id={`message-${entry.id}`}>
      <article class={entry.channel} aria-labelledby={headingId}>
        <header>
          <p class="line">
            <span class="badge">{name}</span>
            <Time at={entry.sent_at} />
          </p>
          <h2 id={headingId}>{heading(entry)}</h2>
          <Facts facts={{ From: entry.from, To: entry.to }} />
        </header>
        <Body entry={entry} />
        <footer>
          <p>
            Notification <code>{entry.notification_id}</code>
          </p>
          {entry.html !== null && (
            <p>
              <a href={htmlPath(entry.id)} target="_blank" rel="noopener">
                Open <span class="unseen">“{heading(entry)}”</span> in a tab of its own
              </a>
            </p>
          )}
        </footer>
      </article>
    </li>
  );
}
