import assert from "node:assert/strict";
import type { SenderId, ServiceId } from "../../domain/ids.ts";
import { MAX_SENDERS } from "../../domain/service/sender.ts";
import type { Channel } from "../../domain/service/service.ts";
import type { Backend } from "./backends.ts";
import { type Bench, newSender, openBench, START } from "./isolate.ts";

const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000" as ServiceId;
const NO_SENDER = "00000000-0000-4000-8000-000000000000" as SenderId;

function sender(value: string, isDefault = false, channel: Channel = "email") {
  return { id: crypto.randomUUID() as SenderId, channel, value, isDefault };
}

async function defaultsOf({ management }: Bench, id: ServiceId, channel: Channel = "email") {
  const senders = await management.listSenders(id, channel);
  return senders.filter(({ isDefault }) => isDefault).map(({ value }) => value);
}

/** The contract of {@link ManagementStore} about senders. */
export function sendersContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`ManagementStore ${name} (${backend.name})`, run);

  test("createSender: returns the sender as lists and sending contexts have it", async () => {
    await using bench = await openBench(backend);
    const { management, contexts } = bench;
    const { serviceId } = await newSender(bench);
    const other = await newSender(bench);
    const [one, two] = [sender("a@example.org"), sender("MUSEUM", true, "sms")];
    const created = await management.createSender(serviceId, one, START);
    assert.deepEqual(created, { ...one, createdAt: START, updatedAt: START });
    const text = await management.createSender(serviceId, two, START + 1);
    assert.deepEqual(text, { ...two, createdAt: START + 1, updatedAt: START + 1 });
    assert.deepEqual(await management.listSenders(serviceId, "email"), [created]);
    assert.deepEqual(await management.listSenders(serviceId, "sms"), [text]);
    assert.deepEqual(await management.listSenders(other.serviceId, "email"), []);
    const context = await contexts.load(serviceId, { fresh: false });
    assert.deepEqual(context?.senders, [created, text]);
    const same = await management.createSender(other.serviceId, { ...one, isDefault: true }, START);
    assert.ok(typeof same === "object", "another service may have the same");
    assert.equal(
      await management.createSender(UNKNOWN_ID, sender("a@example.org"), START),
      undefined,
    );
  });

  test("createSender, updateSender: concurrent calls leave one default for each channel", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId } = await newSender(bench);
    const other = await bench.another();
    const senders = Array.from({ length: 6 }, (_, i) => sender(`${i}@example.org`, true));
    await Promise.all(
      senders.map((each, i) =>
        (i % 2 ? bench : other).management.createSender(serviceId, each, START)
      ),
    );
    assert.equal((await defaultsOf(bench, serviceId)).length, 1);
    await management.createSender(serviceId, sender("TEXT", true, "sms"), START);
    const [first] = senders;
    assert.ok(first);
    const changed = await management.updateSender(
      serviceId,
      first.id,
      { isDefault: true },
      START + 1,
    );
    assert.ok(typeof changed === "object" && changed.isDefault);
    assert.deepEqual(await defaultsOf(bench, serviceId), ["0@example.org"]);
    await management.updateSender(serviceId, first.id, { isDefault: false }, START + 2);
    assert.deepEqual(await defaultsOf(bench, serviceId), []);
    assert.deepEqual(
      await defaultsOf(bench, serviceId, "sms"),
      ["TEXT"],
      "the other channel's stays",
    );
  });

  test("updateSender: changes all given fields, or none when another sender has the value", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId } = await newSender(bench);
    const stranger = await newSender(bench);
    const [one, two] = [sender("a@example.org", true), sender("b@example.org")];
    for (const each of [one, two]) await management.createSender(serviceId, each, START);
    const before = await management.listSenders(serviceId, "email");
    const update = (id: SenderId, change: { value?: string; isDefault?: boolean }) =>
      management.updateSender(serviceId, id, change, START + 5);
    assert.equal(await update(two.id, { value: "a@example.org", isDefault: true }), "taken");
    assert.deepEqual(await management.listSenders(serviceId, "email"), before);
    const changed = await update(two.id, { value: "c@example.org", isDefault: true });
    const expected = { ...two, value: "c@example.org", isDefault: true };
    assert.deepEqual(changed, { ...expected, createdAt: START, updatedAt: START + 5 });
    assert.deepEqual(await defaultsOf(bench, serviceId), ["c@example.org"]);
    assert.deepEqual(await update(two.id, { value: "c@example.org" }), changed, "its own value");
    assert.equal(await update(NO_SENDER, { isDefault: true }), undefined);
    const elsewhere = await management.updateSender(stranger.serviceId, one.id, {}, START);
    assert.equal(elsewhere, undefined, "another service's is not there");
  });

  test("createSender: refuses a value that the channel has, and senders beyond the maximum", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId } = await newSender(bench);
    const add = (value: string, isDefault = false, channel: Channel = "email") =>
      management.createSender(serviceId, sender(value, isDefault, channel), START);
    await add("0@example.org", true);
    assert.equal(await add("0@example.org", true), "taken");
    assert.deepEqual(await defaultsOf(bench, serviceId), ["0@example.org"]);
    for (let i = 1; i < MAX_SENDERS; i++) {
      assert.ok(typeof await add(`${i}@example.org`) === "object");
    }
    assert.equal(await add("more@example.org", true), "full");
    assert.deepEqual(await defaultsOf(bench, serviceId), ["0@example.org"], "nothing was changed");
    assert.ok(
      typeof await add("TEXT", false, "sms") === "object",
      "each channel has its own maximum",
    );
  });

  test("changes: every change of senders raises the service's revision", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId } = await newSender(bench);
    const email = sender("a@example.org");
    const changes: Readonly<Record<string, () => Promise<unknown>>> = {
      createSender: () => management.createSender(serviceId, email, START),
      updateSender: () => management.updateSender(serviceId, email.id, { isDefault: true }, START),
      deleteSender: () => management.deleteSender(serviceId, email.id, START),
    };
    for (const [name, change] of Object.entries(changes)) {
      const before = (await management.getService(serviceId))?.revision ?? 0;
      assert.ok(await change(), name);
      assert.equal((await management.getService(serviceId))?.revision, before + 1, name);
    }
    assert.deepEqual(await management.listSenders(serviceId, "email"), []);
    assert.equal(await management.deleteSender(serviceId, email.id, START), false);
  });
}
