/** Messages as a CSV file. */
import type { NotificationId, ServiceId } from "../../domain/ids.ts";
import type {
  MessageFilter,
  MessageNames,
  MessagePages,
} from "../../domain/ports/message_pages.ts";
import { listMessages, type SeenMessage, type Viewer } from "./seen_messages.ts";
import { streamCsv } from "./stream_csv.ts";

/** How many messages are read at a time. */
const PAGE_MESSAGES = 500;

const COLUMNS = [
  ...["id", "accepted", "channel", "status", "since", "reason", "code", "template", "list", "row"],
  ...["key", "person"],
];
/** The columns that only those have who may see recipients. */
const PERSONAL_COLUMNS = ["recipient", "reference"];

/**
 * Streams the messages that a filter selects, newest first, as CSV. The recipient and the reference are columns only for
 * a viewer who may see them.
 */
export function streamMessages(
  pages: Pick<MessagePages, "read">,
  viewer: Viewer,
  serviceId: ServiceId,
  filter: MessageFilter,
): ReadableStream<Uint8Array> {
  const head = [...COLUMNS, ...viewer.seesRecipients ? PERSONAL_COLUMNS : []];
  return streamCsv<NotificationId>(head, async (olderThan) => {
    const search = { filter, position: { olderThan }, limit: PAGE_MESSAGES };
    const page = await listMessages(pages, viewer, serviceId, search);
    const isFull = page.messages.length === PAGE_MESSAGES;
    return {
      lines: page.messages.map((message) => toCells(message, page.names, viewer)),
      next: page.readTo ?? (isFull ? page.messages.at(-1)?.id : undefined),
    };
  });
}

function toCells(
  message: SeenMessage,
  names: MessageNames,
  { seesRecipients }: Viewer,
): readonly string[] {
  const { job } = message;
  const nameOf = <Id>(named: readonly { readonly id: Id; readonly name: string }[], id: Id) =>
    named.find((one) => one.id === id)?.name ?? "";
  return [
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
  ];
}
