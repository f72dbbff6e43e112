import type { ReadSheet } from "../../../domain/ports/read_sheet.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { NotificationStore } from "../../../domain/ports/notification_store.ts";
import type { SendingContexts } from "../../../domain/ports/sending_contexts.ts";
import type { ManagementStore } from "../../../domain/ports/management_store.ts";
import type { AppContext } from "../../http/context.ts";
import type { Uploads } from "../../../application/jobs/upload.ts";
import type { Callers } from "../../../application/sending/authenticate.ts";
import type { OpenFiles } from "../../../application/sending/file_links.ts";
import type { SendBatch } from "../../../application/sending/send_batch.ts";
import type { Send } from "../../../application/sending/send_notification.ts";
import type { NotifyRefusal } from "../errors.ts";

/** What the surface works with. */
export interface V2Ports {
  readonly clock: Clock;
  readonly callers: Callers;
  readonly send: Send;
  readonly sendBatch: SendBatch;
  readonly openFiles: OpenFiles;
  readonly uploads: Uploads;
  readonly readSheet: ReadSheet;
  readonly contexts: Pick<SendingContexts, "load">;
  readonly notifications: NotificationStore;
  readonly templates: Pick<ManagementStore, "getTemplate" | "getTemplates" | "listTemplates">;
  /** The configured address of the deployment, without a trailing slash; the one asked when absent. */
  readonly publicUrl: string | undefined;
  /** Whom templates are said to be made by. */
  readonly templateAuthor: string;
}

/** Answers with a refusal. */
export type Refuse = (c: AppContext, refusal: NotifyRefusal) => Response;
