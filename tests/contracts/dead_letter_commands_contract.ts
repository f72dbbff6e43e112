import assert from "node:assert/strict";
import {
  COMMAND_STEP,
  createDeadLetterStore,
} from "../../adapters/libsql/dead_letters/dead_letters.ts";
import {
  COMMANDS_KEPT_MS,
  MAX_COMMANDS_UNDER_WAY,
  MAX_DEAD_LETTERS_COUNTED,
  MAX_DEAD_LETTERS_SCANNED,
  parseCommandId,
} from "../../domain/dead_letters/dead_letter.ts";
import type { NotificationRef } from "../../domain/ids.ts";
import type { Backend } from "./backends.ts";
import { statusOf } from "./correction_steps.ts";
import { deadLetter, deadLettersOf, EVERY, idsOf } from "./dead_letters_contract.ts";
import {
  type Bench,
  countRows,
  type Isolate,
  newSender,
  openBench,
  receipt,
  START,
} from "./isolate.ts";

/** A command that is given now. */
export function newDeadLetterCommand(
  { clock }: Pick<Isolate, "clock">,
  action: "redrive" | "drop" = "redrive",
  filter = {},
) {
  const id = parseCommandId(clock.newId());
  if (id === undefined) throw new Error("a new id is not valid");
  return { id, action, filter, reason: action === "drop" ? "out-of-date" : null };
}

async function takeSteps(bench: Bench): Promise<number> {
  let steps = 0;
  while (await deadLettersOf(bench).takeStep(bench.time.now)) steps++;
  return steps;
}

