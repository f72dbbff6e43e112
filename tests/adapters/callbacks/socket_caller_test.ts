import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { fileURLToPath } from "node:url";
import {
  createSocketCaller,
  type ResolvedAddress,
} from "../../../adapters/callbacks/socket_caller.ts";
import { MAX_ANSWER_BYTES } from "../../../adapters/callbacks/call_limits.ts";
import { bundleModule, useNodeTimers } from "../../../tools/build/bundle.ts";
import { startCallbackReceiver } from "../../support/stand_ins/callback_receiver.ts";
import { BUILD_VERSIONS, findDeno } from "../../support/deno_versions.ts";
import {
  AUTHORITY,
  CERTIFICATE,
  CERTIFICATE_KEY,
} from "../../support/stand_ins/smtp_certificate.ts";
import { NAMES_OF_REFUSED_ADDRESSES, REFUSED_URLS } from "../../domain/callbacks/hostile_urls.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const CALL_ENDPOINT = "tests/support/call_endpoint.ts";
const NOTHING_ALLOWED = { hosts: new Set<string>(), loopback: false };
const LOOPBACK = { hosts: new Set<string>(), loopback: true };
const HEADERS = {
  "content-type": "application/json",
  authorization: "Bearer 0123456789",
  "webhook-id": "evt_1",
  "webhook-timestamp": "1700000000",
  "webhook-signature": "v1,x",
};
const REQUEST = { headers: HEADERS, body: "{}" };

const resolveTo = (...addresses: readonly string[]) => () =>
  Promise.resolve(addresses.map((address): ResolvedAddress => ({
    address,
    family: address.includes(":") ? 6 : 4,
  })));

Deno.test(`createSocketCaller: calls none of ${REFUSED_URLS.length} hostile URLs, and resolves none`, async () => {
  const call = createSocketCaller({
    allowance: NOTHING_ALLOWED,
    resolve: () => assert.fail("a name was resolved"),
  });
  for (const url of REFUSED_URLS) {
    assert.deepEqual(await call({ ...REQUEST, url }), { failure: "address-refused" }, url);
  }
});

for (const addresses of NAMES_OF_REFUSED_ADDRESSES) {
  Deno.test(`createSocketCaller: refuses a public name with the addresses [${addresses.join(", ")}]`, async () => {
    const call = createSocketCaller({
      allowance: NOTHING_ALLOWED,
      resolve: resolveTo(...addresses),
    });
    const result = await call({ ...REQUEST, url: "https://hooks.library.gov.uk/" });
    assert.deepEqual(result, { failure: "address-refused" });
  });
}

Deno.test("createSocketCaller: a resolver that rebinds after the check is not asked again", async () => {
  const answers = [["203.0.114.1"], ["127.0.0.1"], ["127.0.0.1"]];
  let asked = 0;
  const call = createSocketCaller({
    allowance: NOTHING_ALLOWED,
    resolve: () => resolveTo(...answers[asked++] ?? [])(),
    timeoutMs: 300,
  });
  // No such network can be reached here. A second look-up would have led to this machine.
  const first = await call({ ...REQUEST, url: "https://hooks.library.gov.uk/" });
  assert.ok("failure" in first && first.failure !== "address-refused", JSON.stringify(first));
  assert.equal(asked, 1);
  const second = await call({ ...REQUEST, url: "https://hooks.library.gov.uk/" });
  assert.deepEqual(second, { failure: "address-refused" });
});

Deno.test("createSocketCaller: a name without addresses, and a closed port, are distinct failures", async () => {
  const receiver = await startCallbackReceiver();
  await receiver.close();
  const call = createSocketCaller({
    allowance: LOOPBACK,
    resolve: () => Promise.reject(Object.assign(new Error(), { code: "ENOTFOUND" })),
  });
  assert.deepEqual(await call({ ...REQUEST, url: "https://a.example/" }), {
    failure: "name-not-found",
  });
  assert.deepEqual(await call({ ...REQUEST, url: receiver.url }), { failure: "connection-failed" });
});

Deno.test("createSocketCaller: keeps a connection for further calls, unless the endpoint closes it", async () => {
  await using receiver = await startCallbackReceiver();
  const call = createSocketCaller({ allowance: LOOPBACK });
  const ports: unknown[] = [];
  const answers = [{}, { connection: "close" }, {}, {}];
  receiver.answer = () => (response) => {
    ports.push(response.socket?.remotePort);
    response.writeHead(200, { ...answers[ports.length - 1], "content-length": 2 }).end("ok");
  };
  for (let each = 0; each < answers.length; each++) {
    const result = await call({ ...REQUEST, url: receiver.url });
    assert.deepEqual(result, { status: 200, retryAfter: undefined });
  }
  const [first, second, third, fourth] = ports;
  assert.equal(first, second);
  assert.notEqual(second, third);
  assert.equal(third, fourth);
});

