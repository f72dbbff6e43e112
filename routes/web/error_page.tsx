import type { JSX } from "hono/jsx/jsx-runtime";
import type { View } from "./context.ts";
import { Layout } from "./layout.tsx";
import type { ErrorStatus } from "./page_error.ts";
import { PAGES } from "./pages.ts";

interface ErrorPageProps {
  readonly view: View;
  readonly status: ErrorStatus;
  readonly requestId: string;
}

/** Says what happened and what to do. */
export function ErrorPage({ view, status, requestId }: ErrorPageProps): JSX.Element {
  const { errors } = view.texts;
  const { title, text } = errors[status];
  return (
    <Layout view={view} title={title}>
      <h1>{title}</h1>
      {text.map((paragraph) => <p key={paragraph}>{paragraph}</p>)}
      <p>
        <a class="button plain" href={PAGES.home.path}>{errors.home}</a>
      </p>
      <p class="hint">{errors.requestId(requestId)}</p>
    </Layout>
  );
}
