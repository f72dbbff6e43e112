import assert from "node:assert/strict";
import { connectToObject } from "../../../../adapters/libsql/connection/durable_object.ts";
import {
  createInvocation,
  runInvocation,
  workBudget,
} from "../../../../adapters/invocation/invocation.ts";
import { PLAN_LIMITS } from "../../../../adapters/invocation/plans.ts";
import {
  isDatabaseNamespace,
  type ObjectAnswer,
} from "../../../../adapters/libsql/connection/object_protocol.ts";
import { openDatabase } from "../../../../adapters/libsql/connection/database.ts";
import { SchemaError } from "../../../../adapters/libsql/schema/schema_error.ts";
import { StoreUnavailable } from "../../../../domain/ports/store_unavailable.ts";
import { ValueTooLarge } from "../../../../domain/ports/value_too_large.ts";

/** Calls an object that answers so. */
function callOf(call: () => Promise<ObjectAnswer>, timeoutMs = 1_000) {
  const namespace = { idFromName: (name: string) => name, get: () => ({ call }) };
  return connectToObject(namespace, timeoutMs).batch(["SELECT 1"], "read");
}

const failed = (code: string | undefined): ObjectAnswer => ({ kind: "failed", message: "x", code });

Deno.test("connectToObject: tells errors of statements from a database that is unavailable", async () => {
  const ofAnswer = (answer: ObjectAnswer) => callOf(() => Promise.resolve(answer));
  await assert.rejects(ofAnswer(failed("SQLITE_CONSTRAINT")), { code: "SQLITE_CONSTRAINT" });
  await assert.rejects(ofAnswer(failed(undefined)), RangeError);
  await assert.rejects(ofAnswer(failed("SQLITE_TOOBIG")), ValueTooLarge);
  await assert.rejects(ofAnswer({ kind: "schema-refused", message: "x" }), SchemaError);
  const unavailable: readonly (readonly [ObjectAnswer, string])[] = [
    [failed("SQLITE_FULL"), "SQLITE_FULL"],
    [{ kind: "schema-older" }, "OBJECT_OLDER"],
  ];
  for (const [answer, code] of unavailable) {
    await assert.rejects(ofAnswer(answer), (error) => {
      assert.ok(error instanceof StoreUnavailable);
      assert.equal(error.code, code);
      return true;
    });
  }
});

Deno.test("connectToObject: takes each exception of a call as a database that is unavailable", async () => {
  const isUnavailable = (code: string) => (error: unknown) =>
    error instanceof StoreUnavailable && error.code === code;
  const overloaded = Object.assign(new Error("Durable Object is overloaded."), {
    overloaded: true,
  });
  const reset = Object.assign(new Error("reset because its code was updated"), { retryable: true });
  await assert.rejects(
    callOf(() => Promise.reject(overloaded)),
    isUnavailable("OBJECT_OVERLOADED"),
  );
  await assert.rejects(callOf(() => Promise.reject(reset)), isUnavailable("OBJECT_LOST"));
  for (
    const message of [
      'The RPC receiver does not implement the method "call".',
      "The receiving Durable Object does not support RPC, because its class was not declared so",
    ]
  ) {
    const other = () => Promise.reject(new TypeError(message));
    await assert.rejects(callOf(other), isUnavailable("OBJECT_OF_OTHER_CLASS"));
  }
  await assert.rejects(
    callOf(() => Promise.withResolvers<never>().promise, 1),
    isUnavailable("TIMEOUT"),
  );
});

Deno.test("connectToObject: a call that the platform refuses was not made, and the invocation makes no other", async () => {
  const refused: number[] = [];
  const invocation = createInvocation("event", PLAN_LIMITS.paid, (calls) => refused.push(calls));
  const refusal = new Error("Too many subrequests by single Worker invocation.");
  await runInvocation(invocation, async () => {
    const isRefused = (error: unknown) =>
      error instanceof StoreUnavailable && error.code === "CALLS_USED_UP";
    await assert.rejects(callOf(() => Promise.reject(refusal)), isRefused);
    assert.equal(workBudget.callsLeft(), 0);
  });
  assert.deepEqual(refused, [0]);
});

Deno.test("openDatabase: refuses durable-object: outside of a Worker", async () => {
  await assert.rejects(openDatabase({ url: "durable-object:" }), /for Cloudflare Workers/);
});

Deno.test("isDatabaseNamespace: is false for bindings of other kinds", () => {
  const others = [undefined, null, "x", {}, { get: () => {} }, { idFromName: () => {} }];
  assert.deepEqual(others.map(isDatabaseNamespace), others.map(() => false));
});
