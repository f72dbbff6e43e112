import { parseTemplateId } from "../../../domain/ids.ts";
import { isJsonObject } from "../../../domain/json/json_object.ts";
import { refuse } from "../../../domain/result.ts";
import { keepLongNumbers } from "../../http/json.ts";
import type { NotifyRefusal } from "../errors.ts";
import type { NotifyFormat } from "../send_handler.ts";
import { presentAccepted } from "./present.ts";
import { refuseV2 } from "./refuse.ts";
import { readRequest } from "./single.ts";

/**
 * How `POST /v2/notifications/{channel}` parses a request to send, presents an accepted notification and answers a
 * refusal. Integers too long for a double are kept as strings of their digits.
 */
export const V2_FORMAT: NotifyFormat<NotifyRefusal> = {
  templateOf(json) {
    const id = isJsonObject(json) ? parseTemplateId(json.template_id) : undefined;
    return id === undefined ? undefined : { by: "id", id };
  },
  parse({ text, json, limit }, { channel, now, country }) {
    if (json === undefined) return refuse(limit ?? { kind: "not-json" });
    const request = readRequest(channel, keepLongNumbers(text, json), now, country);
    return request.ok ? request : refuse({ kind: "validation", problems: request.refusal });
  },
  present: (plan, root) => JSON.stringify(presentAccepted(plan, root)),
  refuse: refuseV2,
};
