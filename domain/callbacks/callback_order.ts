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

/** Selects those of the waiting deliveries that are due, in the order of their numbers, without those behind another one of their subject. */
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

/** Groups deliveries by their subjects: each group is sent one by one, in the order of the numbers. */
export function groupBySubject<T extends Ordered>(
  deliveries: readonly T[],
): readonly (readonly T[])[] {
  const ordered = deliveries.toSorted((a, b) => a.number - b.number);
  return [...Map.groupBy(ordered, ({ subjectId }) => subjectId).values()];
}

/** When the first delivery of each subject that waits is due. */
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
