/**
 * SQL of the value of a counter to which a charge is added, as `usedOf` in `domain/sending/limits.ts` computes it: at
 * least the charge's `floor`. The counter counts as 0 when it is absent or its value is beyond the charge's `cap`.
 *
 * @param counter the alias of a row of `counters`, which may be absent
 * @param charge SQL of the charge's JSON
 */
export function usedOfCounter(counter: string, charge: string): string {
  return `max(iif(${counter}.value > ${charge}->>'cap', 0, coalesce(${counter}.value, 0)),
    ${charge}->>'floor')`;
}

/**
 * SQL of the name of the counter of a daily limit, such as `day:2026-01-31:sms`, as `dailyScope` in
 * `domain/sending/limits.ts` makes it.
 *
 * @param day SQL of the day's number: days since 1970-01-01
 * @param counter SQL of the limit's name
 */
export function dailyScopeOf(day: string, counter: string): string {
  return `('day:' || date(${day} * 86400, 'unixepoch') || ':' || ${counter})`;
}
