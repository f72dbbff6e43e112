/**
 * A consumer of callbacks on a loopback port: it verifies each call as Standard Webhooks says, and refuses one that lacks a
 * header or has a wrong shape.
 */
import assert from "node:assert/strict";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { callersNoticed } from "./client_connections.ts";

/** A callback that came. */
export interface ReceivedCallback {
  readonly path: string;
  readonly headers: Headers;
  readonly id: string;
  readonly sequence: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** How to answer a call: a status with headers, or by hand. */
export type AnswerCall =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | ((response: ServerResponse) => void);

/** The consumer. */
export interface CallbackReceiver {
  /** `http://127.0.0.1:PORT/` */
  readonly url: string;
  /** Every call, answered with an error too, in the order in which they came. */
  readonly calls: ReceivedCallback[];
  /** Decides the answer; 204 by default. */
  answer: (call: ReceivedCallback) => AnswerCall;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a consumer. */
export async function startCallbackReceiver(port = 0): Promise<CallbackReceiver> {
  const calls: ReceivedCallback[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Uint8Array[] = [];
    request.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    request.on("end", () => {
      const text = new TextDecoder().decode(
        Uint8Array.from(chunks.flatMap((chunk) => [...chunk])),
      );
      const headers = new Headers(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      );
      const isValid = request.method === "POST" &&
        headers.get("content-type") === "application/json" &&
        /^Bearer .{10,}$/.test(headers.get("authorization") ?? "") &&
        /^v1,\S+(?: v1,\S+)?$/.test(headers.get("webhook-signature") ?? "") &&
        /^[0-9]{10}$/.test(headers.get("webhook-timestamp") ?? "");
      const call = {
        path: request.url ?? "",
        headers,
        id: headers.get("webhook-id") ?? "",
        sequence: Number(headers.get("hark-sequence")),
        body: JSON.parse(text),
      };
      calls.push(call);
      const answer = isValid ? receiver.answer(call) : { status: 400 };
      if (typeof answer === "function") return answer(response);
      response.writeHead(answer.status, answer.headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(isAddressInfo(address));
  const { port: taken } = address;
  async function close(): Promise<void> {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await callersNoticed(taken);
  }
  const receiver: CallbackReceiver = {
    url: `http://127.0.0.1:${taken}/`,
    calls,
    answer: () => ({ status: 204 }),
    close,
    [Symbol.asyncDispose]: close,
  };
  return receiver;
}

function isAddressInfo(value: unknown): value is AddressInfo {
  return typeof value === "object" && value !== null && "port" in value;
}

/** Whether a call has a signature by a secret, of the time in its header. */
export function isSignedBy(secret: string, { body, headers, id }: ReceivedCallback): boolean {
  const at = new Date(Number(headers.get("webhook-timestamp")) * 1000);
  const expected = new Webhook(secret).sign(id, at, JSON.stringify(body));
  return (headers.get("webhook-signature") ?? "").split(" ").includes(expected);
}
