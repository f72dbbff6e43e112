import type { Retention } from "../domain/ports/retention.ts";
import type { RetentionResources } from "./retention.ts";

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
