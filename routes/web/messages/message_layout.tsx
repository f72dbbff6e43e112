import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { TimelineEvent } from "../../../domain/notification/notification.ts";
import type { Status } from "../../../domain/notification/status.ts";
import type { Service } from "../../../domain/service/service.ts";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { StatusTag } from "./message_words.tsx";
import { Timeline } from "./timeline.tsx";

interface MessageLayoutProps {
  readonly view: View;
  readonly service: Service;
  readonly status: Status;
  readonly events: readonly TimelineEvent[];
  readonly children: Child;
}

/** The page of a message, whether its content is still stored or not: its status first, its timeline last. */
export function MessageLayout(
  { view, service, status, events, children }: MessageLayoutProps,
): JSX.Element {
  const { message: texts } = view.texts;
  return (
    <ServiceLayout view={view} service={service} title={texts.title} here="messages">
      <p>
        <a href={pathOf(PAGES.messages, { service_id: service.id })}>{texts.back}</a>
      </p>
      <div class="head">
        <h1>{texts.title}</h1>
        <StatusTag status={status} texts={view.texts} />
      </div>
      {children}
      <section class="card" aria-labelledby="timeline">
        <h2 id="timeline">{texts.timeline}</h2>
        <Timeline view={view} events={events} zone={service.settings.time_zone} />
      </section>
    </ServiceLayout>
  );
}
