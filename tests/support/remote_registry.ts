/** The registry API of an application in another process. */
import type { NotificationId } from "../../domain/ids.ts";
import type { TestApplication } from "./application.ts";
import { refuseToLook } from "./runner.ts";

type Calls = Pick<TestApplication, "manage" | "citizen" | "settle">;
type RegistryParts = Partial<Pick<TestApplication, "registryServiceId" | "putMessage">>;
type Environment = Readonly<Record<string, string>>;

/** The value of `ALLOW_INSECURE` for access tokens without issuer and audience, and an address that is not https. */
export const ALLOW_TEST_TOKENS = "http-public-url,no-issuer,no-audience";

/** A text that a template shows unchanged. */
const PLAIN = /^[^<>&$]*$/;

/** Whether the registry API is on. */
export const hasRegistry = (environment: Environment): boolean =>
  "ACCESS_TOKEN_JWKS" in environment || "ACCESS_TOKEN_JWKS_URL" in environment;

async function readAs(response: Response, ...statuses: readonly number[]) {
  const text = await response.text();
  if (!statuses.includes(response.status)) throw new Error(`${response.status} ${text}`);
  return JSON.parse(text);
}

/**
 * Returns the service of the registry API, and a function that puts messages into its inboxes as senders do: by a template
 * and a request. Returns no parts where that API is off.
 */
export async function reachRegistry(
  { manage, citizen, settle }: Calls,
  environment: Environment,
): Promise<RegistryParts> {
  if (!hasRegistry(environment)) return {};
  const admin = citizen("messages", {
    roles: [environment.TEMPLATE_ROLE ?? "template-admin"],
    iss: environment.ACCESS_TOKEN_ISSUER,
    aud: environment.ACCESS_TOKEN_AUDIENCE,
  });
  const { services } = await readAs(await manage("GET", "/manage/services"), 200);
  const registryServiceId = services.find(({ name }: { name: string }) => name === "Registry").id;
  const templates = new Map<string, string>();

  async function publish(name: string, title: string, content: string): Promise<void> {
    if (!PLAIN.test(title + content)) refuseToLook();
    const path = `/api/notifications/templates/inbox:${name}`;
    await readAs(await admin("PUT", path, { title, content }), 200, 201);
  }

  async function templateOf(
    { subject, body, localised }: Parameters<typeof publishAll>[1],
  ): Promise<string> {
    const key = JSON.stringify([subject, body, localised]);
    const name = templates.get(key) ?? `message-${templates.size}`;
    if (!templates.has(key)) await publishAll(name, { subject, body, localised });
    templates.set(key, name);
    return name;
  }

  async function publishAll(
    name: string,
    { subject, body, localised }: {
      readonly subject: string;
      readonly body: string;
      readonly localised: Readonly<
        Record<string, { readonly subject: string; readonly body: string }>
      >;
    },
  ): Promise<void> {
    await publish(name, subject, body);
    for (const [language, content] of Object.entries(localised)) {
      await publish(`${name}-${language}`, content.subject, content.body);
    }
  }

  return {
    registryServiceId,
    async putMessage(recipientId, message = {}) {
      if (message.id !== undefined) refuseToLook();
      const templateName = await templateOf({
        subject: "A book is due",
        body: "Bring it back",
        localised: {},
        ...message,
      });
      const sent = await admin("POST", "/api/notifications", {
        notification: { templateName, ignoreChannelPreferences: true },
        recipients: [{ id: recipientId, realm: "CITIZEN", channels: [{ channel: "inbox" }] }],
      });
      const { notifications: [{ id }] } = await readAs(sent, 202);
      await settle();
      return id as NotificationId;
    },
  };
}
