import type { JSX } from "hono/jsx/jsx-runtime";
import type { Volumes } from "../../../domain/going_live/request.ts";
import type { GoLiveRequestId } from "../../../domain/ids.ts";
import type { ServiceRequest } from "../../../domain/ports/go_live_store.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import type { View } from "../context.ts";
import { Layout } from "../layout.tsx";
import { PAGES, pathOf } from "../pages.ts";
import { formatTime } from "../texts/dates.ts";
import { numberFormat } from "../texts/plural.ts";

/** The time zone of operators' pages, which belong to no service with a zone of its own. */
export const OPERATOR_ZONE = "UTC";

interface RequestsPageProps {
  readonly view: View;
  readonly requests: readonly ServiceRequest[];
  /** The request after which the next page goes on; `undefined` on the last page. */
  readonly after: GoLiveRequestId | undefined;
}

/** The requests to go live that wait, oldest first. */
export function RequestsPage({ view, requests, after }: RequestsPageProps): JSX.Element {
  const { goLiveRequests: texts } = view.texts;
  return (
    <Layout view={view} title={texts.title} width="middle">
      <h1>{texts.title}</h1>
      <p>{texts.lead}</p>
      <section class="card" aria-label={texts.title}>
        {requests.length === 0
          ? <p class="quiet">{texts.none}</p>
          : <RequestTable view={view} requests={requests} />}
      </section>
      {after === undefined ? null : (
        <p class="buttons">
          <a
            class="button plain"
            href={`${PAGES.goLiveRequests.path}?${new URLSearchParams({ after })}`}
          >
            {texts.next}
          </a>
        </p>
      )}
    </Layout>
  );
}

function RequestTable({ view, requests }: Omit<RequestsPageProps, "after">): JSX.Element {
  const { goLiveRequests: texts } = view.texts;
  return (
    <table class="stacks">
      <thead>
        <tr>
          <th scope="col">{texts.service}</th>
          <th scope="col">{texts.askedAt}</th>
          <th scope="col">{texts.volumes}</th>
        </tr>
      </thead>
      <tbody>
        {requests.map(({ service, request }) => (
          <tr key={request.id}>
            <th scope="row">
              <a dir="auto" href={pathOf(PAGES.goLiveRequest, { request_id: request.id })}>
                {service.name}
              </a>
            </th>
            <td data-label={texts.askedAt}>
              {formatTime(request.askedAt, view.language, OPERATOR_ZONE)}
            </td>
            <td data-label={texts.volumes}>{volumesText(request.volumes, view)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The volumes of a request in words, such as “300 text messages and 2,000 emails”. */
export function volumesText(volumes: Volumes, { language, texts }: View): string {
  const numbers = numberFormat(language);
  const parts = CHANNELS.flatMap((channel) => {
    const volume = volumes[channel] ?? 0;
    return volume === 0 ? [] : [`${texts.goLive.channels[channel]}: ${numbers.format(volume)}`];
  });
  return parts.join(", ");
}
