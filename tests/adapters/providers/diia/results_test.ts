import assert from "node:assert/strict";
import {
  createDiia,
  type Diia,
  type DiiaConfig,
} from "../../../../adapters/providers/diia/diia.ts";
import {
  fromResults,
  hasBegun,
  RECEIPTS,
  toDistributions,
} from "../../../../adapters/providers/diia/results.ts";
import type { Receipt } from "../../../../domain/delivery/receipt.ts";
import { type DiiaStandIn, startDiia } from "../../../support/stand_ins/diia.ts";
import {
  type Behaviour,
  nonsense,
  reset,
  slow,
  status,
} from "../../../support/stand_ins/scripted_server.ts";
import { assertImpersonal, CALM, push } from "../messages.ts";

const TEMPLATE = {
  actionType: "message",
  templateType: "attention",
  title: "Запит",
  shortText: "Готово",
  fullText: "Вітаємо, {name}",
};

async function withDiia(
  run: (diia: Diia, stand: DiiaStandIn) => Promise<void>,
  config: Pick<DiiaConfig, "paths" | "timeoutMs"> = {},
): Promise<void> {
  const { paths } = config;
  const stand = await startDiia({ partnerToken: "secret", ...(paths && { paths }) });
  const address = { baseUrl: stand.url, partnerToken: "secret" };
  try {
    await run(createDiia({ ...address, ...config }, { fetch, now: Date.now }), stand);
  } finally {
    await stand.close();
  }
}

/** Sends to each of the numbers, and gives the messages' ids. */
async function sendTo(diia: Diia, numbers: readonly string[]): Promise<readonly string[]> {
  const published = await diia.publishTemplate(TEMPLATE, CALM);
  assert(published.ok);
  const { externalTemplateId } = published.value;
  const outcomes = await diia.batch.send(
    numbers.map((to, index) => {
      // The last one lacks what its template asks for.
      const parameters = index === numbers.length - 1 ? [] : [{ key: "name", value: "Ганна" }];
      return push({ to, externalTemplateId, recipientId: `r${index}`, parameters });
    }),
    CALM,
  );
  return outcomes.map((outcome) => {
    assert(outcome.kind === "accepted");
    return outcome.providerMessageId;
  });
}

const NUMBERS = ["0000000000", "0000000001", "0000000002", "0000000003", "0000000004"] as const;

function receipt(providerMessageId: string, code: keyof typeof RECEIPTS): Receipt {
  return {
    provider: "diia",
    providerMessageId,
    ref: undefined,
    kind: RECEIPTS[code],
    code,
    at: undefined,
    dedupeKey: `${providerMessageId}:${code}`,
  };
}

Deno.test("toDistributions brings together what is asked after in one call", () => {
  const ids = ["d1/r1", "d2/r1", "d1/r2", "d1/r1", "d1", "/r1", ""];
  assert.deepEqual(
    toDistributions(ids),
    new Map([["d1", new Set(["r1", "r2"])], ["d2", new Set(["r1"])]]),
  );
});

Deno.test("hasBegun is true of any distribution that does not wait for its turn", () => {
  const begun = (body: unknown, status = 200) => hasBegun({ status, body, retryAfter: undefined });
  for (const word of ["in-progress", "sent", "closed", "a word of next year"]) {
    assert.equal(begun({ status: word }), true, word);
  }
  assert.equal(begun({ status: "pending" }), false);
  for (const body of [{}, { status: 5 }, undefined, "sent", null]) assert.equal(begun(body), false);
  assert.equal(begun({ status: "sent" }, 404), false);
});

Deno.test("fromResults gives a receipt for every end that Diia tells of, and for no other word", () => {
  const read = (status: unknown, fields: Readonly<Record<string, unknown>> = {}) =>
    fromResults({
      status: 200,
      body: { recipients: [{ id: "r1", rnokpp: "3184710691", status, ...fields }] },
      retryAfter: undefined,
    }, { provider: "diia", distributionId: "d1", recipientIds: new Set(["r1"]) });
  const cases = [
    ["sent", "delivered"],
    ["read", "delivered"],
    ["not-found", "permanent-failure"],
    ["notification-generation-error", "technical-failure"],
    ["error", "temporary-failure"],
    ["send-error", "temporary-failure"],
  ] as const;
  assert.equal(cases.length, Object.keys(RECEIPTS).length);
  for (const [word, kind] of cases) {
    assert.deepEqual(read(word), [{ ...receipt("d1/r1", word), kind }]);
    assertImpersonal(read(word));
  }
  for (const word of ["pending", "", "SENT", "constructor", "__proto__", 5, null, undefined]) {
    assert.deepEqual(read(word), [], String(word));
  }
  assert.deepEqual(read("sent", { id: "r2" }), [], "was not asked after");
  assert.deepEqual(read("sent", { id: 1 }), []);
});

