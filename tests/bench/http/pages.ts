/** The pages of the web application over HTTP, as a browser with a session asks for them. */
import { PAGES, pathOf } from "../../../routes/web/pages.ts";
import { cookieOf, openVisitor } from "../pages/visitor.ts";
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
  const { client, send, serviceId: service_id } = await openVisitor(() => hark.url);
  await send(pathOf(PAGES.newKey, { service_id }), { name: "case system", kind: "team" });
  const path = pathOf(PAGES.keys, { service_id });
  const signIn = pageContender("sign in", hark, "/sign-in", {});
  const keys = pageContender("keys", hark, path, cookieOf(client));
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
