import assert from "node:assert/strict";
import type { NotificationId } from "../../domain/ids.ts";
import { REQUESTS_KEPT_MS } from "../../domain/unsubscribe/unsubscribe.ts";
import type { Backend } from "./backends.ts";
import { accepted, countRows, newSender, openBench, START } from "./isolate.ts";

const NOTHING = "0195f000-0000-7000-8000-000000000000" as NotificationId;

/** The contract of {@link UnsubscribeStore}. */
export function unsubscribesContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`UnsubscribeStore ${name} (${backend.name})`, run);

  test("find: returns the message of a token only, in every isolate", async () => {
    await using bench = await openBench(backend);
    const [one, two] = [await newSender(bench), await newSender(bench)];
    const [mine, other] = [await accepted(bench, one), await accepted(bench, one)];
    const theirs = await accepted(bench, two);
    const token = await bench.unsubscribes.issueToken(mine);
    const elsewhere = await bench.another();
    assert.match(token, /^[A-Za-z0-9_-]{64}$/);
    assert.equal(await elsewhere.unsubscribes.issueToken(mine), token);
    for (const { unsubscribes } of [bench, elsewhere]) {
      assert.deepEqual(await unsubscribes.find(mine.notificationId, token), {
        kind: "message",
        ref: mine,
        serviceName: "Library",
        requested: false,
      });
      for (const { notificationId } of [other, theirs, { notificationId: NOTHING }]) {
        assert.deepEqual(await unsubscribes.find(notificationId, token), { kind: "forged" });
      }
    }
    const gone = await bench.unsubscribes.issueToken({ ...mine, notificationId: NOTHING });
    assert.deepEqual(await bench.unsubscribes.find(NOTHING, gone), { kind: "gone" });
  });

  test("find: rejects a token that differs in one character, is truncated or is of another service", async () => {
    await using bench = await openBench(backend);
    const ref = await accepted(bench, await newSender(bench));
    const theirs = await bench.unsubscribes.issueToken(
      await accepted(bench, await newSender(bench)),
    );
    const token = await bench.unsubscribes.issueToken(ref);
    const forged = [
      "",
      token.slice(1),
      `${token}A`,
      `${token.slice(0, -1)}=`,
      "A".repeat(64),
      // Another service's id before our HMAC, and ours before another's.
      theirs.slice(0, 20) + token.slice(20),
      token.slice(0, 24) + theirs.slice(24),
      "\u0000".repeat(64),
      "a".repeat(100_000),
    ];
    for (let at = 0; at < token.length; at += 7) {
      forged.push(token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1));
    }
    for (const each of forged) {
      const link = await bench.unsubscribes.find(ref.notificationId, each);
      assert.deepEqual(link, { kind: "forged" }, each.slice(0, 70));
    }
  });

  test("request: is recorded once, with its event in the timeline", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender);
    const other = await bench.another();
    const requests = await Promise.all(
      [bench, other, bench].map(({ unsubscribes }) => unsubscribes.request(ref, START + 5)),
    );
    assert.deepEqual(requests, [true, true, true]);
    const events = await bench.notifications.timeline(ref);
    assert.deepEqual(events?.filter(({ kind }) => kind === "unsubscribed"), [
      { at: START + 5, kind: "unsubscribed", facts: {} },
    ]);
    const link = await other.unsubscribes.find(
      ref.notificationId,
      await bench.unsubscribes.issueToken(ref),
    );
    assert.ok(link.kind === "message" && link.requested);
    const unknown = await bench.unsubscribes.request({ ...ref, notificationId: NOTHING }, START);
    assert.equal(unknown, false);
    assert.equal(await countRows(bench.db, "unsubscribe_requests"), 1);
  });

  test("list: returns a service's requests, newest first, in pages, with the recipient while it is kept", async () => {
    await using bench = await openBench(backend);
    const [sender, stranger] = [await newSender(bench), await newSender(bench)];
    const refs = [];
    for (const to of ["a@example.org", "b@example.org", "c@example.org"]) {
      const ref = await accepted(bench, sender, { channel: "email", personal: { to } });
      bench.time.now += 1;
      await bench.unsubscribes.request(ref, bench.time.now);
      refs.push(ref);
    }
    await bench.unsubscribes.request(await accepted(bench, stranger), START);
    const first = await bench.unsubscribes.list(sender.serviceId, {}, 2);
    assert.deepEqual(first.map(({ to }) => to), ["c@example.org", "b@example.org"]);
    assert.deepEqual(
      first.map(({ notificationId, at, templateId }) => [
        notificationId,
        at,
        templateId,
      ]),
      [
        [refs[2]?.notificationId, START + 3, sender.templateId],
        [refs[1]?.notificationId, START + 2, sender.templateId],
      ],
    );
    const second = await bench.unsubscribes.list(sender.serviceId, { olderThan: first[1]?.id }, 2);
    assert.deepEqual(second.map(({ to }) => to), ["a@example.org"]);
    const above = { newerThan: second[0]?.id };
    const next = await bench.unsubscribes.list(sender.serviceId, above, 1);
    assert.deepEqual(next.map(({ to }) => to), ["b@example.org"]);
    assert.deepEqual(await bench.unsubscribes.list(sender.serviceId, above, 9), first);
    await bench.db.write(["DELETE FROM notifications"]);
    const later = await bench.unsubscribes.list(sender.serviceId, {}, 9);
    assert.deepEqual(later.map(({ to }) => to), [undefined, undefined, undefined]);
    const [ref] = refs;
    assert.ok(ref);
    const link = await bench.unsubscribes.find(
      ref.notificationId,
      await bench.unsubscribes.issueToken(ref),
    );
    assert.equal(link.kind, "message", "what was asked for stays so without the message");
  });

  test("purge: deletes requests after ninety days, not before", async () => {
    await using bench = await openBench(backend);
    const ref = await accepted(bench, await newSender(bench));
    await bench.unsubscribes.request(ref, START);
    await bench.db.write(["DELETE FROM outbox", "DELETE FROM notifications"]);
    await bench.retention.purge(START + REQUESTS_KEPT_MS, 100);
    assert.equal(await countRows(bench.db, "unsubscribe_requests"), 1);
    assert.equal(await bench.retention.purge(START + REQUESTS_KEPT_MS + 1, 100), 1);
    assert.equal(await countRows(bench.db, "unsubscribe_requests"), 0);
  });
}
