/** The operations of `/manage/openapi.json`, and an application that has an item for each. */
import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { bodyOf, newServiceWithTemplates, SMS, textTo } from "../support.ts";
import { putRequest } from "../go_live_support.ts";
import { HOUR_MS } from "../../../domain/time/durations.ts";
import { newJob } from "./jobs_support.ts";
import { newMember } from "./team_support.ts";

export const DOCUMENT = "/manage/openapi.json";

/**
 * Operations in an order in which they can all be called: DELETE comes last, since others need the deleted items, and
 * before it a job is cancelled, which can then not be paused.
 */
export function inOrderOfUse(operations: readonly Operation[]): readonly Operation[] {
  const order = ["GET", "PATCH", "PUT", "POST", "DELETE"];
  const rank = ({ method, path }: Operation) =>
    order.indexOf(method) + (path.endsWith("/jobs/{job_id}/cancel") ? 0.5 : 0);
  return operations.toSorted((a, b) => rank(a) - rank(b));
}

/** The part of a JSON schema that the tests look at. */
interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly oneOf?: readonly JsonSchema[];
  readonly const?: unknown;
}

/** An operation of the document. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly deprecated?: boolean;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema?: JsonSchema }>>;
  };
  readonly responses: Readonly<Record<string, unknown>>;
}

/** Reads the operations of the document. */
export async function readOperations(hark: TestApplication): Promise<readonly Operation[]> {
  const { paths } = await bodyOf(await hark.manage("GET", DOCUMENT), 200);
  return Object.entries<Record<string, Operation>>(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
    }))
  );
}

/** Starts the application with an item for each path parameter. `toAddress` fills in their ids. */
export async function startWithAll(): Promise<
  {
    readonly hark: TestApplication;
    readonly serviceId: string;
    toAddress(operation: Operation): string;
  }
> {
  const hark = await startTestApplication({
    alone: true,
    environment: { CALLBACK_ALLOW: "127.0.0.1:1" },
  });
  const service = await newServiceWithTemplates(hark);
  const servicePath = `/manage/services/${service.id}`;
  const create = async (path: string, body: unknown): Promise<string> =>
    (await bodyOf(await hark.manage("POST", servicePath + path, body), 201)).id;
  const command = async (action: string, body: unknown): Promise<string> =>
    (await bodyOf(await hark.manage("POST", `/manage/dead-letters/${action}`, body), 202)).id;
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const text = textTo(service, {
    scheduled_for: new Date(Date.now() + HOUR_MS).toISOString(),
  });
  const senders = {
    email_reply_to: await create("/email_reply_to", { email_address: "a@example.com" }),
    sms_senders: await create("/sms_senders", { sms_sender: "LIBRARY" }),
  };
  // Port 1 answers no calls.
  const callback = { url: "http://127.0.0.1:1/", bearer_token: "0123456789" };
  await bodyOf(await hark.manage("PUT", `${servicePath}/callbacks/delivery`, callback), 200);
  const setMode = async (mode: string) =>
    await bodyOf(await hark.manage("PATCH", servicePath, { mode }), 200);
  await setMode("trial");
  const request_id = await putRequest(hark, service.id);
  await setMode("live");
  const ids: Readonly<Record<string, string>> = {
    request_id,
    service_id: service.id,
    kind: "delivery",
    key_id: await create("/keys", { name: "Key", kind: "live" }),
    template_id: service.email,
    version: "1",
    folder_id: await create("/template_folders", { name: "Reminders" }),
    notification_id: (await bodyOf(await hark.as(service.keys.live, "POST", SMS, text), 201)).id,
    suppression_id: await create("/suppressions", {
      channel: "sms",
      recipient: "07700900555",
      reason: "Asked",
    }),
    number_id: await create("/inbound_numbers", { number: "60006" }),
    job_id: (await newJob(hark, service, ["Ann"], { scheduled_for: later })).id,
    name: "sandbox",
    redrive_id: await command("redrive", { filter: {} }),
    drop_id: await command("drop", { filter: {}, reason: "test" }),
    invitation_id: await create("/invitations", { email_address: "c@example.com", roles: [] }),
    token_id: (await bodyOf(await hark.manage("POST", "/manage/tokens", { name: "T" }), 201)).id,
    user_id: await newMember(hark, service.id, "b@example.com", ["view"]),
  };
  return {
    hark,
    serviceId: service.id,
    toAddress: ({ path }) =>
      path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
        const kind = path.includes("/sms_senders/") ? "sms_senders" : "email_reply_to";
        const id = name === "sender_id" ? senders[kind] : ids[name];
        assert.ok(id !== undefined, `a parameter that the test does not know: ${name}`);
        return id;
      }),
  };
}

/** The query of a request with a text for each parameter that it must have. */
export function requiredQuery({ parameters = [] }: Operation): string {
  const required = parameters.filter((each) => each.in === "query" && each.required === true);
  return required.length === 0
    ? ""
    : `?${new URLSearchParams(required.map(({ name }) => [name, "text"]))}`;
}
