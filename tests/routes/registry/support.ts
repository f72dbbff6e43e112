import { idBytes } from "../../../adapters/libsql/connection/row.ts";
import {
  type CitizenCall,
  startTestApplication,
  type TestApplication,
  type TestApplicationOptions,
} from "../../support/application.ts";
import { extend } from "../../support/extend.ts";
import { bodyOf } from "../support.ts";

export const TEMPLATES = "/api/notifications/templates/";
export const SEND = "/api/notifications";
/** The role that may publish templates, and send when no sender role is configured. */
export const ROLE = "template-admin";
/** A time in the answers of the registry API. */
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** The content type that the settings API requires. */
export const JSON_TYPE = { "content-type": "application/json" };
/** Tax numbers with right check digits. */
export const RNOKPP = "3184710691";
export const OTHER_RNOKPP = "9000000002";

/** An application with the registry API enabled. */
export interface TestRegistry extends TestApplication {
  /** Calls with a token that may publish templates and send. */
  readonly admin: CitizenCall;
  /** Publishes a template. */
  put(target: string, body: unknown): Promise<Response>;
  /** Publishes a template that is not there yet. */
  publish(
    target: string,
    content: string,
    fields?: Readonly<Record<string, unknown>>,
  ): Promise<ReturnType<typeof JSON.parse>>;
  /** Sends a message that must be accepted, and returns the answer. */
  send(
    message: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ReturnType<typeof JSON.parse>>;
  /** A key of the registries' own service. */
  newKey(kind?: "live" | "team" | "test"): Promise<string>;
  /** The words and facts of a notification's timeline, in order. */
  timeline(id: string): Promise<readonly string[]>;
  /** The present status of a notification. */
  statusOf(id: string): Promise<string>;
  /** Switches a person's channel on, with the code that was sent there. */
  activate(person: string, channel: "email" | "sms", address: string): Promise<void>;
}

export async function startRegistry(options: TestApplicationOptions = {}): Promise<TestRegistry> {
  const hark = await startTestApplication({ registry: true, ...options });
  const admin = hark.citizen("publisher", { roles: [ROLE] });
  const put = (target: string, body: unknown) => admin("PUT", `${TEMPLATES}${target}`, body);
  const services = `/manage/services/${hark.registryServiceId}`;
  const notifications = `${services}/notifications`;
  const own: Omit<TestRegistry, keyof TestApplication> = {
    admin,
    put,
    publish: async (target, content, fields = {}) =>
      await bodyOf(await put(target, { title: "Title", content, ...fields }), 201),
    send: async (message, headers) =>
      await bodyOf(await admin("POST", SEND, message, headers), 202),
    newKey: async (kind = "live") =>
      (await bodyOf(await hark.manage("POST", `${services}/keys`, { name: kind, kind }), 201)).key,
    async timeline(id) {
      const path = `${notifications}/${id}/timeline`;
      const { events } = await bodyOf(await hark.manage("GET", path), 200);
      return events.map((event: Readonly<Record<string, unknown>>) =>
        [event.kind, event.status, event.outcome, event.code].filter(Boolean).join(" ")
      );
    },
    async statusOf(id) {
      const sql = "SELECT status FROM notifications WHERE id = ?";
      const [result] = await hark.db.read([{ sql, args: [idBytes(id)] }]);
      return String(result?.rows[0]?.["status"]);
    },
    async activate(person, channel, address) {
      const call = hark.citizen(person, { roles: ["citizen"] });
      const path = `/api/settings/me/channels/${channel}`;
      await bodyOf(await call("POST", `${path}/verify`, { address }, JSON_TYPE), 202);
      await hark.settle();
      const sent = (await hark.sent()).toSorted((a, b) => a.sent_at < b.sent_at ? 1 : -1)
        .find(({ channel: setting }) => setting === channel);
      const verificationCode = /\b\d{6}\b/.exec(sent?.text ?? "")?.[0];
      const body = { address, verificationCode };
      await bodyOf(await call("POST", `${path}/activate`, body, JSON_TYPE), 200);
    },
  };
  return extend(hark, own);
}

/** A message to people by their ids. */
export const messageTo = (
  ids: readonly (string | null)[],
  templateName: string,
  notification: Readonly<Record<string, unknown>> = {},
) => ({
  context: { system: "Low-code Platform", application: "tests" },
  notification: { templateName, ...notification },
  recipients: ids.map((id) => ({ id, realm: "CITIZEN", parameters: { name: "Олена" } })),
});

/** A recipient by the channels that are listed for them. */
export const byChannels = (
  channels: readonly Readonly<Record<string, string>>[],
  fields: Readonly<Record<string, unknown>> = {},
) => ({ id: "olena", realm: "CITIZEN", parameters: { name: "Олена" }, channels, ...fields });
