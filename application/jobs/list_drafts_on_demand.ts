import type { ListDraftPorts, ListDrafts } from "./list_drafts.ts";

/** Loads the use cases of lists that people upload. The first call loads their modules. */
export type LoadListDrafts = () => Promise<ListDrafts>;

/** Creates the loader of the use cases of lists that people upload. */
export function createListDraftsOnDemand(ports: ListDraftPorts): LoadListDrafts {
  let loaded: ListDrafts | undefined;
  return async () => {
    const { createListDrafts } = await import("./list_drafts.ts");
    return loaded ??= createListDrafts(ports);
  };
}