Deno.test("createSocketCaller: tells an answer that is not HTTP, or whose head is too large, from a cut one", async () => {
  const answers = [
    "SSH-2.0-OpenSSH_9.2\r\n",
    `HTTP/1.1 200 OK\r\na: ${"x".repeat(20_000)}`,
    "HTTP",
  ];
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answered = (async () => {
    for (const answer of answers) {
      using connection = await listener.accept();
      await connection.read(new Uint8Array(1_000));
      await connection.write(new TextEncoder().encode(answer));
      await connection.closeWrite();
      // Up to the end of the other side: a connection that is closed before it would be reset.
      while (await connection.read(new Uint8Array(1_000)).catch(() => null) !== null);
    }
  })();
  const call = createSocketCaller({ allowance: LOOPBACK });
  const results = [];
  for (const _ of answers) {
    results.push(await call({ ...REQUEST, url: `http://127.0.0.1:${listener.addr.port}/` }));
  }
  assert.deepEqual(results, [
    { failure: "answer-not-valid" },
    { failure: "answer-not-valid" },
    { failure: "connection-failed" },
  ]);
  await answered;
  listener.close();
});

Deno.test("createSocketCaller: does not follow a redirect to the metadata of a cloud", async () => {
  await using receiver = await startCallbackReceiver();
  const call = createSocketCaller({ allowance: LOOPBACK });
  for (const location of ["http://169.254.169.254/latest/", `${receiver.url}again`, "//[::1]/"]) {
    receiver.answer = () => ({ status: 302, headers: { location } });
    const result = await call({ ...REQUEST, url: receiver.url });
    assert.deepEqual(result, { status: 302, retryAfter: undefined });
  }
  assert.equal(receiver.calls.length, 3);
});

Deno.test("createSocketCaller: gives up after its time, whatever the endpoint withholds", async () => {
  await using receiver = await startCallbackReceiver();
  const timeoutMs = 200;
  const call = createSocketCaller({ allowance: LOOPBACK, timeoutMs });
  receiver.answer = () => () => {};
  assert.deepEqual(await call({ ...REQUEST, url: receiver.url }), { failure: "timed-out" });
  // The status has come, so the callback has arrived.
  receiver.answer = () => (response) => {
    response.writeHead(200);
    response.write("never ended");
  };
  assert.deepEqual(await call({ ...REQUEST, url: receiver.url }), {
    status: 200,
    retryAfter: undefined,
  });
  const hung = createSocketCaller({
    allowance: NOTHING_ALLOWED,
    timeoutMs,
    resolve: () => new Promise(() => {}),
  });
  assert.deepEqual(await hung({ ...REQUEST, url: "https://a.example/" }), { failure: "timed-out" });
});

Deno.test(`createSocketCaller: reads ${MAX_ANSWER_BYTES} bytes of an answer, and closes the connection of a longer one`, async () => {
  await using receiver = await startCallbackReceiver();
  const call = createSocketCaller({ allowance: LOOPBACK });
  let closed = Promise.withResolvers<void>();
  const answerBytes = (bytes: number) => () => (response: import("node:http").ServerResponse) => {
    closed = Promise.withResolvers();
    response.on("close", () => closed.resolve());
    response.writeHead(200, { "retry-after": "1" });
    response.write(new Uint8Array(bytes));
    if (bytes <= MAX_ANSWER_BYTES) response.end();
  };
  for (const bytes of [MAX_ANSWER_BYTES, MAX_ANSWER_BYTES + 1]) {
    receiver.answer = answerBytes(bytes);
    const result = await call({ ...REQUEST, url: receiver.url });
    assert.deepEqual(result, { status: 200, retryAfter: "1" });
    await closed.promise;
  }
});

