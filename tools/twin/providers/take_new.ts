/**
 * Returns a function that returns the items that were added to the list since its last call.
 *
 * @param list a list that only grows
 */
export function takeNew<Item, Taken>(
  list: readonly Item[],
  present: (item: Item) => Taken,
): () => readonly Taken[] {
  let taken = 0;
  return () => {
    const items = list.slice(taken);
    taken += items.length;
    return items.map(present);
  };
}
