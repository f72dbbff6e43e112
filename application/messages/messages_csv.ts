/** Messages as a CSV file. */
import { writeCsvLine } from "../../domain/csv/write_line.ts";
import type { NotificationId, ServiceId } from "../../domain/ids.ts";
import type {
  MessageFilter,
  MessageNames,
  MessagePages,
} from "../../domain/ports/message_pages.ts";
import { listMessages, type SeenMessage, type Viewer } from "./seen_messages.ts";

/** How many messages are read at a time. */
const PAGE_MESSAGES = 500;

const COLUMNS = [
  ...["id", "accepted", "channel", "status", "since", "reason", "code", "template", "list", "row"],
  ...["key", "person"],
];
/** The columns that only those have who may see recipients. */
const PERSONAL_COLUMNS = ["recipient", "reference"];

/** The server logs the message of a stream's error, so it has no more than the class of the store's. */
function breakOff(error: unknown): never {
  throw new Error(
    `the list of messages breaks off: ${error instanceof Error ? error.name : "unknown"}`,
  );
}

/**
 * Streams the messages that a filter selects, newest first, as CSV. The recipient and the reference are columns only for
 * a viewer who may see them. Cells are quoted, and ones that a spreadsheet would run as a formula get an apostrophe. The
 * next messages are read when the client has received those before; when the store fails, the stream breaks off.
 */
export function streamMessages(
  pages: Pick<MessagePages, "read">,
  viewer: Viewer,
  serviceId: ServiceId,
  filter: MessageFilter,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let olderThan: NotificationId | undefined;
  let hasHead = false;
  return new ReadableStream({
    async pull(controller) {
      if (!hasHead) {
        hasHead = true;
        const head = [...COLUMNS, ...viewer.seesRecipients ? PERSONAL_COLUMNS : []];
        return controller.enqueue(encoder.encode(writeCsvLine(head)));
      }
      for (;;) {
        const search = { filter, position: { olderThan }, limit: PAGE_MESSAGES };
        const page = await listMessages(pages, viewer, serviceId, search).catch(breakOff);
        const isLast = page.readTo === undefined && page.messages.length < PAGE_MESSAGES;
        olderThan = page.readTo ?? page.messages.at(-1)?.id;
        const lines = page.messages.map((message) => toLine(message, page.names, viewer));
        if (lines.length > 0) controller.enqueue(encoder.encode(lines.join("")));
        if (isLast) return controller.close();
        // A stream that gets nothing is not pulled again.
        if (lines.length > 0) return;
      }
    },
  }, { highWaterMark: 0 });
}

function toLine(message: SeenMessage, names: MessageNames, { seesRecipients }: Viewer): string {
  const { job } = message;
  const nameOf = <Id>(named: readonly { readonly id: Id; readonly name: string }[], id: Id) =>
    named.find((one) => one.id === id)?.name ?? "";
  return writeCsvLine([
    message.id,
    new Date(message.createdAt).toISOString(),
    message.channel,
    message.status,
    new Date(message.statusAt).toISOString(),
    message.reason ?? "",
    message.code ?? "",
    nameOf(names.templates, message.templateId) || message.templateId,
    job?.id ?? "",
    job === undefined ? "" : String(job.row),
    nameOf(names.keys, message.keyId),
    message.authorId === undefined ? "" : nameOf(names.people, message.authorId),
    ...seesRecipients ? [message.to ?? "", message.reference ?? ""] : [],
  ]);
}
