/**
 * Returns what the clocks of a format's time zone show, as epoch milliseconds of the same date and time in UTC.
 *
 * @param format has numeric fields; those that it does not have count as 0
 * @param at epoch milliseconds
 */
export function shownTime(format: Intl.DateTimeFormat, at: number): number {
  const fields = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const read = (type: Intl.DateTimeFormatPartTypes) => fields.get(type) ?? 0;
  return Date.UTC(
    read("year"),
    read("month") - 1,
    read("day"),
    read("hour"),
    read("minute"),
    read("second"),
  );
}
