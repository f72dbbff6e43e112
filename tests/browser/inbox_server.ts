import { createInboxElementRoutes } from "../../routes/inbox_element/app.tsx";

/** A message as the inbox API returns it. */
export interface InboxMessage {
  readonly id: string;
  readonly subject: string;
  readonly message: string;
  isAcknowledged: boolean;
  readonly createdAt: string;
  readonly createdAtIso?: string;
  readonly text?: string;
  readonly language?: string;
}

/** A request that the inbox received. */
export interface InboxRequest {
  readonly method: string;
  /** With its query, below `/api/notifications/inbox`. */
  readonly path: string;
  readonly headers: Headers;
}

interface Stream {
  readonly citizen: string;
  write(text: string): void;
  /** @param code of a socket */
  close(code: number): void;
}

const PREFIX = "/api/notifications/inbox";
const SOCKET_PATH = `${PREFIX}/socket/3`;

const POLICY =
  "default-src 'none'; script-src 'self'; connect-src *; img-src data:; base-uri 'none'; " +
  "require-trusted-types-for 'script'; trusted-types";

/** The response headers of portal pages, strict by default. */
const PORTAL_POLICIES = {
  "strict": `${POLICY} hark-inbox`,
  // It contains nothing that is specific to the element.
  "stricter": `${POLICY} 'none'`,
  "none": "",
} as const;

/** A portal's policy. */
export type PortalPolicy = keyof typeof PORTAL_POLICIES;

const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Methods": "GET, POST",
  "Access-Control-Allow-Headers": "X-Access-Token, Last-Event-ID",
};

const encoder = new TextEncoder();

/** The server of the element: citizens' inboxes in memory, and a portal's page. A token is the name of its citizen. */
export class InboxServer {
  readonly requests: InboxRequest[] = [];
  /** Returns a response to send instead of the regular one, or `undefined`. */
  refuse: (request: InboxRequest) => Response | undefined = () => undefined;
  readonly refusedTokens = new Set<string>();
  /** The citizen whose token a gateway adds to requests that have none. */
  gatewayCitizen: string | undefined;
  /** Whether the streams send events. */
  sendsEvents = true;
  /** What the streams offer: a socket, one that cannot be opened, or none. */
  socket: "none" | "offered" | "blocked" = "none";
  /** The first messages of sockets. */
  readonly firstMessages: Readonly<Record<string, string>>[] = [];
  /** How often sockets were pinged. */
  pings = 0;

