/** Returns the items of groups in turn: the first of each group, then the second of each, until all are taken. */
export function alternate<T>(groups: readonly (readonly T[])[]): readonly T[] {
  const most = Math.max(0, ...groups.map(({ length }) => length));
  return Array.from(
    { length: most },
    (_, round) => groups.flatMap((group) => group.slice(round, round + 1)),
  ).flat();
}
