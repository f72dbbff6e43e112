/**
 * Runs the work of one HTTP request, and bounds how long it waits for the store in total. When this time is used up,
 * the pending call and all later ones of the request throw `StoreUnavailable`. Work that continues after the request is
 * answered has no bound.
 */
export type WithinStoreBudget = <T>(work: () => Promise<T>) => Promise<T>;