/** The contract of the commands of {@link DeadLetterStore}, which work through the dead letters of a filter. */
export function deadLetterCommandsContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`DeadLetterStore ${name} (${backend.name})`, run);

  test("takeStep: redrives all of a filter that failed before the command, in steps, and counts the others by reason", async () => {
    await using bench = await openBench(backend);
    const [sender, other] = [await newSender(bench), await newSender(bench)];
    const refs: NotificationRef[] = [];
    for (let n = 0; n < COMMAND_STEP + 2; n++) {
      refs.push(
        await deadLetter(bench, sender, n === 0 ? { delivery: { validUntil: START + 1 } } : {}),
      );
    }
    const foreign = await deadLetter(bench, other);
    bench.time.now += 1_000;
    const store = deadLettersOf(bench);
    const filter = { serviceId: sender.serviceId };
    const given = newDeadLetterCommand(bench, "redrive", filter);
    const command = await store.command(given, bench.time.now);
    const fresh = { ...given, matched: refs.length, done: 0, skipped: {} };
    assert.deepEqual(command, { ...fresh, createdAt: bench.time.now, finishedAt: null });
    const again = await store.command(
      newDeadLetterCommand(bench, "redrive", filter),
      bench.time.now + 1,
    );
    assert.deepEqual(again, command, "an equal command under way");
    const last = refs.at(-1);
    assert.ok(last !== undefined);
    await bench.receipts.receive([receipt("m", "delivered", { ref: last })], bench.time.now);
    bench.time.now += 1;
    const later = await deadLetter(bench, sender);
    assert.equal(await takeSteps(bench), 2);
    assert.deepEqual(await store.getCommand(given.id), {
      ...command,
      done: COMMAND_STEP,
      skipped: { expired: 1, "not-failed": 1 },
      finishedAt: bench.time.now,
    });
    assert.equal(await countRows(bench.db, "outbox"), COMMAND_STEP);
    const left = [later, foreign, refs[0]].map((ref) => ref?.notificationId);
    assert.deepEqual(await idsOf(bench), left);
    assert.equal(await store.takeStep(bench.time.now), false);
  });

  test("takeStep: a step that was lost is taken again as a whole, and one that two processes take changes the counts once", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    for (let n = 0; n < COMMAND_STEP + 1; n++) await deadLetter(bench, sender);
    const store = deadLettersOf(bench);
    const given = newDeadLetterCommand(bench);
    await store.command(given, bench.time.now);
    const broken = createDeadLetterStore(
      {
        ...bench.db,
        background: {
          ...bench.db.background,
          write: () => Promise.reject(new Error("the process was killed")),
        },
      },
      bench.clock,
      bench.audit,
    );
    await assert.rejects(broken.takeStep(bench.time.now));
    assert.equal((await store.getCommand(given.id))?.done, 0);
    const others = await Promise.all([bench.another(), bench.another()]);
    while (
      (await Promise.all(others.map((other) => deadLettersOf(other).takeStep(bench.time.now))))
        .includes(true)
    );
    const { done, skipped, matched } = await store.getCommand(given.id) ?? {};
    assert.deepEqual({ done, skipped, matched }, {
      done: COMMAND_STEP + 1,
      skipped: {},
      matched: COMMAND_STEP + 1,
    });
    assert.equal(await countRows(bench.db, "outbox"), COMMAND_STEP + 1);
  });

  test("takeStep: of a drop, drops with the reason and counts what was dropped before as no match", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const store = deadLettersOf(bench);
    const [first, second] = [await deadLetter(bench, sender), await deadLetter(bench, sender)];
    await store.drop(first, "by-hand", bench.time.now);
    const given = newDeadLetterCommand(bench, "drop");
    assert.equal((await store.command(given, bench.time.now))?.matched, 1);
    assert.equal(await takeSteps(bench), 1);
    assert.equal((await store.getCommand(given.id))?.done, 1);
    const { deadLetters } = await store.list({}, { ...EVERY, isDropped: true });
    assert.deepEqual(
      deadLetters.map(({ notificationId, dropReason }) => [notificationId, dropReason]),
      [[second.notificationId, "out-of-date"], [first.notificationId, "by-hand"]],
    );
    assert.equal(await statusOf(bench, second), "technical-failure");
    await bench.receipts.receive([receipt("m", "delivered", { ref: second })], bench.time.now);
    assert.equal(await statusOf(bench, second), "delivered", "a later report corrects it");
  });

  test(`command: ${MAX_COMMANDS_UNDER_WAY} under way, and not one more; those that ended are deleted after 90 days`, async () => {
    await using bench = await openBench(backend);
    const store = deadLettersOf(bench);
    const filters = Array.from({ length: MAX_COMMANDS_UNDER_WAY }, (_, n) => ({ reason: `${n}` }));
    for (const filter of filters) {
      assert.ok(
        await store.command(newDeadLetterCommand(bench, "redrive", filter), START) !== undefined,
      );
    }
    assert.equal(await store.command(newDeadLetterCommand(bench), START), undefined);
    assert.equal(await takeSteps(bench), MAX_COMMANDS_UNDER_WAY);
    assert.ok(await store.command(newDeadLetterCommand(bench), START) !== undefined);
    await bench.retention.purge(START + COMMANDS_KEPT_MS, 100);
    assert.equal(await countRows(bench.db, "dead_letter_commands"), MAX_COMMANDS_UNDER_WAY + 1);
    await bench.retention.purge(START + COMMANDS_KEPT_MS + 1, 100);
    assert.equal(await countRows(bench.db, "dead_letter_commands"), 1);
  });

  test(`count, list, command: ${MAX_DEAD_LETTERS_COUNTED} are counted and ${MAX_DEAD_LETTERS_SCANNED} looked at for a page or a step`, async () => {
    await using bench = await openBench(backend);
    const { serviceId } = await newSender(bench);
    const store = deadLettersOf(bench);
    const insert = (from: number, to: number) => ({
      sql: `WITH RECURSIVE v(value) AS (SELECT ${from} UNION ALL
          SELECT value + 1 FROM v WHERE value < ${to})
        INSERT INTO dead_letters (notification_id, service_id, channel, reason, failed_at)
        SELECT unhex(printf('%032x', value)), unhex(?1, '-'), 'sms',
          iif(value = 1, 'first', 'x'), ${START} FROM v`,
      args: [serviceId],
    });
    const first = "00000000-0000-0000-0000-000000000001";
    await bench.db.write([insert(1, MAX_DEAD_LETTERS_SCANNED)]);
    const found = await store.list({ reason: "first" }, EVERY);
    assert.deepEqual(found.deadLetters.map(({ notificationId }) => notificationId), [first]);
    await bench.db.write([insert(MAX_DEAD_LETTERS_SCANNED + 1, MAX_DEAD_LETTERS_COUNTED)]);
    const page = await store.list({ reason: "first" }, EVERY);
    assert.deepEqual(page.deadLetters, []);
    assert.ok(page.next !== undefined, "another page follows");
    const all = await store.count();
    assert.deepEqual([all.counts.map(({ messages }) => messages), all.isComplete], [
      [MAX_DEAD_LETTERS_COUNTED - 1, 1],
      true,
    ]);
    const given = newDeadLetterCommand(bench, "redrive", { reason: "none" });
    assert.equal((await store.command(given, START))?.matched, 0);
    const steps = MAX_DEAD_LETTERS_COUNTED / MAX_DEAD_LETTERS_SCANNED;
    assert.equal(await takeSteps(bench), steps + 1);
    await bench.db.write([insert(MAX_DEAD_LETTERS_COUNTED + 1, MAX_DEAD_LETTERS_COUNTED + 1)]);
    assert.equal((await store.count()).isComplete, false);
    assert.equal((await store.command(newDeadLetterCommand(bench), START))?.matched, null);
  });
}
