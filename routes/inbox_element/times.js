const DAY_MS = 24 * 60 * 60 * 1000;

/** The number of a time's calendar day in a zone, counted from 1 January 1970. */
function dayNumber(time, calendar) {
  const parts = Object.fromEntries(
    calendar.formatToParts(time).map(({ type, value }) => [type, Number(value)]),
  );
  return Date.UTC(parts.year, parts.month - 1, parts.day) / DAY_MS;
}

/**
 * Creates a formatter of times: "Today, 14:08", "Yesterday, 14:08", or the date with the time.
 *
 * @param {string} locale
 * @param {{today: string, yesterday: string}} texts
 * @param {string} [timeZone] IANA name; default: the reader's own zone
 * @returns {(at: Date, now: Date) => string}
 */
export function createTimeFormat(locale, texts, timeZone) {
  const full = new Intl.DateTimeFormat(locale, {
    dateStyle: "long",
    timeStyle: "short",
    timeZone,
  });
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: "short", timeZone });
  const calendar = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    timeZone,
  });
  return (at, now) => {
    const day = { 0: texts.today, 1: texts.yesterday }[
      dayNumber(now, calendar) - dayNumber(at, calendar)
    ];
    return day === undefined ? full.format(at) : `${day}, ${clock.format(at)}`;
  };
}

/** Milliseconds until the next day begins in the reader's zone; at least one second. */
export function untilTomorrowMs(now) {
  const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  return Math.max(1_000, tomorrow.getTime() - now.getTime());
}
