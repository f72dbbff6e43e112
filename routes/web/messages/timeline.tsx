import type { JSX } from "hono/jsx/jsx-runtime";
import type { TimelineEvent } from "../../../domain/notification/notification.ts";
import type { View } from "../context.ts";
import { formatTimeWithSeconds } from "../texts/dates.ts";
import type { Texts } from "../texts/texts.ts";

interface TimelineProps {
  readonly view: View;
  readonly events: readonly TimelineEvent[];
  readonly zone: string;
}

/** What happened to a message, oldest first, with the answers of its providers. */
export function Timeline({ view, events, zone }: TimelineProps): JSX.Element {
  const { texts, language } = view;
  const timeOf = (at: number) => formatTimeWithSeconds(at, language, zone);
  return (
    <ol class="list">
      {events.map((event, index) => (
        <li key={index}>
          <div>
            {wordsOf(event, texts, timeOf)}
            {detailsOf(event, texts, timeOf).map((detail) => (
              <div class="hint" key={detail}>{detail}</div>
            ))}
          </div>
          <span class="hint">{timeOf(event.at)}</span>
        </li>
      ))}
    </ol>
  );
}

/** An event in one sentence. */
function wordsOf(
  { kind, facts }: TimelineEvent,
  { events, statuses }: Texts,
  timeOf: (at: number) => string,
): string {
  const provider = facts.provider ?? events.provider;
  switch (kind) {
    case "accepted":
      return events.accepted;
    case "attempt-started":
      return events.started(facts.attempt ?? 1, provider);
    case "attempt-ended":
      return events.ended[facts.outcome ?? "unknown"](provider);
    case "status-changed":
      return events.status(facts.status === undefined ? "" : statuses[facts.status]);
    case "status-corrected":
      return events.corrected(
        facts.corrects === undefined ? "" : statuses[facts.corrects],
        facts.status === undefined ? "" : statuses[facts.status],
      );
    case "receipt-ignored":
      return events.ignored;
    case "complaint":
      return events.complaint;
    case "unsubscribed":
      return events.unsubscribed;
    case "acknowledged":
      return events.acknowledged;
    case "held":
      return events.held(facts.until === undefined ? "" : timeOf(Date.parse(facts.until)));
  }
}

function detailsOf(
  { facts }: TimelineEvent,
  { events, message }: Texts,
  timeOf: (at: number) => string,
): readonly string[] {
  return [
    ...facts.code === undefined ? [] : [events.code(facts.code)],
    ...facts.selection === "failover" ? [events.failover] : [],
    ...facts.next_attempt_at === undefined
      ? []
      : [events.next(timeOf(Date.parse(facts.next_attempt_at)))],
    ...facts.possible_duplicate === true ? [message.duplicate] : [],
  ];
}
