/** Keeps the order of the deliveries of one subject: a notification, or a text message that was received. */

/** A delivery that waits for its first or next try. */
interface Ordered {
  readonly number: number;
  readonly subjectId: string;
}

/** A delivery that waits in the outbox. */
export interface Waiting extends Ordered {
  readonly dueAt: number;
}

/**
 * Selects the deliveries that are due, at most `limit`, in the order of their numbers. Of each subject (a notification
 * or a received text) only the first waiting delivery is considered: later ones must not overtake it.
 */
export function selectDue<T extends Waiting>(
  waiting: readonly T[],
  now: number,
  limit: number,
): readonly T[] {
  const first = new Map<string, T>();
  for (const delivery of waiting) {
    const { number, subjectId } = delivery;
    const other = first.get(subjectId);
    if (other === undefined || number < other.number) first.set(subjectId, delivery);
  }
  return [...first.values()].filter(({ dueAt }) => dueAt <= now)
    .sort((a, b) => a.number - b.number).slice(0, limit);
}

/** Groups deliveries by their subjects. The deliveries of a group are sent one by one, in the order of the numbers. */
export function groupBySubject<T extends Ordered>(
  deliveries: readonly T[],
): readonly (readonly T[])[] {
  const ordered = deliveries.toSorted((a, b) => a.number - b.number);
  return [...Map.groupBy(ordered, ({ subjectId }) => subjectId).values()];
}

/** The first waiting delivery of each subject, by the subject's id. */
export function dueBySubject(waiting: readonly Waiting[]): ReadonlyMap<string, Waiting> {
  const first = new Map<string, Waiting>();
  for (const delivery of waiting) {
    const other = first.get(delivery.subjectId);
    if (other === undefined || delivery.number < other.number) {
      first.set(delivery.subjectId, delivery);
    }
  }
  return first;
}
