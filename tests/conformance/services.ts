/** A served process as its operator and its services use it: over HTTP only. */

import assert from "node:assert/strict";
import { ADMIN_TOKEN, issueRequestToken, type TestService } from "../support/application.ts";
import { waitFor } from "../support/process.ts";

/** One line of a timeline as the management API shows it. */
export interface ShownEvent {
  readonly at: string;
  readonly kind: string;
  readonly status?: string;
  readonly provider?: string;
  readonly attempt?: number;
  readonly outcome?: string;
  readonly selection?: string;
  readonly code?: string;
  readonly possible_duplicate?: true;
  readonly next_attempt_at?: string;
}

/** Calls a process or a Worker; `fetch` bound to an origin. */
export type Reach = (path: string, init?: RequestInit) => Promise<Response>;

/** Calls the server at the current origin, which may change between calls. */
export function reachAt(origin: () => string): Reach {
  return (path, init) => fetch(`${origin()}${path}`, init);
}

/** The status and the JSON of an answer. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any -- what a test asserts on is what it expects to be there
  readonly body: any;
}

/** Calls the management API. */
export async function manage(
  reach: Reach,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answered> {
  return await answered(reach(path, {
    method,
    headers: { "Authorization": `Bearer ${ADMIN_TOKEN}`, "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }));
}

/** Calls as the holder of a key. */
export async function callAs(
  reach: Reach,
  key: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  return await answered(reach(path, {
    method,
    headers: {
      "Authorization": `Bearer ${await issueRequestToken(key)}`,
      "Content-Type": "application/json",
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }));
}

async function answered(answer: Promise<Response>): Promise<Answered> {
  const { status, headers, ...response } = await answer.then(async (response) => ({
    status: response.status,
    headers: response.headers,
    text: await response.text(),
  }));
  return { status, headers, body: response.text === "" ? undefined : JSON.parse(response.text) };
}

/** Creates a live service with a key of each kind. */
export async function newService(
  reach: Reach,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<TestService> {
  const service = await manage(reach, "POST", "/manage/services", {
    name: "Passport Office",
    mode: "live",
    ...settings,
  });
  assert.equal(service.status, 201, JSON.stringify(service.body));
  const { id } = service.body;
  const [live, team, test] = await Promise.all(["live", "team", "test"].map(async (kind) => {
    const path = `/manage/services/${id}/keys`;
    const key = await manage(reach, "POST", path, { name: `${kind} key`, kind });
    assert.equal(key.status, 201);
    return String(key.body.key);
  }));
  return { id, keys: { live: live ?? "", team: team ?? "", test: test ?? "" } };
}

/** Creates a template and returns its id. */
export async function newTemplate(
  reach: Reach,
  serviceId: string,
  template: Readonly<Record<string, unknown>>,
): Promise<string> {
  const path = `/manage/services/${serviceId}/templates`;
  const created = await manage(reach, "POST", path, template);
  assert.equal(created.status, 201, JSON.stringify(created.body));
  return created.body.id;
}

/** The timeline of a notification, oldest first. */
export async function timelineOf(
  reach: Reach,
  serviceId: string,
  notificationId: string,
): Promise<readonly ShownEvent[]> {
  const path = `/manage/services/${serviceId}/notifications/${notificationId}/timeline`;
  const { status, body } = await manage(reach, "GET", path);
  assert.equal(status, 200);
  return body.events;
}

/** Waits until a notification has this status, and returns it as in the v2 API. */
export async function waitForStatus(
  reach: Reach,
  key: string,
  id: string,
  status: string,
  // deno-lint-ignore no-explicit-any -- as in Answered
): Promise<any> {
  return await waitFor(`${id} to be ${status}`, async () => {
    const { status: code, body } = await callAs(reach, key, "GET", `/v2/notifications/${id}`);
    assert.ok(body !== undefined, `${code} without a body`);
    return body.status === status && body;
  });
}
