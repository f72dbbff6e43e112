/** Generators of the management API's routes, from its own OpenAPI document. */
import { isJsonObject, type JsonObject } from "../../domain/json/json_object.ts";
import { CALLBACK_KINDS } from "../../domain/callbacks/callback.ts";
import type { Choices } from "./choices.ts";
import { pickId, type RouteGenerator } from "./generator.ts";
import { type FuzzRequest, withJson } from "./request.ts";
import { fromSchema } from "./schema_values.ts";
import { OPERATOR, type ResourceKind, type Target } from "./target.ts";

/** The kind of resource that each parameter of a path names. */
const PARAMETERS: Readonly<Record<string, ResourceKind>> = {
  key_id: "key",
  template_id: "template",
  notification_id: "notification",
  job_id: "job",
  suppression_id: "suppression",
  number_id: "inboundNumber",
  redrive_id: "redrive",
  drop_id: "drop",
};

/** The kind of resource that a `POST` creates, by the last segment of its path. */
const CREATED: Readonly<Record<string, ResourceKind>> = {
  services: "service",
  keys: "key",
  templates: "template",
  email_reply_to: "email_reply_to",
  sms_senders: "sms_senders",
  jobs: "job",
  suppressions: "suppression",
  inbound_numbers: "inboundNumber",
};

/** The kind of resource that a command creates, by its whole path. */
const COMMANDS: Readonly<Record<string, ResourceKind>> = {
  "/manage/dead-letters/redrive": "redrive",
  "/manage/dead-letters/drop": "drop",
};

/** Routes that read or write what the main service has sent. The others change the scratch service. */
const OF_MAIN_SERVICE = /\/(?:notifications|jobs|unsubscribe_requests)\b/;

const ENCODER = new TextEncoder();

/** Makes a generator for each operation of the document. */
export function readManageRoutes(document: unknown): readonly RouteGenerator[] {
  const paths = isJsonObject(document) && isJsonObject(document.paths) ? document.paths : {};
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(isJsonObject(operations) ? operations : {}).map(([method, operation]) =>
      toGenerator(method.toUpperCase(), path, isJsonObject(operation) ? operation : {})
    )
  );
}

function toGenerator(method: string, path: string, operation: JsonObject): RouteGenerator {
  const created = method === "POST"
    ? CREATED[path.split("/").at(-1) ?? ""] ?? COMMANDS[path]
    : undefined;
  const isUpload = method === "POST" && path.endsWith("/jobs");
  return {
    method,
    path: path.replaceAll(/\{(\w+)\}/g, ":$1"),
    ...(created === undefined ? {} : { creates: created }),
    make(choices, target) {
      const filled = fillPath(path, choices, target);
      // A job that waits, for the route that starts it.
      if (isUpload && choices.chance(0.3)) {
        const query = `template_id=${target.seed.smsTemplate}&start=false&allow_duplicates=true`;
        return makeUpload(`${filled}?${query}`, choices);
      }
      const address = filled + toQuery(operation, path, choices, target);
      if (isUpload) return makeUpload(address, choices);
      const schema = bodySchema(operation);
      const body = schema === undefined ? undefined : fromSchema(schema, choices);
      return withJson(method, address, [OPERATOR], body);
    },
  };
}

function fillPath(path: string, choices: Choices, target: Target): string {
  const { serviceId, scratchServiceId } = target.seed;
  const service = OF_MAIN_SERVICE.test(path) ? serviceId : scratchServiceId;
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    if (name === "kind") return choices.pick(CALLBACK_KINDS);
    const kind = name === "sender_id"
      ? path.includes("sms_senders") ? "sms_senders" : "email_reply_to"
      : name === "service_id"
      ? undefined
      : findWaiting(path, target) ?? PARAMETERS[name];
    return kind === undefined ? service : pickId(target, kind, choices);
  });
}

/** The kind of resource that an action needs, where an earlier answer has given one. */
function findWaiting(path: string, { ids }: Target): ResourceKind | undefined {
  const kind = path.endsWith("/start")
    ? "waitingJob"
    : path.endsWith("/notifications/{notification_id}/cancel")
    ? "waitingNotification"
    : undefined;
  return kind === undefined || ids[kind].length === 0 ? undefined : kind;
}

function toQuery(
  operation: JsonObject,
  path: string,
  choices: Choices,
  target: Target,
): string {
  const parameters = Array.isArray(operation.parameters) ? operation.parameters : [];
  const query = parameters.flatMap((parameter: unknown) => {
    if (!isJsonObject(parameter) || parameter.in !== "query") return [];
    const name = String(parameter.name);
    if (name === "template_id" && path.endsWith("/jobs")) {
      return [[name, target.seed.smsTemplate]];
    }
    if (parameter.required !== true && choices.chance(name === "start" ? 0.4 : 0.8)) return [];
    const value = /^(?:older_than|after|sender_id)$/.test(name)
      ? pickId(target, "notification", choices)
      : String(fromSchema(parameter.schema, choices, name));
    return [[name, value]];
  });
  return query.length === 0 ? "" : `?${new URLSearchParams(query)}`;
}

function bodySchema(operation: JsonObject): unknown {
  const body = isJsonObject(operation.requestBody) ? operation.requestBody : {};
  const content = isJsonObject(body.content) ? body.content["application/json"] : undefined;
  return isJsonObject(content) ? content.schema : undefined;
}

/** A list of recipients: CSV, a form with a CSV file, or rows as JSON. */
function makeUpload(target: string, choices: Choices): FuzzRequest {
  const rows = [
    ["phone number", "name", "date", "more"],
    ...Array.from({ length: choices.whole(1, 30) }, (_, at) => [
      `07900900${String(100 + at)}`,
      choices.pick(["Ann", "Олена", 'a "quoted" name', "x", "a\nb", "=1+1"]),
      "1 May",
      "yes",
    ]),
  ];
  const csv = rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(","))
    .join("\r\n");
  const request = (type: string, body: string): FuzzRequest => ({
    method: "POST",
    target,
    headers: [OPERATOR, ["Content-Type", type]],
    body: ENCODER.encode(body),
    delivery: choices.pick(["whole", "chunked"]),
  });
  switch (choices.whole(0, 2)) {
    case 0:
      return request("application/json", JSON.stringify({ rows }));
    case 1:
      return request(
        "multipart/form-data; boundary=b0undary",
        '--b0undary\r\nContent-Disposition: form-data; name="file"; filename="list.csv"\r\n' +
          `Content-Type: text/csv\r\n\r\n${csv}\r\n--b0undary--\r\n`,
      );
    default:
      return request("text/csv", csv);
  }
}