Deno.test("createSocketCaller: keeps the check of the certificate, by the name of the URL", async () => {
  const { cert, key } = await selfSigned();
  const server = createServer({ cert, key }, (_request, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const call = createSocketCaller({
    allowance: { hosts: new Set([`hooks.library.gov.uk:${port}`]), loopback: false },
    resolve: resolveTo("127.0.0.1"),
  });
  const result = await call({ ...REQUEST, url: `https://hooks.library.gov.uk:${port}/` });
  assert.deepEqual(result, { failure: "certificate-refused" });
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

/** Writes the bytes again and again, as long as the connection is open. */
function writeEndlessly(socket: Socket, text: string): void {
  const write = () => {
    while (!socket.destroyed && socket.write(text));
  };
  socket.on("drain", write);
  write();
}

const OK = "HTTP/1.1 200 OK\r\n";
const HOSTILE_ANSWERS: Readonly<Record<string, (socket: Socket) => void>> = {
  "/reset": (socket) => socket.destroy(),
  "/cut": (socket) => socket.end(`${OK}Content-Length: 9\r\n\r\na`),
  "/more": (socket) => socket.write(`${OK}Content-Length: 0\r\n\r\n${OK}`),
  "/text": (socket) => socket.end("<!DOCTYPE html>"),
  "/interim": (socket) =>
    writeEndlessly(socket, "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n".repeat(100)),
  "/body": (socket) => {
    socket.write(`${OK}\r\n`);
    writeEndlessly(socket, "x".repeat(1_000));
  },
};

for (const version of BUILD_VERSIONS) {
  const deno = await findDeno(version);

  Deno.test({
    name:
      `createSocketCaller: on Deno ${version} trusts an authority of DENO_CERT for the name of the URL, not the address, and survives hostile answers`,
    ignore: deno === undefined && Deno.env.get("CI") !== "true",
    async fn() {
      assert.ok(deno !== undefined, `npx -y deno@${version} --version`);
      const ports: unknown[] = [];
      const server = createServer(
        { cert: CERTIFICATE, key: CERTIFICATE_KEY },
        (request, response) => {
          const answer = HOSTILE_ANSWERS[request.url ?? ""];
          if (answer !== undefined) return answer(request.socket);
          ports.push(request.socket.remotePort);
          request.resume().on("end", () => response.end(request.headers.host));
        },
      );
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      await using receiver = await startCallbackReceiver();
      const lines = await callEndpoints(deno, [
        `https://localhost:${port}/a`,
        `https://localhost:${port}/b?c=d`,
        ...Object.keys(HOSTILE_ANSWERS).map((path) => `https://localhost:${port}${path}`),
        `https://127.0.0.1:${port}/`,
        receiver.url.replace("127.0.0.1", "localhost"),
        // The certificate is not for these names, though they have the address of the one before.
        `https://hooks.library.gov.uk:${port}/`,
        `https://localhost.library.gov.uk:${port}/`,
        receiver.url.replace("http:", "https:"),
      ]);
      assert.deepEqual(lines, [
        { status: 200 },
        { status: 200 },
        // What an endpoint sends must not end the process, and must not keep it busy.
        { failure: "connection-failed" },
        { status: 200 },
        { status: 200 },
        { failure: "answer-not-valid" },
        { failure: "answer-not-valid" },
        { status: 200 },
        { status: 200 },
        { status: 400 },
        { failure: "certificate-refused" },
        { failure: "certificate-refused" },
        { failure: "connection-failed" },
      ]);
      assert.equal(ports.length, 3);
      assert.equal(ports[0], ports[1], "a connection is kept for the next call");
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

let bundled: Promise<string> | undefined;

/**
 * Calls endpoints by a version of Deno that trusts {@link AUTHORITY}, from a module as the build is one, with the
 * permissions of the build.
 */
async function callEndpoints(deno: string, urls: readonly string[]): Promise<readonly unknown[]> {
  const folder = await Deno.makeTempDir();
  const [authority, entry] = [`${folder}/authority.pem`, `${folder}/call_endpoint.js`];
  try {
    await Deno.writeTextFile(authority, AUTHORITY);
    await Deno.writeTextFile(
      entry,
      await (bundled ??= bundleModule(ROOT, CALL_ENDPOINT).then(useNodeTimers)),
    );
    const { stdout, stderr } = await new Deno.Command(deno, {
      args: ["run", "--no-config", "--no-prompt", "--allow-net", "--allow-env", entry, ...urls],
      env: { DENO_CERT: authority, NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stdout).trim();
    assert.notEqual(text, "", new TextDecoder().decode(stderr));
    return text.split("\n").map((line) => JSON.parse(line));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Makes a certificate for the name of the test that no authority has signed. */
async function selfSigned(): Promise<{ readonly cert: string; readonly key: string }> {
  const folder = await Deno.makeTempDir();
  const [key, cert] = [`${folder}/key.pem`, `${folder}/cert.pem`];
  const subject = [
    "-subj",
    "/CN=hooks.library.gov.uk",
    "-addext",
    "subjectAltName=DNS:hooks.library.gov.uk",
  ];
  const made = await new Deno.Command("openssl", {
    args: [
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(" "),
      ...subject,
      "-keyout",
      key,
      "-out",
      cert,
    ],
    stderr: "null",
  }).output();
  assert.ok(made.success);
  const files = { key: await Deno.readTextFile(key), cert: await Deno.readTextFile(cert) };
  await Deno.remove(folder, { recursive: true });
  return files;
}
