/** Words of messages that several pages show. */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Status } from "../../../domain/notification/status.ts";
import { STATUS_TABLE } from "../../../domain/notification/status.ts";
import type { MessageNames } from "../../../domain/ports/message_pages.ts";
import { Tag } from "../components/tag.tsx";
import type { Texts } from "../texts/texts.ts";

/** The state of a message, coloured when it is good or bad. */
export function StatusTag(
  { status, texts }: { readonly status: Status; readonly texts: Texts },
): JSX.Element {
  const kind = status === "delivered"
    ? "good"
    : STATUS_TABLE[status].v2Group === "failed"
    ? "bad"
    : "plain";
  return <Tag kind={kind}>{texts.statuses[status]}</Tag>;
}

/** The name of a template. */
export function templateName(
  { templates }: MessageNames,
  id: MessageNames["templates"][number]["id"],
  { messages }: Texts,
): string {
  return templates.find((template) => template.id === id)?.name ?? messages.unknownTemplate;
}
