import type { JSX } from "hono/jsx/jsx-runtime";
import type { DraftRow } from "../../../application/jobs/list_drafts.ts";
import type { ListSample } from "../../../domain/jobs/report.ts";
import { costText } from "../components/cost.tsx";
import { Notice } from "../components/notice.tsx";
import { formatNumber } from "../texts/plural.ts";
import type { View } from "../context.ts";
import { DraftFrame, type DraftPageProps } from "./draft_frame.tsx";
import { explain } from "./list_faults.ts";
import { ListCostTable, ListTotal } from "./list_cost.tsx";
import { ListWarnings } from "./list_warnings.tsx";
import { StartForm } from "./start_form.tsx";
import type { TypedStart } from "./list_start.ts";

/** How many messages of a list are sent in a minute, at a cautious guess: providers take some ten in a second. */
const MESSAGES_A_MINUTE = 1_500;

/** Properties of {@link CheckPage}. */
export interface CheckPageProps extends DraftPageProps {
  readonly now: number;
  readonly start: TypedStart;
  /** The row that the reader asked for, as typed; `undefined` when none was. */
  readonly look: { readonly row: string; readonly found: DraftRow | undefined } | undefined;
}

/** Shows what a list sends, what it costs and how long it takes, and asks when it is to begin. */
export function CheckPage(props: CheckPageProps): JSX.Element {
  const { view, draft, start, look, faults = [] } = props;
  const { lists } = view.texts;
  const { report } = draft.check;
  const people = report.rows - report.badRows;
  return (
    <DraftFrame {...props} title={lists.checkTitle(people)} step="check">
      <ListWarnings {...props} />
      <section class="card stack" aria-labelledby="first">
        <h2 id="first">{lists.first}</h2>
        {report.samples.map((sample) => <Message key={sample.row} sample={sample} view={view} />)}
      </section>
      <section class="card stack" aria-labelledby="look">
        <h2 id="look">{lists.look}</h2>
        <form method="get" class="buttons">
          <div class="field">
            <label for="row">{lists.rowNumber}</label>
            <input id="row" name="row" inputmode="numeric" class="short" value={look?.row} />
          </div>
          <button type="submit" class="button plain">{lists.lookButton}</button>
        </form>
        <LookedRow {...props} />
      </section>
      <Cost {...props} />
      {report.listErrorCount > 0
        ? (
          <Notice>
            <p>
              <strong>{lists.blocked}</strong>
            </p>
            {report.errors.filter(({ row }) => row === null).map((error) => (
              <p key={error.code}>{explain(error, view)}</p>
            ))}
          </Notice>
        )
        : <StartForm {...props} people={people} start={start} faults={faults} />}
    </DraftFrame>
  );
}

function LookedRow({ look, view }: CheckPageProps): JSX.Element | null {
  if (look === undefined) return null;
  const { found } = look;
  if (found === undefined) return <p role="status">{view.texts.lists.noRow}</p>;
  return (
    <>
      {found.sample === undefined
        ? null
        : <Message sample={found.sample} view={view} isSent={found.errors.length === 0} />}
      {found.errors.map((error) => <p key={error.code} class="wrong-text">{explain(error, view)}
      </p>)}
    </>
  );
}

/** A message as it is read: of an e-mail the text without its layout. */
function Message(
  { sample, view, isSent = true }: {
    readonly sample: ListSample;
    readonly view: View;
    /** Whether the row has no error: what it costs is shown then. */
    readonly isSent?: boolean;
  },
): JSX.Element {
  const { editor, lists } = view.texts;
  const { fragments, country } = sample;
  const cost = fragments === null || !isSent
    ? undefined
    : costText(view, country ?? undefined, fragments);
  return (
    <figure class="copy">
      <figcaption class="quiet">{lists.rowTitle(String(sample.row))}</figcaption>
      {sample.subject === null ? null : (
        <p dir="auto">
          <strong>{sample.subject}</strong>
        </p>
      )}
      <p class="lines" dir="auto">{sample.text}</p>
      {fragments === null ? null : (
        <p class="meter">
          <span>{editor.characters([...sample.text].length)}</span>
          <span>{editor.fragments(fragments)}</span>
          {cost === undefined ? null : <span>{cost}</span>}
        </p>
      )}
    </figure>
  );
}

function Cost({ view, service, draft }: CheckPageProps): JSX.Element {
  const { lists } = view.texts;
  const { rows, badRows, international, fragments } = draft.check.report;
  const number = (n: number) => formatNumber(view.language, n);
  const minutes = Math.max(Math.ceil((rows - badRows) / MESSAGES_A_MINUTE), 1);
  const { quiet_hours: quiet } = service.settings;
  const each = [...fragments?.rows ?? []].toSorted(([a], [b]) => a - b);
  return (
    <section class="card stack" aria-labelledby="cost">
      <h2 id="cost">{lists.cost}</h2>
      <dl class="facts">
        <div>
          <dt>{lists.recipients}</dt>
          <dd>{number(rows - badRows)}</dd>
        </div>
        {international === 0 ? null : (
          <div>
            <dt>{lists.abroad}</dt>
            <dd>{number(international)}</dd>
          </div>
        )}
        {fragments === null ? null : (
          <div>
            <dt>{lists.fragments}</dt>
            <dd>
              {number(fragments.total)}
              {each.map(([count, ofRows]) => (
                <div key={count} class="hint">
                  {`${number(ofRows)} × ${view.texts.editor.fragments(count)}`}
                </div>
              ))}
            </dd>
          </div>
        )}
        {fragments === null ? null : <ListTotal view={view} fragments={fragments} />}
        <div>
          <dt>{lists.takes}</dt>
          <dd>{lists.minutes(minutes)}</dd>
        </div>
      </dl>
      {fragments === null ? null : <ListCostTable view={view} fragments={fragments} />}
      {quiet === null ? null : <p class="hint">{lists.quiet(quiet.start, quiet.end)}</p>}
    </section>
  );
}
