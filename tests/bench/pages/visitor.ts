/** A person before the pages of a running server. */
import { TOTP } from "otpauth";
import { manage, reachAt } from "../../conformance/services.ts";
import {
  type Fields,
  openClient,
  type PageAnswer,
  type WebClient,
} from "../../support/web_client.ts";

/** A signed-in operator, who manages a service. */
export interface Visitor {
  readonly client: WebClient;
  readonly serviceId: string;
  /** Sends a form. @throws when the answer is a failure */
  send(path: string, fields: Fields, from?: string): Promise<PageAnswer>;
}

/** Registers the first operator with an authenticator app, and creates a service. The origin may change between calls. */
export async function openVisitor(origin: () => string): Promise<Visitor> {
  const client = openClient({ request: (path, init) => fetch(`${origin()}${path}`, init) });
  const send: Visitor["send"] = async (path, fields, from = path) => {
    const answer = await client.post(path, fields, { from, headers: { origin: origin() } });
    if (answer.status >= 400) throw new Error(`${path} answers ${answer.status}`);
    return answer;
  };
  const link = await manage(reachAt(origin), "POST", "/manage/operators", {
    email_address: "ann.clerk@dept.gov.example",
  });
  await send(new URL(link.body.url).pathname, {
    name: "Ann Clerk",
    password: "violet kettle under snow",
    mobile_number: "07900 900123",
  });
  const app = await send("/sign-in/app", {});
  const secret = hiddenValue(app.text, "secret");
  const code = new TOTP({ secret }).generate();
  await send("/sign-in/app", { step: "code", secret, uri: hiddenValue(app.text, "uri"), code });
  const { location } = await send("/services/new", {
    name: "Vehicle tax",
    purpose: "Reminders to drivers",
    channels: ["sms", "email"],
  });
  return { client, send, serviceId: location?.split("/").at(-1) ?? "" };
}

/** The header of a visitor's requests that has the session. */
export function cookieOf({ cookies }: WebClient): Readonly<Record<string, string>> {
  return { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
}

function hiddenValue(page: string, name: string): string {
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1]?.replaceAll("&amp;", "&") ??
    "";
}
