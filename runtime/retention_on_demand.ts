import type { BlobStore } from "../domain/ports/blob_store.ts";
import type { Retention } from "../domain/ports/retention.ts";
import type { AccountResources } from "./accounts.ts";
import type { Config } from "./config.ts";

/** What retention works with. */
export interface RetentionResources extends Pick<AccountResources, "db" | "encryption" | "clock"> {
  readonly blobs: BlobStore | undefined;
  readonly accounts: Config["accounts"];
}

/** Creates the retention. Its modules are loaded with its first run: a process that answers requests needs none of them. */
export function createRetentionOnDemand(resources: RetentionResources): Retention {
  let opened: Retention | undefined;
  return {
    async purge(now, limit) {
      const { openRetention } = await import("./retention.ts");
      opened ??= openRetention(resources);
      return await opened.purge(now, limit);
    },
  };
}
