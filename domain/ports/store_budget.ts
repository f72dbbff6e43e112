/**
 * Runs the work of one request within its budget of waiting for the store. From then on until the work ends its calls of
 * the store throw `StoreUnavailable`. Work that continues after the request is answered is outside of the budget.
 */
export type WithinStoreBudget = <T>(work: () => Promise<T>) => Promise<T>;
