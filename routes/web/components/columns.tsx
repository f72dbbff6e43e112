import type { JSX } from "hono/jsx/jsx-runtime";
import { numberFormat } from "../texts/plural.ts";
import type { View } from "../context.ts";

/** A column of {@link Columns}: a day. */
export interface ColumnOfDay {
  /** As the axis and the table write it. */
  readonly label: string;
  readonly delivered: number;
  readonly other: number;
  readonly failed: number;
}

const WIDTH = 720;
const HEIGHT = 200;
const LEFT = 48;
const BOTTOM = 26;
const TOP = 8;
/** The widest column. */
const MAX_BAR = 40;
/** The steps of the axis. */
const STEPS = [0, 1, 2, 3, 4] as const;
/** From so many columns on, only every fifth one has its label. */
const MANY = 10;
const PARTS = ["delivered", "other", "failed"] as const;

/** Returns a round number, at least `most` and 4, that the axis divides into four steps. */
function roundTop(most: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, most))));
  return [1, 2, 4, 8, 10].map((n) => n * unit).find((n) => n >= most && n >= 4) ?? 20 * unit;
}

/** Columns by day as a picture, and the same numbers as a table. */
export function Columns(
  { view, title, days }: {
    readonly view: View;
    readonly title: string;
    readonly days: readonly ColumnOfDay[];
  },
): JSX.Element {
  const { chart } = view.texts;
  const full = numberFormat(view.language);
  return (
    <figure class="chart">
      <figcaption>
        <h2 id="chart-title">{title}</h2>
        <ul class="legend">
          {PARTS.map((part) => <li class={part} key={part}>{chart[part]}</li>)}
        </ul>
      </figcaption>
      <div class="scroll" tabindex={0} role="region" aria-labelledby="chart-title">
        <Picture view={view} days={days} />
      </div>
      <details>
        <summary>{chart.asTable}</summary>
        <table>
          <caption class="unseen">{title}</caption>
          <thead>
            <tr>
              <th scope="col">{chart.day}</th>
              {PARTS.map((part) => <th scope="col" class="n" key={part}>{chart[part]}</th>)}
            </tr>
          </thead>
          <tbody>
            {days.map((day) => (
              <tr key={day.label}>
                <th scope="row">{day.label}</th>
                {PARTS.map((part) => <td class="n" key={part}>{full.format(day[part])}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

/** Attributes only: a style would need a policy that allows it. */
function Picture(
  { view, days }: { readonly view: View; readonly days: readonly ColumnOfDay[] },
): JSX.Element {
  const top = roundTop(Math.max(...days.map((day) => day.delivered + day.other + day.failed)));
  const short = numberFormat(view.language, "compact");
  const plot = HEIGHT - BOTTOM - TOP;
  const step = (WIDTH - LEFT) / days.length;
  const bar = Math.min(MAX_BAR, step * 0.62);
  const y = (value: number) => TOP + plot - (value / top) * plot;
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-labelledby="chart-title">
      {STEPS.map((n) => (
        <g key={n}>
          <line x1={LEFT} x2={WIDTH} y1={y(top * n / 4)} y2={y(top * n / 4)} />
          <text x={LEFT - 8} y={y(top * n / 4) + 4} text-anchor="end">
            {short.format(top * n / 4)}
          </text>
        </g>
      ))}
      {days.map((day, at) => (
        <Column
          key={day.label}
          view={view}
          day={day}
          x={LEFT + step * at + (step - bar) / 2}
          width={bar}
          y={y}
          hasLabel={days.length <= MANY || at % 5 === 0}
        />
      ))}
    </svg>
  );
}

function Column(
  { view, day, x, width, y, hasLabel }: {
    readonly view: View;
    readonly day: ColumnOfDay;
    readonly x: number;
    readonly width: number;
    readonly y: (value: number) => number;
    readonly hasLabel: boolean;
  },
): JSX.Element {
  const { chart } = view.texts;
  const full = numberFormat(view.language);
  const words = PARTS.map((part) => `${chart[part]} ${full.format(day[part])}`);
  let below = 0;
  return (
    <g>
      <title>{`${day.label}: ${words.join(", ")}`}</title>
      {PARTS.map((part) => {
        const from = below;
        below += day[part];
        return day[part] === 0 ? null : (
          <rect
            key={part}
            class={part}
            x={x}
            width={width}
            y={y(below)}
            height={Math.max(1.5, y(from) - y(below))}
            rx="2"
          />
        );
      })}
      {hasLabel
        ? <text x={x + width / 2} y={HEIGHT - 8} text-anchor="middle">{day.label}</text>
        : null}
    </g>
  );
}