  readonly #messages = new Map<string, InboxMessage[]>();
  /** Events for replay after a reconnect; only messages have ids. */
  readonly #events: { readonly citizen: string; readonly text: string }[] = [];
  readonly #streams = new Set<Stream>();
  readonly #script = createInboxElementRoutes({
    demo: { token: () => Promise.resolve("ann"), firstSteps: (root) => `curl ${root}` },
  });
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;
  #port = 0;

  /** Begins to answer; after `down`, at the same address. */
  up(): void {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: this.#port, onListen: () => {} },
      (request) => this.#answer(request),
    );
    this.#port = this.#server.addr.port;
  }

  async down(): Promise<void> {
    this.dropStreams();
    await this.#server?.shutdown();
    this.#server = undefined;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  asked(path: string | RegExp): readonly InboxRequest[] {
    return this.requests.filter((request) =>
      typeof path === "string" ? request.path === path : path.test(request.path)
    );
  }

  of(citizen = "ann"): InboxMessage[] {
    const messages = this.#messages.get(citizen) ?? [];
    this.#messages.set(citizen, messages);
    return messages;
  }

  add(fields: Partial<InboxMessage> = {}, citizen = "ann"): InboxMessage {
    const messages = this.of(citizen);
    const n = messages.length + 1;
    const message = {
      id: `${citizen}-${n}`,
      subject: `Subject ${n}`,
      message: `<p>Text ${n}</p>`,
      isAcknowledged: false,
      createdAt: "2022-07-29 11:08:16",
      ...fields,
    };
    messages.unshift(message);
    const id = this.#events.length + 1;
    const text = `event: message\nid: ${id}\ndata: ${JSON.stringify(message)}\n\n`;
    this.#events.push({ citizen, text });
    this.#send(citizen, text);
    this.#sendCount(citizen);
    return message;
  }

  acknowledge(id: string, citizen = "ann"): void {
    for (const message of this.of(citizen)) if (message.id === id) message.isAcknowledged = true;
    this.#send(citizen, `event: ack\ndata: ${JSON.stringify({ id })}\n\n`);
    this.#sendCount(citizen);
  }

  reset(citizen = "ann"): void {
    this.#send(citizen, "event: reset\ndata: {}\n\n");
  }

  /** Closes the streams, and the sockets with this code. */
  dropStreams(code = 1013): void {
    for (const stream of this.#streams) stream.close(code);
  }

  #openSocket(request: Request): Response {
    const { socket, response } = Deno.upgradeWebSocket(request);
    let stream: Stream | undefined;
    socket.onmessage = ({ data }) => {
      if (data === "ping") {
        this.pings++;
        return socket.send(": heartbeat\n\n");
      }
      const { token: citizen, ...others } = JSON.parse(data);
      this.firstMessages.push({ token: citizen, ...others });
      if (this.refusedTokens.has(citizen)) return socket.close(4401, "refused");
      stream = {
        citizen,
        write: (text) => socket.send(text),
        close: (code) => {
          if (stream !== undefined) this.#streams.delete(stream);
          socket.close(code);
        },
      };
      this.#begin(stream, others.lastEventId);
    };
    socket.onclose = () => {
      if (stream !== undefined) this.#streams.delete(stream);
    };
    return response;
  }

  /** Sends a stream the events after the last one, and the counts. */
  #begin(stream: Stream, lastEventId: string | null): void {
    this.#streams.add(stream);
    if (lastEventId !== null) {
      for (const event of this.#events.slice(Number(lastEventId))) {
        if (event.citizen === stream.citizen) stream.write(event.text);
      }
    }
    stream.write(`event: count\ndata: ${JSON.stringify(this.#count(stream.citizen))}\n\n`);
  }

  #send(citizen: string, text: string): void {
    if (!this.sendsEvents) return;
    for (const stream of this.#streams) if (stream.citizen === citizen) stream.write(text);
  }

  #count(citizen: string) {
    const messages = this.of(citizen);
    return {
      total: messages.length,
      unread: messages.filter((message) => !message.isAcknowledged).length,
    };
  }

  #sendCount(citizen: string): void {
    this.#send(citizen, `event: count\ndata: ${JSON.stringify(this.#count(citizen))}\n\n`);
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (["/inbox.js", "/dev/inbox"].includes(url.pathname)) {
      return await this.#script.fetch(request);
    }
    if (!url.pathname.startsWith(PREFIX)) return toPortalPage(url);
    if (url.pathname === SOCKET_PATH && this.socket === "offered") return this.#openSocket(request);
    if (request.method === "OPTIONS") return new Response(null, { headers: CORS });
    const { method, headers } = request;
    const inboxRequest = { method, headers, path: url.pathname.slice(PREFIX.length) + url.search };
    this.requests.push(inboxRequest);
    const answer = this.refuse(inboxRequest) ?? this.#inbox(inboxRequest, url.searchParams);
    for (const [name, value] of Object.entries(CORS)) answer.headers.set(name, value);
    return answer;
  }

  #inbox({ method, path, headers }: InboxRequest, query: URLSearchParams): Response {
    const citizen = headers.get("X-Access-Token") ?? this.gatewayCitizen ?? "";
    if (citizen === "" || this.refusedTokens.has(citizen)) return refusal(401);
    const messages = this.of(citizen);
    const route = `${method} ${path.replace(/\?.*/, "")}`;
    if (route === "GET ") {
      const after = query.get("after");
      const from = after === null ? 0 : messages.findIndex(({ id }) => id === after) + 1;
      const page = messages.slice(from).filter((message) =>
        query.get("unread") !== "true" || !message.isAcknowledged
      );
      return Response.json(page.slice(0, Number(query.get("limit") ?? "20")));
    }
    if (route === "GET /count") return Response.json(this.#count(citizen));
    if (route === "GET /stream") return this.#stream(citizen, headers.get("Last-Event-ID"));
    if (route === "POST /ack-all") {
      const { unread } = this.#count(citizen);
      for (const message of messages) message.isAcknowledged = true;
      this.#send(citizen, "event: ack-all\ndata: {}\n\n");
      this.#sendCount(citizen);
      return Response.json({ acknowledged: unread });
    }
    const id = /^POST \/([^/]+)\/ack$/.exec(route)?.[1];
    if (id === undefined) return refusal(404);
    this.acknowledge(decodeURIComponent(id), citizen);
    return new Response();
  }

  #stream(citizen: string, lastEventId: string | null): Response {
    let stream: Stream | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const opened: Stream = {
          citizen,
          write: (text) => controller.enqueue(encoder.encode(text)),
          close: () => {
            this.#streams.delete(opened);
            controller.close();
          },
        };
        stream = opened;
        opened.write(": heartbeat\n\n");
        if (this.socket !== "none") {
          opened.write(`event: socket\ndata: ${JSON.stringify({ path: SOCKET_PATH })}\n\n`);
        }
        this.#begin(opened, lastEventId);
      },
      cancel: () => {
        if (stream !== undefined) this.#streams.delete(stream);
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }
}

