/**
 * The metrics of a process: which there are, and their values, in memory. No I/O, no clock.
 *
 * Labels have few values, never those of one person or message. A metric has at most {@link MAX_LABEL_SETS}
 * combinations of labels; what would make more is counted under the value `other` of every label.
 */

/** Max combinations of label values that one metric has; values of further ones are counted under `other`. */
export const MAX_LABEL_SETS = 200;
/** The longest value of a label, in UTF-16 units; a longer one is counted under `other`. */
export const MAX_LABEL_LENGTH = 60;

/** The value of a label where several things share one series. */
const OTHER = "other";

interface Definition {
  readonly type: "counter" | "histogram" | "gauge";
  readonly help: string;
  readonly labels: readonly string[];
  /** The upper bounds of a histogram's buckets, in its unit, ascending; the last one, of all, is added. */
  readonly buckets?: readonly number[];
}

/** Bounds for calls that take from milliseconds to half a minute, in seconds. */
const CALL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30];
/** Bounds for what others report, from a second to three days, in seconds. */
const LAG_BUCKETS = [1, 5, 15, 60, 300, 900, 3_600, 6 * 3_600, 24 * 3_600, 72 * 3_600];

/** Every metric, in the order in which they are written. */
export const METRICS = {
  hark_build_info: { type: "gauge", help: "1, with the version.", labels: ["version"] },
  hark_database_up: {
    type: "gauge",
    help: "Whether the database answered this scrape.",
    labels: [],
  },
  hark_outbox_messages: {
    type: "gauge",
    help: "Messages in the outbox by state; a lower bound where a queue is very long.",
    labels: ["channel", "state"],
  },
  hark_outbox_oldest_due_seconds: {
    type: "gauge",
    help: "How long the oldest message that is due has waited; 0 when none is due.",
    labels: ["channel"],
  },
  hark_dead_letters: {
    type: "gauge",
    help: "Messages that ended as technical-failure and were neither redriven nor dropped.",
    labels: ["channel", "provider"],
  },
  hark_requests_total: {
    type: "counter",
    help: "Requests that were answered.",
    labels: ["api", "status"],
  },
  hark_request_seconds: {
    type: "histogram",
    help: "Time until a request was answered.",
    labels: ["api"],
    buckets: CALL_BUCKETS,
  },
  hark_refusals_total: {
    type: "counter",
    help: "Messages and requests of services that were refused.",
    labels: ["reason"],
  },
  hark_accepted_total: {
    type: "counter",
    help: "Messages that were accepted.",
    labels: ["channel", "key_kind"],
  },
  hark_attempts_total: {
    type: "counter",
    help: "Attempts to hand a message to a provider, by how they ended.",
    labels: ["channel", "provider", "outcome"],
  },
  hark_attempt_seconds: {
    type: "histogram",
    help: "Time from the start of an attempt to its outcome.",
    labels: ["channel", "provider"],
    buckets: CALL_BUCKETS,
  },
  hark_receipts_total: {
    type: "counter",
    help: "Receipts that providers sent.",
    labels: ["provider", "kind"],
  },
  hark_receipt_lag_seconds: {
    type: "histogram",
    help: "Time from what a receipt reports, by the provider's clock, to its arrival.",
    labels: ["provider"],
    buckets: LAG_BUCKETS,
  },
  hark_callbacks_total: {
    type: "counter",
    help: "Calls of services' callbacks, by what followed.",
    labels: ["outcome"],
  },
  hark_callback_lag_seconds: {
    type: "histogram",
    help: "Time from an event to the delivery of its callback.",
    labels: [],
    buckets: LAG_BUCKETS,
  },
  hark_log_lines_total: {
    type: "counter",
    help: "Log lines by event, but for those of requests and attempts.",
    labels: ["event"],
  },
} as const satisfies Readonly<Record<string, Definition>>;

