import assert from "node:assert/strict";
import { createInboundStore } from "../../adapters/libsql/inbound/inbound.ts";
import { createSuppressionStore } from "../../adapters/libsql/suppressions/suppressions.ts";
import { MAX_INBOUND_NUMBERS } from "../../domain/inbound/received_text.ts";
import type { Keyword } from "../../domain/inbound/keywords.ts";
import type { ServiceId } from "../../domain/ids.ts";
import type { Backend } from "./backends.ts";
import {
  type Bench,
  countRows,
  DAY_MS,
  newAccept,
  newSender,
  openBench,
  receipt,
  refOf,
  START,
} from "./isolate.ts";

const NUMBER = "447700900999";
const PERSON = "447700900123";

const storesOf = (bench: Bench) => ({
  inbound: createInboundStore(bench),
  suppressions: createSuppressionStore(bench),
});

/** A text to store. */
export function textOf(
  { clock }: Pick<Bench, "clock">,
  serviceId: ServiceId,
  { id = crypto.randomUUID(), keyword, from = PERSON }: {
    readonly id?: string;
    readonly keyword?: Keyword;
    readonly from?: string;
  } = {},
) {
  return {
    id: clock.newNotificationId(),
    serviceId,
    text: {
      provider: "post",
      providerMessageId: id,
      from,
      to: NUMBER,
      message: "m",
      handled: undefined,
    },
    keyword,
    reply: undefined,
    suppressionId: clock.newId(),
  };
}

