import type { Clock, NotificationStore } from "../../domain/ports.ts";
import type { ManagementStore } from "../../domain/management_ports.ts";
import type { HarkContext } from "../http.ts";
import type { Callers } from "../send/callers.ts";
import type { OpenFiles } from "../send/files.ts";
import type { SendMany } from "../send/many.ts";
import type { Send } from "../send/send.ts";
import type { V2Refusal } from "./errors.ts";

/** What the surface works with. */
export interface V2Ports {
  readonly clock: Clock;
  readonly callers: Callers;
  readonly send: Send;
  readonly sendMany: SendMany;
  readonly openFiles: OpenFiles;
  readonly notifications: NotificationStore;
  readonly templates: Pick<ManagementStore, "getTemplate" | "getTemplates" | "listTemplates">;
  /** The configured address of the deployment, without a trailing slash; the one asked when absent. */
  readonly publicUrl: string | undefined;
  /** Whom templates are said to be made by. */
  readonly templateAuthor: string;
}

/** Answers with a refusal. */
export type Refuse = (c: HarkContext, refusal: V2Refusal) => Response;
