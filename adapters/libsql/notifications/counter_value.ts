/**
 * SQL of the value of a counter that a charge adds to, as `usedOf` in `domain/sending/limits.ts`: a value beyond the
 * charge's cap counts as one that leaves space for this charge alone.
 *
 * @param counter the alias of a row of `counters`, which may be absent
 * @param charge SQL of the charge's JSON
 */
export function usedOfCounter(counter: string, charge: string): string {
  return `max(CASE WHEN ${counter}.value > ${charge}->>'cap'
    THEN (${charge}->>'limit') - (${charge}->>'step') ELSE coalesce(${counter}.value, 0) END,
    ${charge}->>'floor')`;
}