/** The contract of suppressions and of received texts. */
export function inboundContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`${name}, ${backend.name}`, run);

  test("accept: rejects a suppressed recipient on its channel, service by service, until it is lifted", async () => {
    await using bench = await openBench(backend);
    const { suppressions } = storesOf(bench);
    const [sender, other] = [await newSender(bench), await newSender(bench)];
    const id = crypto.randomUUID();
    const suppression = {
      serviceId: sender.serviceId,
      id,
      channel: "sms",
      recipient: PERSON,
      because: "operator",
      reason: "Asked",
    } as const;
    assert.equal((await suppressions.add(suppression, START)).kind, "added");
    const repeated = { ...suppression, id: crypto.randomUUID() };
    const second = await suppressions.add(repeated, START + 1);
    assert.equal(second.kind, "existing");
    assert.equal(second.kind === "existing" && second.suppression.id, id);
    const accept = (from: typeof sender, channel: "sms" | "email" = "sms") =>
      bench.accepts.accept(newAccept(bench, from, { channel, personal: { recipient: PERSON } }));
    assert.deepEqual(await accept(sender), { kind: "rejected", reason: "suppressed" });
    assert.deepEqual(await accept(sender, "email"), { kind: "accepted" });
    assert.deepEqual(await accept(other), { kind: "accepted" });
    const batch = [PERSON, "447700900124"].map((recipient) =>
      newAccept(bench, sender, { personal: { recipient }, inBatch: true })
    );
    assert.deepEqual((await bench.accepts.acceptMany(batch)).map(({ kind }) => kind), [
      "rejected",
      "accepted",
    ]);
    assert.equal(await countRows(bench.db, "outbox"), 3, "nothing of a rejected one is written");
    const found = await suppressions.findSuppressed(sender.serviceId, "sms", [
      "447700900124",
      PERSON,
    ]);
    assert.deepEqual([...found], [PERSON]);
    assert.equal(await suppressions.hasAny(sender.serviceId), true);
    assert.equal(await suppressions.lift(other.serviceId, id, "Not mine", START), undefined);
    const lifted = await suppressions.lift(sender.serviceId, id, "Signed", START + 2);
    assert.equal(typeof lifted === "object" && lifted.liftReason, "Signed");
    assert.equal(await suppressions.lift(sender.serviceId, id, "Again", START + 3), "lifted");
    assert.equal(await suppressions.hasAny(sender.serviceId), false);
    assert.deepEqual(await accept(sender), { kind: "accepted" });
  });

  test("findSuppressed: uses up nothing of the time that a request has for all its calls", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const refuse = () => {
      throw new Error("a call in the foreground");
    };
    const { findSuppressed } = createSuppressionStore({
      ...bench,
      db: { ...bench.db, read: refuse, readPoint: refuse, readLong: refuse },
    });
    assert.deepEqual([...await findSuppressed(sender.serviceId, "sms", [PERSON])], []);
  });

  test("accept: says in this order what rejects it: revision, idempotency key, suppression, limit", async () => {
    await using bench = await openBench(backend);
    const { suppressions } = storesOf(bench);
    const sender = await newSender(bench);
    const charge = { scope: "x", floor: 0, step: 1, limit: 0, expiresAt: START + DAY_MS };
    const charges = [{ ...charge, refusal: { kind: "unjudged" } as const }];
    const idempotency = { keyHash: "k", requestHash: "r", expiresAt: START + DAY_MS, answer: "" };
    await bench.accepts.accept(newAccept(bench, sender, { idempotency }));
    await suppressions.add({
      serviceId: sender.serviceId,
      id: crypto.randomUUID(),
      channel: "sms",
      recipient: newAccept(bench, sender).notification.personal.recipient,
      because: "operator",
      reason: "Asked",
    }, START);
    const reasonOf = async (plan: Parameters<typeof newAccept>[2]) => {
      const result = await bench.accepts.accept(newAccept(bench, sender, { charges, ...plan }));
      return result.kind === "rejected" ? result.reason : result.kind;
    };
    assert.equal(await reasonOf({ idempotency, revision: sender.revision + 9 }), "revision");
    assert.equal(await reasonOf({ idempotency }), "idempotency-key");
    assert.equal(await reasonOf({}), "suppressed");
  });

  test("a complaint: suppresses an e-mail's recipient once, and again after it was lifted; not of test keys", async () => {
    await using bench = await openBench(backend);
    const { suppressions } = storesOf(bench);
    const sender = await newSender(bench);
    const send = async (keyKind: "live" | "test", recipient: string) => {
      const accept = newAccept(bench, sender, {
        channel: "email",
        keyKind,
        personal: { recipient, to: recipient },
      });
      assert.deepEqual(await bench.accepts.accept(accept), { kind: "accepted" });
      return refOf(accept);
    };
    const complain = (ref: ReturnType<typeof refOf>) =>
      bench.receipts.receive([receipt(crypto.randomUUID(), "complaint", { ref })], START + 1);
    await complain(await send("test", "t@example.org"));
    assert.equal(await suppressions.hasAny(sender.serviceId), false);
    const refs = [await send("live", "a@example.org"), await send("live", "a@example.org")];
    for (const ref of refs) await complain(ref);
    const find = () => suppressions.find(sender.serviceId, "email", "a@example.org");
    const first = await find();
    assert.equal(first?.because, "complaint");
    assert.equal(first?.notificationId, refs[0]?.notificationId);
    await suppressions.lift(sender.serviceId, first?.id ?? "", "Sorry", START + 2);
    await complain(await send("live", "a@example.org"));
    const again = await find();
    assert.deepEqual([again?.liftedAt, again?.liftReason, again?.recipient], [
      undefined,
      undefined,
      "a@example.org",
    ]);
  });

  test("a hard bounce: suppresses an e-mail's recipient, until a correction takes it back", async () => {
    await using bench = await openBench(backend);
    const { suppressions } = storesOf(bench);
    const sender = await newSender(bench);
    const recipient = "a@example.org";
    const accept = newAccept(bench, sender, {
      channel: "email",
      personal: { recipient, to: recipient },
    });
    await bench.accepts.accept(accept);
    const move = (status: string, at: number) =>
      bench.db.write([{
        sql: "UPDATE notifications SET status = ?, status_at = ?",
        args: [status, at],
      }]);
    const find = () => suppressions.find(sender.serviceId, "email", recipient);
    await move("temporary-failure", START);
    assert.equal(await find(), undefined);
    await move("permanent-failure", START + 1);
    assert.deepEqual([(await find())?.because, (await find())?.liftedAt], [
      "hard-bounce",
      undefined,
    ]);
    await move("delivered", START + 2);
    assert.equal((await find())?.liftedAt, START + 2);
    await move("permanent-failure", START + 3);
    const again = await find();
    assert.deepEqual([again?.createdAt, again?.liftedAt], [START + 3, undefined]);
  });

  test("receive: stores a text and what it asks for once, under concurrent repetitions", async () => {
    await using bench = await openBench(backend);
    const { inbound, suppressions } = storesOf(bench);
    const { serviceId } = await newSender(bench);
    const number = { id: crypto.randomUUID(), number: NUMBER };
    assert.notEqual(await inbound.addNumber(serviceId, number, START), "taken");
    assert.equal((await inbound.findService(NUMBER))?.id, serviceId);
    assert.equal(await inbound.findService("447700900998"), undefined);
    const texts = Array.from(
      { length: 5 },
      () => textOf(bench, serviceId, { id: "m", keyword: "stop" }),
    );
    const stored = await Promise.all(texts.map((text) => inbound.receive(text, START)));
    assert.equal(stored.filter(Boolean).length, 1);
    assert.equal(
      (await inbound.list(serviceId, { olderThan: undefined, limit: 9 }, START)).length,
      1,
    );
    const suppressed = await suppressions.find(serviceId, "sms", PERSON);
    assert.equal(suppressed?.because, "opted-out");
    await inbound.receive(textOf(bench, serviceId, { keyword: "start" }), START + 1);
    assert.equal(await suppressions.hasAny(serviceId), false);
    await inbound.receive(textOf(bench, serviceId, { id: "m", keyword: "stop" }), START + 2);
    assert.equal(await suppressions.hasAny(serviceId), false, "a repeated STOP changes nothing");
    const another = createInboundStore(await bench.another());
    assert.equal((await another.findService(NUMBER))?.id, serviceId, "each process has one key");
    const ofPerson = { olderThan: undefined, limit: 9 };
    assert.equal((await another.listFrom(serviceId, PERSON, ofPerson, START)).length, 2);
    assert.equal((await another.listFrom(serviceId, "1", ofPerson, START)).length, 0);
    const all = await inbound.list(serviceId, { limit: 9 }, START);
    const above = { newerThan: all[1]?.id, limit: 9 };
    assert.deepEqual(await inbound.listFrom(serviceId, PERSON, above, START), [all[0]]);
    const [, last] = all;
    assert.deepEqual(await inbound.list(serviceId, { newerThan: last?.id, limit: 9 }, START), [
      all[0],
    ]);
    assert.deepEqual(await inbound.list(serviceId, { olderThan: all[0]?.id, limit: 9 }, START), [
      last,
    ]);
  });

  test("addNumber: one number for one service, under concurrent calls, and MAX_INBOUND_NUMBERS at most", async () => {
    await using bench = await openBench(backend);
    const { inbound } = storesOf(bench);
    const services = [await newSender(bench), await newSender(bench)];
    const added = await Promise.all(
      services.map(({ serviceId }) =>
        inbound.addNumber(serviceId, { id: crypto.randomUUID(), number: NUMBER }, START)
      ),
    );
    assert.equal(added.filter((each) => each === "taken").length, 1);
    const { serviceId } = await newSender(bench);
    const add = (at: number) =>
      inbound.addNumber(serviceId, { id: crypto.randomUUID(), number: String(60_000 + at) }, START);
    for (let at = 0; at < MAX_INBOUND_NUMBERS; at++) {
      assert.equal(typeof await add(at), "object");
    }
    assert.equal(await add(MAX_INBOUND_NUMBERS), "full");
    assert.equal((await inbound.listNumbers(serviceId)).length, MAX_INBOUND_NUMBERS);
  });
}
