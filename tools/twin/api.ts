/** The HTTP API by which the twin is controlled. */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod/mini";
import { parseJson } from "../../domain/json/parse_json.ts";
import { SECOND_MS } from "../../domain/time/durations.ts";
import { requireDevelopmentHost } from "../../routes/http/development_host.ts";
import type { TwinClock } from "./clock.ts";
import { BODIES, parseBody } from "./requests.ts";
import type { Twin, TwinMessage } from "./twin.ts";

/** The largest body, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024;
/** The most messages of an answer, and how many it has by default. */
export const MAX_LISTED = 250;
const DEFAULT_LISTED = 50;

const LIMIT = `limit must be a whole number from 1 to ${MAX_LISTED}`;

const Query = z.strictObject({
  provider: z.optional(z.string()),
  to: z.optional(z.string()),
  limit: z.optional(z.string().check(z.regex(/^\d{1,3}$/))),
});

/** Creates the API. It answers at this machine's names only; `{error}` says what is wrong with a request. */
export function createTwinApi(twin: Twin, clock: TwinClock): Hono {
  const app = new Hono();
  app.use(requireDevelopmentHost(undefined));
  app.use(bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (c) => c.json({ error: `The body must have ${MAX_BODY_BYTES} bytes at most` }, 413),
  }));

  const presentClock = (c: Context) =>
    c.json({
      now: new Date(clock.now()).toISOString(),
      ahead_seconds: clock.aheadMs() / SECOND_MS,
    });

  app.get("/twin/clock", async (c) => {
    await clock.follow();
    return presentClock(c);
  });
  app.post("/twin/clock", (c) =>
    withBody(c, BODIES.clock, async ({ advance }) => {
      twin.keepUp();
      const moved = await clock.advance(advance);
      return moved.ok ? presentClock(c) : c.json({ error: moved.refusal }, 502);
    }));
  app.post("/twin/script", (c) =>
    withBody(c, BODIES.script, (script) => {
      const set = twin.script(script);
      return set.ok ? c.body(null, 204) : c.json({ error: set.refusal }, 400);
    }));
  app.post("/twin/receipts", (c) =>
    withBody(c, BODIES.receipt, async (receipt) => {
      const sent = await twin.sendReceipt(receipt);
      return sent.ok ? c.json({ answers: sent.value }) : c.json({ error: sent.refusal }, 400);
    }));
  app.post("/twin/inbound", (c) =>
    withBody(c, BODIES.inbound, async (text) => {
      const received = await twin.receive(text);
      return received.ok
        ? c.json({ answers: received.value })
        : c.json({ error: received.refusal }, 400);
    }));
  app.get("/twin/messages", (c) => listMessages(c, twin));

  app.notFound((c) => {
    const routes = app.routes.filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path}`);
    return c.json(
      { error: `There is no ${c.req.method} ${c.req.path}, but ${routes.join(", ")}` },
      404,
    );
  });
  return app;
}

/** Parses the body, which must be JSON and say so: a web page of another site cannot send that without asking. */
async function withBody<Schema extends z.ZodMiniType>(
  c: Context,
  schema: Schema,
  handle: (body: z.output<Schema>) => Response | Promise<Response>,
): Promise<Response> {
  if (!/^application\/json\s*(?:;|$)/i.test(c.req.header("Content-Type") ?? "")) {
    return c.json({ error: "Content-Type must be application/json: curl --json sends it" }, 415);
  }
  const json = parseJson(await c.req.text());
  if (json === undefined) return c.json({ error: "The body must be JSON" }, 400);
  const body = parseBody(schema, json);
  return body.ok ? await handle(body.value) : c.json({ error: body.refusal }, 400);
}

function listMessages(c: Context, twin: Twin): Response {
  const parameters = new URL(c.req.url).searchParams;
  const query = Query.safeParse(Object.fromEntries(parameters));
  if (!query.success) {
    const [issue] = query.error.issues;
    return c.json({
      error: issue?.code === "unrecognized_keys"
        ? `The query has the unknown parameter ${issue.keys[0]}`
        : LIMIT,
    }, 400);
  }
  const { provider, to, limit: text } = query.data;
  const limit = text === undefined ? DEFAULT_LISTED : Number(text);
  if (limit < 1 || limit > MAX_LISTED) return c.json({ error: LIMIT }, 400);
  const names = twin.providers.map(({ name }) => name);
  if (provider !== undefined && !names.includes(provider)) {
    return c.json({ error: `provider must be one of ${names.join(", ")}` }, 400);
  }
  const messages = twin.messages().filter((message) =>
    (provider === undefined || message.provider === provider) &&
    (to === undefined || message.to === to)
  );
  return c.json({ messages: messages.slice(0, limit).map(presentMessage) });
}

function presentMessage({ id, provider, to, from, text, acceptedAt, receipts }: TwinMessage) {
  return {
    id,
    provider,
    to,
    from,
    text,
    accepted_at: new Date(acceptedAt).toISOString(),
    receipts: receipts.map(({ status, code, times, forged, lost, dueAt, answers, error }) => ({
      status,
      ...(code === undefined ? {} : { code }),
      ...(times === undefined ? {} : { times }),
      ...(forged === undefined ? {} : { forged }),
      ...(lost === undefined ? {} : { lost }),
      due_at: new Date(dueAt).toISOString(),
      ...(answers === undefined ? {} : { answers }),
      ...(error === undefined ? {} : { error }),
    })),
  };
}
