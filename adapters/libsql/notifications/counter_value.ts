/**
 * SQL of the value of a counter that a charge adds to, as `usedOf` in `domain/sending/limits.ts`: a value beyond the
 * charge's cap does not count.
 *
 * @param counter the alias of a row of `counters`, which may be absent
 * @param charge SQL of the charge's JSON
 */
export function usedOfCounter(counter: string, charge: string): string {
  return `max(iif(${counter}.value > ${charge}->>'cap', 0, coalesce(${counter}.value, 0)),
    ${charge}->>'floor')`;
}

/**
 * SQL of the name of the counter of a daily limit, as `dailyScope` in `domain/sending/limits.ts`.
 *
 * @param day SQL of the day's number
 * @param counter SQL of the limit's name
 */
export function dailyScopeOf(day: string, counter: string): string {
  return `('day:' || date(${day} * 86400, 'unixepoch') || ':' || ${counter})`;
}
