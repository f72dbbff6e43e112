import type { JSX } from "hono/jsx/jsx-runtime";
import { CALLBACK_KINDS } from "../../../domain/callbacks/callback.ts";
import type { Service } from "../../../domain/service/service.ts";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";

interface CallbacksPageProps {
  readonly view: View;
  readonly service: Service;
}

/** The kinds of callbacks, each with a page of its own. */
export function CallbacksPage({ view, service }: CallbacksPageProps): JSX.Element {
  const { callbacks: texts } = view.texts;
  return (
    <ServiceLayout view={view} service={service} title={texts.title} here="callbacks">
      <h1>{texts.title}</h1>
      <p>{texts.lead}</p>
      <ul class="list card">
        {CALLBACK_KINDS.map((kind) => {
          const [title, text] = texts.kinds[kind];
          return (
            <li key={kind}>
              <div>
                <a href={pathOf(PAGES.callback, { service_id: service.id, kind })}>{title}</a>
                <p class="small quiet">{text}</p>
              </div>
            </li>
          );
        })}
      </ul>
    </ServiceLayout>
  );
}
