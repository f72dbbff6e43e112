import { createDocumentRetention } from "../adapters/libsql/documents/document_retention.ts";
import { createRetention } from "../adapters/libsql/notifications/retention.ts";
import { createStatisticsRetention } from "../adapters/libsql/statistics/statistics_retention.ts";
import type { BlobStore } from "../domain/ports/blob_store.ts";
import type { Retention } from "../domain/ports/retention.ts";
import type { AccountResources } from "./accounts.ts";
import { openAuditRetention } from "./audit_retention.ts";
import type { Config } from "./config.ts";

/** What retention works with. */
export interface RetentionResources extends Pick<AccountResources, "db" | "encryption" | "clock"> {
  readonly blobs: BlobStore | undefined;
  readonly accounts: Config["accounts"];
}

/** Opens the retention of the database and of files. */
export function openRetention({ blobs, accounts, ...resources }: RetentionResources): Retention {
  const { db } = resources;
  const files = blobs && createDocumentRetention(db, blobs);
  const audit = openAuditRetention(resources, accounts, files);
  return createRetention(db, createStatisticsRetention(db, audit));
}