type Table = typeof METRICS;
/** The name of a metric. */
export type MetricName = keyof Table;
type NamesOf<T extends Definition["type"]> = {
  [N in MetricName]: Table[N]["type"] extends T ? N : never;
}[MetricName];
/** A value for each label of a metric. */
export type LabelsOf<N extends MetricName> = Readonly<
  Record<Table[N]["labels"][number], string>
>;

/**
 * Counts events and measures durations, in the memory of this process. Never throws. A label value longer than
 * {@link MAX_LABEL_LENGTH}, and a combination beyond {@link MAX_LABEL_SETS}, is counted under `other`.
 */
export interface Metrics {
  /** Adds to a counter: 1, or `by`. */
  count<N extends NamesOf<"counter">>(name: N, labels: LabelsOf<N>, by?: number): void;
  /** Adds a duration to a histogram. */
  observe<N extends NamesOf<"histogram">>(name: N, labels: LabelsOf<N>, seconds: number): void;
  /** Sets the value of a gauge for these labels. */
  set<N extends NamesOf<"gauge">>(name: N, labels: LabelsOf<N>, value: number): void;
  /** Removes all values of a gauge, for every combination of labels. */
  reset(name: NamesOf<"gauge">): void;
  /** The metrics that have values, in the order of {@link METRICS}. */
  list(): readonly MetricValues[];
}

/** The values of a metric, one for each combination of labels that was used. */
export interface MetricValues {
  readonly name: MetricName;
  readonly series: readonly Series[];
}

/** The value of one combination of labels. */
export interface Series {
  /** Label values in the order of the metric's labels. */
  readonly labels: readonly string[];
  /** The value of a counter or gauge, the sum of a histogram. */
  readonly value: number;
  /** How many values of a histogram are in each bucket alone, and last how many are above all of them. */
  readonly buckets: readonly number[];
}

interface MutableSeries extends Series {
  value: number;
  readonly buckets: number[];
}

/** Creates the metrics of a process, all of them without values. */
export function createMetrics(): Metrics {
  const values = new Map<MetricName, Map<string, MutableSeries>>();

  function seriesOf(name: MetricName, labels: Readonly<Record<string, string>>): MutableSeries {
    const definition: Definition = METRICS[name];
    const known = values.get(name) ?? new Map<string, MutableSeries>();
    values.set(name, known);
    const words = definition.labels.map((label) => toLabel(labels[label]));
    const key = JSON.stringify(words);
    const found = known.get(key);
    if (found !== undefined) return found;
    const others = definition.labels.map(() => OTHER);
    const isFull = known.size >= MAX_LABEL_SETS - 1;
    const series = (isFull ? known.get(JSON.stringify(others)) : undefined) ?? {
      labels: isFull ? others : words,
      value: 0,
      buckets: definition.buckets === undefined
        ? []
        : Array.from({ length: definition.buckets.length + 1 }, () => 0),
    };
    known.set(JSON.stringify(series.labels), series);
    return series;
  }

  return {
    count(name, labels, by = 1) {
      seriesOf(name, labels).value += by;
    },
    observe(name, labels, seconds) {
      const definition: Definition = METRICS[name];
      const series = seriesOf(name, labels);
      const value = Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
      const at = (definition.buckets ?? []).findIndex((bound) => value <= bound);
      const bucket = at === -1 ? series.buckets.length - 1 : at;
      series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
      series.value += value;
    },
    set(name, labels, value) {
      seriesOf(name, labels).value = value;
    },
    reset(name) {
      values.delete(name);
    },
    list: () =>
      METRIC_NAMES.flatMap((name) => {
        const series = values.get(name);
        return series === undefined ? [] : [{ name, series: [...series.values()] }];
      }),
  };
}

const METRIC_NAMES: readonly MetricName[] = Object.keys(METRICS).filter(isMetricName);

function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}

function toLabel(value: string | undefined): string {
  return value === undefined || value.length > MAX_LABEL_LENGTH || !value.isWellFormed()
    ? OTHER
    : value;
}
