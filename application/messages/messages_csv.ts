/** Messages as a CSV file. */
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

/** The headings of a file of messages. The recipient and the reference are columns only for those who may see them. */
export function messageHeadings({ seesRecipients }: Viewer): readonly string[] {
  return [...COLUMNS, ...seesRecipients ? PERSONAL_COLUMNS : []];
}

/** Reads the messages that a filter selects, newest first, as the lines of a file, page by page. */
export async function* messageLines(
  pages: Pick<MessagePages, "read">,
  viewer: Viewer,
  serviceId: ServiceId,
  filter: MessageFilter,
): AsyncGenerator<readonly (readonly string[])[]> {
  let olderThan: NotificationId | undefined;
  do {
    const search = { filter, position: { olderThan }, limit: PAGE_MESSAGES };
    const page = await listMessages(pages, viewer, serviceId, search);
    const isFull = page.messages.length === PAGE_MESSAGES;
    olderThan = page.readTo ?? (isFull ? page.messages.at(-1)?.id : undefined);
    // A stream that gets nothing is not pulled again.
    if (page.messages.length > 0) {
      yield page.messages.map((message) => toCells(message, page.names, viewer));
    }
  } while (olderThan !== undefined);
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
