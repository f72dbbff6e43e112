/** Draws a line plot as SVG, readable on a light and on a dark page. */

/** A line of a plot. */
export interface Series {
  readonly name: string;
  /** In the order of x; all values above 0. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A plot. Both axes are logarithmic, so that equal ratios have equal distances. */
export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
}

const WIDTH = 640;
const HEIGHT = 360;
const AREA = { left: 72, right: 500, top: 44, bottom: 304 } as const;
/** Colours of lines, told apart by most people on white and on black. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"] as const;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .page { fill: #ffffff; }
  .title { font-weight: 600; font-size: 15px; }
  .grid { stroke: #d0d7de; stroke-width: 1; }
  .line { fill: none; stroke-width: 2.5; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; }
    text { fill: #e6edf3; }
    .grid { stroke: #3d444d; }
  }
`;

/** Draws a plot. */
export function drawPlot({ title, xLabel, yLabel, series }: Plot): string {
  const points = series.flatMap((line) => line.points);
  const xs = [...new Set(points.map(([x]) => x))].toSorted((a, b) => a - b);
  const yTicks = ticksOf(points.map(([, y]) => y));
  const toX = scale(xs[0] ?? 1, xs.at(-1) ?? 1, AREA.left, AREA.right);
  const toY = scale(yTicks[0] ?? 1, yTicks.at(-1) ?? 1, AREA.bottom, AREA.top);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" ` +
    `width="${WIDTH}" height="${HEIGHT}">`,
    `<title>${escape(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}"/>`,
    textAt(AREA.left, 24, title, 'class="title"'),
    ...yTicks.flatMap((y) => [
      lineAt(AREA.left, toY(y), AREA.right, toY(y)),
      textAt(AREA.left - 8, toY(y) + 4, label(y), 'text-anchor="end"'),
    ]),
    ...xs.flatMap((x) => [
      lineAt(toX(x), AREA.top, toX(x), AREA.bottom),
      textAt(toX(x), AREA.bottom + 20, label(x), 'text-anchor="middle"'),
    ]),
    textAt((AREA.left + AREA.right) / 2, AREA.bottom + 44, xLabel, 'text-anchor="middle"'),
    `<text transform="translate(18 ${(AREA.top + AREA.bottom) / 2}) rotate(-90)" ` +
    `text-anchor="middle">${escape(yLabel)}</text>`,
    ...series.flatMap(({ name, points }, at) => {
      const colour = COLOURS[at % COLOURS.length] ?? COLOURS[0];
      const path = points.map(([x, y]) => `${round(toX(x))},${round(toY(y))}`);
      const y = AREA.top + 20 + at * 24;
      return [
        `<polyline class="line" stroke="${colour}" points="${path.join(" ")}"/>`,
        ...points.map(([x, y]) =>
          `<circle cx="${round(toX(x))}" cy="${round(toY(y))}" r="4" fill="${colour}"/>`
        ),
        `<line class="line" stroke="${colour}" x1="${AREA.right + 16}" y1="${y - 4}" ` +
        `x2="${AREA.right + 36}" y2="${y - 4}"/>`,
        textAt(AREA.right + 42, y, name),
      ];
    }),
    "</svg>\n",
  ].join("\n");
}

function scale(from: number, to: number, start: number, end: number): (value: number) => number {
  const span = Math.log(to) - Math.log(from);
  return (value) =>
    span === 0
      ? (start + end) / 2
      : start + (end - start) * (Math.log(value) - Math.log(from)) / span;
}

/** Round values that enclose all: 1, 2 and 5 times powers of ten. */
function ticksOf(values: readonly number[]): readonly number[] {
  const least = Math.min(...values);
  const most = Math.max(...values);
  const candidates: number[] = [];
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most * 10; power++) {
    candidates.push(...[1, 2, 5].map((step) => step * 10 ** power));
  }
  const first = candidates.findLastIndex((value) => value <= least);
  const last = candidates.findIndex((value) => value >= most);
  return candidates.slice(first, Math.max(last, first + 1) + 1);
}

function label(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en-GB", { maximumFractionDigits: 3 });
}

const round = (value: number) => Number(value.toFixed(1));

function lineAt(x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="grid" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${
    round(y2)
  }"/>`;
}

function textAt(x: number, y: number, text: string, attributes = ""): string {
  const rest = attributes === "" ? "" : ` ${attributes}`;
  return `<text x="${round(x)}" y="${round(y)}"${rest}>${escape(text)}</text>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
