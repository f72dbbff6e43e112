/** The contract of every provider's adapter for failed calls, tested with the provider's stand-in. */
import assert from "node:assert/strict";
import type { OutgoingMessage } from "../../../domain/delivery/outgoing_message.ts";
import type { Provider, SendOutcome } from "../../../domain/ports/provider.ts";
import {
  type Behaviour,
  cutAnswer,
  dropAnswer,
  nonsense,
  reset,
  type ScriptedServer,
  slow,
  status,
} from "../../support/stand_ins/scripted_server.ts";
import { CALM, closedPort, rejected, retry } from "./messages.ts";

/** A provider and its stand-in. */
export interface ProviderContract<P extends Provider, S extends ScriptedServer> {
  /** Creates the adapter. */
  readonly name: string;
  readonly start: () => Promise<S>;
  readonly connect: (baseUrl: string, options?: { readonly timeoutMs: number }) => P;
  /** A message of its channel. */
  readonly message: OutgoingMessage;
  /** Prepares a message that the stand-in accepts, when it does not accept {@link message} as it is. */
  readonly prepare?: (provider: P) => Promise<OutgoingMessage>;
  /** A message of another channel. */
  readonly foreign: OutgoingMessage;
  /** The number of messages that the stand-in has accepted. */
  readonly takenBy: (stand: S) => number;
  /** The code of a refused connection. */
  readonly unreachable: string;
  /** Further answers of this provider, none of which means that it accepted the message. */
  readonly answers: readonly (readonly [Behaviour, SendOutcome])[];
}

/** The course of a call, its outcome, and how many messages the provider accepted. */
const CASES: readonly (readonly [Behaviour, SendOutcome, number])[] = [
  [
    status(429, "", { "Retry-After": "3" }),
    { kind: "retry", outcome: "not-sent", code: "http-429", afterMs: 3000 },
    0,
  ],
  [status(413), rejected(false, "http-413"), 0],
  [status(500, {}), retry("unknown", "http-500"), 0],
  [status(502, "<html>Bad gateway</html>"), retry("unknown", "http-502"), 0],
  [status(302, "", { Location: "/elsewhere" }), retry("unknown", "http-302"), 0],
  [status(307, "", { Location: "/elsewhere" }), retry("unknown", "http-307"), 0],
  [nonsense(), retry("unknown", "bad-answer"), 0],
  [nonsense("null"), retry("unknown", "bad-answer"), 0],
  [reset(), retry("unknown", "network"), 0],
  [dropAnswer(), retry("unknown", "network"), 1],
  [cutAnswer(), retry("unknown", "network"), 1],
  [slow(5000), retry("unknown", "timeout"), 1],
];

/** Registers the tests. */
export function testProvider<P extends Provider, S extends ScriptedServer>(
  contract: ProviderContract<P, S>,
): void {
  const { name, connect, message, prepare, takenBy } = contract;

  /** Runs with a stand-in and a function that sends it a valid message. */
  async function withStand(
    run: (stand: S, send: (signal: AbortSignal) => Promise<SendOutcome>) => Promise<void>,
    options?: { readonly timeoutMs: number },
  ): Promise<void> {
    const stand = await contract.start();
    try {
      const provider = connect(stand.url, options);
      const prepared = await prepare?.(provider) ?? message;
      await run(stand, (signal) => provider.send(prepared, signal));
    } finally {
      await stand.close();
    }
  }

  Deno.test(`${name}.send: returns the outcome of a failed call, and never repeats it`, async () => {
    const own = contract.answers.map(([behaviour, outcome]) => [behaviour, outcome, 0] as const);
    for (const [behaviour, outcome, isAccepted] of [...CASES, ...own]) {
      await withStand(async (stand, send) => {
        const before = stand.calls.length;
        stand.next(behaviour);
        const label = JSON.stringify(behaviour);
        assert.deepEqual(await send(CALM), outcome, label);
        assert.equal(takenBy(stand), isAccepted, label);
        // The runtime must not repeat it either, which it does on a reused connection.
        assert.equal(stand.calls.length, before + 1, label);
      }, behaviour.kind === "slow" ? { timeoutMs: 1_000 } : undefined);
    }
  });

  Deno.test(`${name}.send: the outcome is not-sent when the connection is refused`, async () => {
    const outcome = await connect(`http://127.0.0.1:${closedPort()}`).send(message, CALM);
    assert.deepEqual(outcome, retry("not-sent", contract.unreachable));
  });

  Deno.test(`${name}.send: ends when its signal aborts`, async () => {
    await withStand(async (stand, send) => {
      const before = stand.calls.length;
      assert.deepEqual(await send(AbortSignal.abort()), retry("not-sent", "aborted"));
      assert.equal(stand.calls.length, before);

      stand.next(slow(5000));
      const stop = new AbortController();
      const sending = send(stop.signal);
      while (stand.calls.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
      stop.abort();
      assert.deepEqual(await sending, retry("unknown", "aborted"));
    });
  });

  Deno.test(`${name}.send: throws for a message of another channel`, async () => {
    await assert.rejects(
      () => connect("http://127.0.0.1:1").send(contract.foreign, CALM),
      TypeError,
    );
  });
}
