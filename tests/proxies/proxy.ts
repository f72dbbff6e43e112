/** Runs a reverse proxy with the configuration that `docs/operating.md` shows, in front of a real server. */

import assert from "node:assert/strict";
import { request } from "node:http";
import { connect } from "node:net";
import { ADMIN_TOKEN } from "../support/application.ts";
import { newService, newTemplate, reachAt } from "../conformance/services.ts";
import { issueToken, makeKeys, toJwks } from "../support/tokens.ts";
import {
  LAUNCHER,
  makeFolder,
  migrateFolder,
  SANDBOX_ENVIRONMENT,
  serve,
  type ServingProcess,
  waitFor,
} from "../support/process.ts";
import { readEvents, STREAM } from "../routes/registry/inbox/support.ts";

const DOCUMENT = new URL("../../docs/operating.md", import.meta.url);

/** The first block of a language in the document. */
export function shownConfiguration(language: string): string {
  const text = Deno.readTextFileSync(DOCUMENT);
  return new RegExp("^```" + language + "\\n([\\s\\S]*?)^```$", "m").exec(text)?.[1] ??
    assert.fail(`no block of ${language}`);
}

/** How to run a proxy. */
export interface ProxyProgram {
  readonly name: string;
  /** Where Debian installs it. */
  readonly path: string;
  /**
   * The configuration file for plain HTTP on loopback, made from the one that the document shows.
   *
   * @param ports where the proxy listens, and where Hark does
   */
  configure(
    ports: { readonly proxy: number; readonly hark: number },
    folder: string,
  ): string;
  arguments(configurationFile: string): readonly string[];
}

interface Stage {
  readonly hark: ServingProcess;
  readonly proxyPort: number;
  readonly token: string;
}

