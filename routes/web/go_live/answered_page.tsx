import type { JSX } from "hono/jsx/jsx-runtime";
import type { GivenAnswer } from "../../../domain/going_live/request.ts";
import type { Service } from "../../../domain/service/service.ts";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { Layout } from "../layout.tsx";
import { PAGES } from "../pages.ts";
import { formatTime } from "../texts/dates.ts";
import { OPERATOR_ZONE } from "./requests_page.tsx";

interface AnsweredPageProps {
  readonly view: View;
  readonly service: Service;
  readonly answer: GivenAnswer;
}

/** The answer that a request got: by whom, when and which. */
export function AnsweredPage({ view, service, answer }: AnsweredPageProps): JSX.Element {
  const { goLiveRequests: texts } = view.texts;
  const title = texts.requestTitle(service.name);
  const when = formatTime(answer.at, view.language, OPERATOR_ZONE);
  return (
    <Layout view={view} title={title} width="middle">
      <h1>{title}</h1>
      <Notice kind="good">
        <p>{texts.already(answer.byName ?? texts.operator, when)}</p>
        <p>{answer.isApproved ? texts.alreadyApproved : texts.alreadyRefused}</p>
      </Notice>
      {answer.reason === undefined ? null : (
        <section class="card" aria-labelledby="reason">
          <h2 id="reason">{texts.alreadyReason}</h2>
          <p class="lines" dir="auto">{answer.reason}</p>
        </section>
      )}
      <p class="buttons">
        <a class="button plain" href={PAGES.goLiveRequests.path}>{texts.toList}</a>
      </p>
    </Layout>
  );
}
