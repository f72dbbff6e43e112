/** A real process with stand-ins for its SMS providers, and a service that sends numbered texts. */
import assert from "node:assert/strict";
import {
  type Call,
  type ScriptedServer,
  startScriptedServer,
} from "../support/stand_ins/scripted_server.ts";
import { startTwilio, type TwilioStandIn } from "../support/stand_ins/twilio.ts";
import { ADMIN_TOKEN, issueRequestToken } from "../support/application.ts";
import {
  makeFolder,
  migrateFolder,
  SANDBOX_ENVIRONMENT,
  serve,
  type ServingProcess,
} from "../support/process.ts";

const ACCOUNT = { accountSid: "AC0123456789abcdef0123456789abcdef", authToken: "twilio-token" };

/** A running process with its stand-ins. */
export interface OutageScene extends AsyncDisposable {
  readonly hark: ServingProcess;
  readonly twilio: TwilioStandIn;
  /** The stand-in of the made-up second provider. */
  readonly second: ScriptedServer & { readonly accepted: readonly string[] };
  /** Sends a text `Number n`; fails unless it is answered 201. */
  send(n: number): Promise<void>;
  /** A provider as `GET /manage/providers` shows it. */
  providerOf(name: string): Promise<Readonly<Record<string, unknown>>>;
}

/** Starts the process. @param hasSecond whether it has a second SMS provider, which stands by */
export async function startOutageScene(hasSecond: boolean): Promise<OutageScene> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await makeFolder());
  await migrateFolder(folder);
  const twilio = await startTwilio(ACCOUNT);
  stack.defer(() => twilio.close());
  const second = await startSecond();
  stack.defer(() => second.close());
  const hark = stack.use(
    await serve("start", {
      folder,
      ...(hasSecond ? { entry: new URL("two_providers_main.ts", import.meta.url) } : {}),
      environment: {
        ...SANDBOX_ENVIRONMENT,
        SMS_PROVIDER: "twilio",
        TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
        TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
        TWILIO_FROM: "+15005550006",
        TWILIO_BASE_URL: twilio.url,
        ...(hasSecond
          ? {
            EXAMPLE_SMS_TOKEN: "token",
            EXAMPLE_SMS_FROM: "Library",
            EXAMPLE_SMS_BASE_URL: second.url,
          }
          : {}),
      },
    }),
  );
  const manage = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${hark.url}/manage${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert(answer.ok, `${method} ${path}: ${answer.status}`);
    return await answer.json();
  };
  const service = await manage("POST", "/services", { name: "Library", mode: "live" });
  const at = `/services/${service.id}`;
  const template = await manage("POST", `${at}/templates`, {
    channel: "sms",
    name: "Text",
    body: "Number ((n))",
  });
  const { key } = await manage("POST", `${at}/keys`, { name: "key", kind: "live" });
  const kept = stack.move();
  return {
    hark,
    twilio,
    second,
    async send(n) {
      const answer = await fetch(`${hark.url}/v2/notifications/sms`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${await issueRequestToken(key)}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({
          template_id: template.id,
          phone_number: "07900900123",
          personalisation: { n },
        }),
      });
      assert.equal(answer.status, 201, await answer.text());
    },
    async providerOf(name) {
      const { providers } = await manage("GET", "/providers");
      return providers.find((provider: { readonly name: string }) => provider.name === name);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Starts the stand-in of the made-up second provider. */
export async function startSecond(): Promise<OutageScene["second"]> {
  const accepted: string[] = [];
  const server = await startScriptedServer({
    answer: ({ body, method, path }: Call) => {
      if (method !== "POST" || path !== "/messages") return { status: 404, body: "" };
      const { text } = JSON.parse(body);
      accepted.push(text);
      return { status: 201, body: { id: crypto.randomUUID() } };
    },
    report: () => Promise.resolve(),
  });
  return { ...server, accepted };
}
