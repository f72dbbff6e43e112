/** The pages of the web application over HTTP, as a browser with a session asks for them. */
import { TOTP } from "otpauth";
import { openClient, type WebClient } from "../../support/web_client.ts";
import { manage, reachAt } from "../../conformance/services.ts";
import { requestBytes } from "./load.ts";
import { type Contender, measureRounds, medians, type Rounds, type Sample } from "./rounds.ts";
import { type Server, startHark } from "./servers.ts";

const CONNECTIONS = 8;
const WARM_UP = { rounds: 1, roundMs: 1_500 } as const;

/** The costs of pages. */
export interface Pages {
  /** The page for signing in, without a session. */
  readonly signIn: Sample;
  /** A service's API keys, to a member. */
  readonly keys: Sample;
}

/** Measures a page without a session, and one of a service with a key. */
export async function measurePages(rounds: Rounds): Promise<Pages> {
  await using hark = await startHark();
  const { client, path } = await openKeysPage(hark);
  const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const signIn = pageContender("sign in", hark, "/sign-in", {});
  const keys = pageContender("keys", hark, path, { Cookie: cookie });
  await measureRounds([signIn, keys], CONNECTIONS, WARM_UP);
  const [signIns = [], keyPages = []] = await measureRounds([signIn, keys], CONNECTIONS, rounds);
  return { signIn: medians(signIns), keys: medians(keyPages) };
}

function pageContender(
  name: string,
  server: Server,
  path: string,
  headers: Readonly<Record<string, string>>,
): Contender {
  return {
    name,
    server,
    load: { request: () => requestBytes("GET", path, headers), status: 200 },
  };
}

/** Registers the first operator with an authenticator app, and creates a service with a key. */
async function openKeysPage(
  { url }: Server,
): Promise<{ readonly client: WebClient; readonly path: string }> {
  const client = openClient({ request: (path, init) => fetch(`${url}${path}`, init) });
  const send = async (path: string, fields: Parameters<WebClient["post"]>[1]) => {
    const answer = await client.post(path, fields, { headers: { origin: url } });
    if (answer.status >= 400) throw new Error(`${path} answers ${answer.status}`);
    return answer;
  };
  const link = await manage(reachAt(() => url), "POST", "/manage/operators", {
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
    channels: ["sms"],
  });
  await send(`${location}/keys/new`, { name: "case system", kind: "team" });
  return { client, path: `${location}/keys` };
}

function hiddenValue(page: string, name: string): string {
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1]?.replaceAll("&amp;", "&") ??
    "";
}
