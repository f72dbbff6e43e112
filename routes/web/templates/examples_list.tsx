import type { JSX } from "hono/jsx/jsx-runtime";
import type { Service } from "../../../domain/service/service.ts";
import { Tag } from "../components/tag.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { EXAMPLES } from "./examples.ts";

/** Three examples, for a service that has no template. */
export function Examples(
  { view, service }: { readonly view: View; readonly service: Service },
): JSX.Element {
  const { templates: texts } = view.texts;
  const path = pathOf(PAGES.newTemplate, { service_id: service.id });
  return (
    <section class="stack" aria-labelledby="examples">
      <h2 id="examples">{texts.examples}</h2>
      <p class="quiet">{texts.examplesText}</p>
      <ul class="points">
        {EXAMPLES[view.language].map(({ key, typed }) => (
          <li key={key} class="card">
            <h2 dir="auto">{typed.name}</h2>
            <Tag>{texts.channels[typed.channel]}</Tag>
            <p class="quiet small">{typed.body.slice(0, EXCERPT)}…</p>
            <a href={`${path}?example=${key}`}>{texts.use(typed.name)}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** How many characters of an example are shown. */
const EXCERPT = 110;