/** An error as the registries' own services give it. */
export function refusal(status: number): Response {
  const body = { traceId: "1", code: String(status), message: "Refused", details: {} };
  return Response.json(body, { status });
}

function toPolicy(url: URL): string {
  const policy = url.searchParams.get("policy") ?? "strict";
  return Object.entries(PORTAL_POLICIES).find(([name]) => name === policy)?.[1] ?? "";
}

/** The documented snippet, whose `portal.accessToken()` gives `token`. */
function toSnippet(token: string): string {
  return `<hark-inbox><a slot="sign-in" href="/sign-in">To the sign-in page</a></hark-inbox>
<script>globalThis.portal = { accessToken: () => Promise.resolve(${
    JSON.stringify(token)
  }) }</script>
<script type="module">
const inbox = document.querySelector("hark-inbox");
inbox.tokenProvider = () => portal.accessToken();
</script>`;
}

/**
 * `/?token=ann&lang=uk&base=…&policy=none`: a portal's page with the element. `snippet=ann` in place of `token` sets the
 * token as the documentation does, `gateway` leaves it out, and a page with none of them has no element.
 */
function toPortalPage(url: URL): Response {
  const attribute = (name: string) => {
    const value = url.searchParams.get(name);
    return value === null ? "" : ` ${name}="${value}"`;
  };
  const snippet = url.searchParams.get("snippet");
  const element = snippet !== null
    ? toSnippet(snippet)
    : url.searchParams.has("token") || url.searchParams.has("gateway")
    ? `<hark-inbox${attribute("token")}${attribute("base")}>` +
      `<a slot="sign-in" href="/sign-in">To the sign-in page</a></hark-inbox>`
    : "";
  const page = `<!DOCTYPE html><html lang="${url.searchParams.get("lang") ?? "en"}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Portal</title><link rel="icon" href="data:,">
<script type="module" src="/inbox.js"></script></head>
<body><main><h1>Portal</h1>${element}</main></body></html>`;
  return new Response(page, {
    headers: { "Content-Type": "text/html", "Content-Security-Policy": toPolicy(url) },
  });
}