Deno.test("fromResults reads around what is wrong", () => {
  const read = (body: unknown, status = 200) =>
    fromResults({ status, body, retryAfter: undefined }, {
      provider: "diia",
      distributionId: "d1",
      recipientIds: new Set(["r1"]),
    });
  const sent = { id: "r1", status: "sent" };
  assert.deepEqual(read({ recipients: [null, 5, {}, sent] }), [receipt("d1/r1", "sent")]);
  for (const body of [{}, { recipients: sent }, undefined, [], "<html>"]) {
    assert.deepEqual(read(body), []);
  }
  assert.deepEqual(read({ recipients: [sent] }, 500), []);
});

for (const paths of ["registries", "gateway"] as const) {
  Deno.test(`createDiia.poll tells what became of messages, at addresses of the form ${paths}`, async () => {
    await withDiia(async (diia, stand) => {
      const ids = await sendTo(diia, NUMBERS);
      stand.decide(NUMBERS[1], "not-found");
      stand.decide(NUMBERS[2], "read");
      stand.decide(NUMBERS[3], "queued");
      const before = stand.calls.length;
      assert.deepEqual(await diia.poll(ids, CALM), []);
      assert.equal(stand.calls.length - before, 1, "one that waits has no results to ask for");
      stand.proceed("in-progress");
      const [first = "", second = "", third = "", , fifth = ""] = ids;
      const receipts = [
        receipt(first, "sent"),
        receipt(second, "not-found"),
        receipt(third, "read"),
        receipt(fifth, "notification-generation-error"),
      ];
      assert.deepEqual(await diia.poll(ids, CALM), receipts);
      assert.deepEqual(await diia.poll(ids, CALM), receipts, "the same receipts again");
      stand.proceed("closed");
      assert.deepEqual(await diia.poll([second], CALM), [receipt(second, "not-found")]);
      assertImpersonal(receipts);
    }, { paths });
  });
}

Deno.test("createDiia.poll asks once after each distribution, and one that fails does not hide another", async () => {
  await withDiia(async (diia, stand) => {
    const ids = [...await sendTo(diia, NUMBERS), ...await sendTo(diia, NUMBERS)];
    stand.proceed("sent");
    const before = stand.calls.length;
    assert.equal((await diia.poll(ids, CALM)).length, ids.length);
    assert.equal(stand.calls.length - before, 4);
    const known = await diia.poll(["unknown/r0", ...ids.slice(0, 1)], CALM);
    assert.deepEqual(known.map(({ providerMessageId }) => providerMessageId), ids.slice(0, 1));
  });
});

Deno.test("createDiia.poll makes no call for nothing, and none for what is no id of its own", async () => {
  await withDiia(async (diia, stand) => {
    assert.deepEqual(await diia.poll([], CALM), []);
    assert.deepEqual(await diia.poll(["SM123"], CALM), []);
    assert.equal(stand.calls.length, 0);
  });
});

Deno.test("createDiia.poll gives nothing when it could not ask, to be asked again", async () => {
  const faults: readonly Behaviour[] = [
    status(429, {}),
    status(500, {}),
    status(403, {}),
    nonsense(),
    reset(),
    slow(5000),
  ];
  for (const fault of faults) {
    await withDiia(async (diia, stand) => {
      const ids = await sendTo(diia, NUMBERS);
      stand.proceed("sent");
      stand.next(fault);
      assert.deepEqual(await diia.poll(ids, CALM), [], JSON.stringify(fault));
      assert.equal((await diia.poll(ids, CALM)).length, ids.length);
      assert.deepEqual(await diia.poll(ids, AbortSignal.abort()), []);
    }, fault.kind === "slow" ? { timeoutMs: 1_000 } : {});
  }
});

Deno.test("createDiia.poll finds a token anew when the one it has is withdrawn", async () => {
  await withDiia(async (diia, stand) => {
    const ids = await sendTo(diia, NUMBERS);
    stand.proceed("sent");
    stand.withdrawTokens();
    assert.equal((await diia.poll(ids, CALM)).length, ids.length);
  });
});
