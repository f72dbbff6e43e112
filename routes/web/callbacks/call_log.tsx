import type { JSX } from "hono/jsx/jsx-runtime";
import type { CallbackKind, LoggedDelivery } from "../../../domain/callbacks/callback.ts";
import type { Service } from "../../../domain/service/service.ts";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { formatTime } from "../texts/dates.ts";

interface CallLogProps {
  readonly view: View;
  readonly service: Service;
  readonly kind: CallbackKind;
  readonly deliveries: readonly LoggedDelivery[];
  /** The delivery from which the next page goes on; `undefined` on the last page. */
  readonly before: number | undefined;
}

/** The calls of a callback, newest first. */
export function CallLog(props: CallLogProps): JSX.Element {
  const { view, service, kind, deliveries, before } = props;
  const { callbacks: texts } = view.texts;
  const path = pathOf(PAGES.callback, { service_id: service.id, kind });
  return (
    <section class="card" aria-labelledby="log">
      <h2 id="log">{texts.log}</h2>
      {deliveries.length === 0 ? <p class="quiet">{texts.logNone}</p> : (
        <table class="stacks">
          <thead>
            <tr>
              <th scope="col">{texts.event}</th>
              <th scope="col">{texts.when}</th>
              <th scope="col">{texts.result}</th>
              <th scope="col">{texts.tries}</th>
            </tr>
          </thead>
          <tbody>
            {deliveries.map((delivery) => (
              <tr key={delivery.number}>
                <th scope="row">{delivery.number}</th>
                <td data-label={texts.when}>
                  {formatTime(
                    delivery.triedAt ?? delivery.createdAt,
                    view.language,
                    service.settings.time_zone,
                  )}
                </td>
                <td data-label={texts.result}>
                  {texts.states[delivery.state]}
                  {detailOf(delivery)}
                </td>
                <td data-label={texts.tries}>{delivery.tries}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {before === undefined ? null : (
        <p class="buttons">
          <a class="button plain" href={`${path}?before=${before}`}>{texts.older}</a>
        </p>
      )}
    </section>
  );
}

/** The status of the last answer, or the code of the error, in brackets. */
function detailOf({ httpStatus, error }: LoggedDelivery): string {
  const detail = httpStatus ?? error;
  return detail === undefined ? "" : ` (${detail})`;
}