/** Starts Hark behind the proxy. */
async function withProxy(program: ProxyProgram, use: (stage: Stage) => Promise<void>) {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  const keys = await makeKeys("ES256", "proxy");
  await using hark = await serve("start", {
    folder,
    entry: LAUNCHER,
    environment: {
      ...SANDBOX_ENVIRONMENT,
      HOST: "127.0.0.1",
      TRUSTED_PROXIES: "127.0.0.1",
      ACCESS_TOKEN_JWKS: toJwks(keys),
      ALLOW_INSECURE: "no-audience,no-issuer",
    },
  });
  const proxyPort = freePort();
  const file = `${folder.path}/proxy.conf`;
  const harkPort = Number(new URL(hark.url).port);
  await Deno.writeTextFile(
    file,
    program.configure({ proxy: proxyPort, hark: harkPort }, folder.path),
  );
  const proxy = new Deno.Command(program.path, {
    args: [...program.arguments(file)],
    env: { HOME: folder.path, XDG_DATA_HOME: folder.path, XDG_CONFIG_HOME: folder.path },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const errors = new Response(proxy.stderr).text();
  try {
    await waitFor(
      "the proxy to answer",
      async () =>
        await send(proxyPort, "GET", "/healthz").then(({ status }) => status === 200, () => false),
      { timeoutMs: 20_000 },
    );
    await use({ hark, proxyPort, token: await issueToken(keys, {}, { now: Date.now() }) });
  } catch (error) {
    proxy.kill("SIGKILL");
    throw new Error(`${program.name}: ${await errors}`, { cause: error });
  } finally {
    try {
      proxy.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await proxy.status;
    await errors;
    await hark.kill("SIGTERM");
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Sends a request to a proxy on loopback, from another loopback address than the one that Hark trusts. */
function send(
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: Uint8Array,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({
      host: "127.0.0.1",
      localAddress: "127.0.0.2",
      port,
      method,
      path,
      headers: {
        "Host": "hark.example.gov",
        ...headers,
        ...(body && { "Content-Length": body.length }),
      },
      agent: false,
    }, (answer) => {
      let text = "";
      answer.on("data", (bytes) => text += bytes.toString());
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      answer.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The ends of connections to a port that the system remembers, open or just closed. */
async function connectionsTo(port: number): Promise<number> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const lines = (await Deno.readTextFile("/proc/net/tcp")).split("\n");
  return lines.filter((line) => line.split(/\s+/)[3]?.endsWith(`:${hex}`)).length;
}

/** Registers the tests of a proxy; they are skipped by name where it is not installed. */
export function testProxy(program: ProxyProgram): void {
  const ignore = Deno.build.os !== "linux" || !isFile(program.path);
  const test = (name: string, use: (stage: Stage) => Promise<void>) =>
    Deno.test({
      name: `${program.name}: ${name}`,
      ignore,
      fn: () => withProxy(program, use),
      // node:http keeps its closed sockets a moment longer.
      sanitizeOps: false,
      sanitizeResources: false,
    });

  test("Hark logs the client's address, whatever the client claims", async ({ hark, proxyPort }) => {
    const { status } = await send(proxyPort, "GET", "/manage/services", {
      "Authorization": "Bearer wrong",
      "X-Forwarded-For": "203.0.113.9",
    });
    assert.equal(status, 401);
    const line = await waitFor(
      "the refused credential in the log",
      () => hark.stdout.split("\n").find((line) => line.includes('"credential-refused"')),
    );
    assert.equal(JSON.parse(line).client, "127.0.0.2");
  });

  test("connections to Hark are kept for the next request", async ({ hark, proxyPort }) => {
    const port = Number(new URL(hark.url).port);
    const before = await connectionsTo(port);
    for (let sent = 0; sent < 100; sent++) {
      assert.equal((await send(proxyPort, "GET", "/healthz")).status, 200);
    }
    const opened = await connectionsTo(port) - before;
    assert(opened < 30, `${opened} connections for 100 requests`);
  });

  test("an inbox stream is not held back", async ({ proxyPort, token }) => {
    const answer = await fetch(`http://127.0.0.1:${proxyPort}${STREAM}`, {
      headers: { "x-access-token": token },
      signal: AbortSignal.timeout(5_000),
    });
    const reader = readEvents(answer);
    assert.equal((await reader.upTo("count")).at(-1)?.data.total, 0);
    await reader.cancel();
  });

  test("lets a spreadsheet of 45 MB through, and nothing of 61 MB", async ({ hark, proxyPort }) => {
    const reach = reachAt(() => hark.url);
    const { id } = await newService(reach);
    const template = await newTemplate(reach, id, { channel: "sms", name: "Text", body: "Hello" });
    const path = `/manage/services/${id}/jobs?template_id=${template}&dry_run=true`;
    const headers = { "Authorization": `Bearer ${ADMIN_TOKEN}`, "Content-Type": "text/csv" };
    const row = `07900900123,${"x".repeat(988)}\n`;
    const sheet = new TextEncoder().encode(`phone number,note\n${row.repeat(45_000)}`);
    const { status, text } = await send(proxyPort, "POST", path, headers, sheet);
    assert.equal(status, 200, text);
    assert.equal(await statusOfLarge(proxyPort, path, 61_000_000), 413);
  });
}

/** Declares a body, sends it until there is an answer, and returns the answer's status. */
function statusOfLarge(port: number, path: string, length: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    const chunk = new Uint8Array(65_536);
    let left = length;
    const write = () => {
      while (left > 0) {
        left -= chunk.length;
        if (!socket.write(chunk)) return;
      }
    };
    let received = "";
    socket.on("data", (bytes) => {
      received += bytes.toString("latin1");
      const status = /^HTTP\/1\.1 (\d{3}) /.exec(received)?.[1];
      if (status === undefined) return;
      socket.destroy();
      resolve(Number(status));
    });
    socket.on("error", reject);
    socket.on("drain", write);
    socket.on("connect", () => {
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: hark.example.gov\r\nContent-Type: text/csv\r\n` +
          `Authorization: Bearer ${ADMIN_TOKEN}\r\n` +
          `Content-Length: ${length}\r\n\r\n`,
      );
      write();
    });
  });
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
