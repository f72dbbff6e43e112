import { isJsonObject } from "../../domain/json/json_object.ts";
import { parseJson } from "../../domain/json/parse_json.ts";
import type { RawAnswer } from "../support/raw_http.ts";
import type { RouteGenerator } from "./generator.ts";
import type { ResourceKind, Target } from "./target.ts";

/** Registry templates that other generated requests need. */
const NEEDED_TEMPLATES = /^(?:fuzz|channel-confirmation)/;
/** The most ids of a kind that are kept. */
const MAX_KEPT = 200;

/** Keeps the ids that an answer gives, so that later requests name resources that exist. */
export function harvest(
  ids: Target["ids"],
  route: Pick<RouteGenerator, "creates" | "path">,
  answer: RawAnswer,
): void {
  const { status, body } = answer;
  if (status === undefined || status >= 300) return;
  const keep = (kind: ResourceKind, id: unknown) => {
    if (typeof id !== "string") return;
    ids[kind].push(id);
    if (ids[kind].length > MAX_KEPT) ids[kind].shift();
  };
  const json = parseJson(body);
  if (route.creates !== undefined && isJsonObject(json)) {
    keep(route.creates, json.id);
    if (route.creates === "job" && json.status === "ready to send") keep("waitingJob", json.id);
    if (route.creates === "notification" && typeof json.scheduled_for === "string") {
      keep("waitingNotification", json.id);
    }
  }
  if (route.path === "/dev/mailbox.json" && Array.isArray(json)) {
    for (const entry of json) {
      if (isJsonObject(entry) && entry.channel === "email") keep("mailboxEmail", entry.id);
    }
  }
  if (route.path === "/api/notifications/inbox" && Array.isArray(json)) {
    for (const message of json) if (isJsonObject(message)) keep("inboxMessage", message.id);
  }
  if (route.path === "/api/notifications/templates" && Array.isArray(json)) {
    for (const template of json) {
      if (isJsonObject(template) && !NEEDED_TEMPLATES.test(String(template.name))) {
        keep("registryTemplate", template.id);
      }
    }
  }
}
