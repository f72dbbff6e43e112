import assert from "node:assert/strict";
import { toRequest } from "../../../../adapters/providers/postmark/request.ts";
import { hang, reset, status } from "../../../support/stand_ins/scripted_server.ts";
import { startPostmark } from "../../../support/stand_ins/postmark.ts";
import { CALM, email, fault, receiptRequest, rejected, retry } from "../messages.ts";
import { postmarkAt, WEBHOOK, withPostmark } from "./bench.ts";

Deno.test("createPostmark.search: finds an e-mail by the id of its notification, and no other", async () => {
  await withPostmark(async (stand) => {
    const postmark = postmarkAt(stand.url);
    assert.deepEqual(await postmark.search.find(email(), 0, CALM), { kind: "found", messages: [] });
    const outcome = await postmark.send(email(), CALM);
    const other = { ...email().ref, notificationId: crypto.randomUUID() as never };
    await postmark.send(email({ ref: other }), CALM);
    assert(outcome.kind === "accepted");
    assert.deepEqual(await postmark.search.find(email(), 0, CALM), {
      kind: "found",
      messages: [{ kind: "accepted", providerMessageId: outcome.providerMessageId }],
    });
  });
});

Deno.test("createPostmark.search: tells a server that cannot answer now from one that cannot be asked", async () => {
  const cases = [
    [reset(), { kind: "unavailable", code: "network" }],
    [hang(), { kind: "unavailable", code: "timeout" }],
    [status(503, { ErrorCode: 100 }), { kind: "unavailable", code: "http-503" }],
    [status(401, { ErrorCode: 10 }), { kind: "unavailable", code: "http-401" }],
    [status(429, "", { "Retry-After": "3" }), {
      kind: "unavailable",
      code: "http-429",
      afterMs: 3_000,
    }],
    [status(404, ""), { kind: "unsupported", code: "http-404" }],
    [status(200, []), { kind: "unsupported", code: "http-200" }],
  ] as const;
  for (const [behaviour, result] of cases) {
    await withPostmark(async (stand) => {
      stand.always(behaviour);
      const postmark = postmarkAt(stand.url, { timeoutMs: 1_000 });
      assert.deepEqual(await postmark.search.find(email(), 0, CALM), result);
    });
  }
});

Deno.test("createPostmark.poll: reads deliveries and bounces, leaves out deferrals, and stops at 429", async () => {
  await withPostmark(async (stand) => {
    const postmark = postmarkAt(stand.url);
    const ids: string[] = [];
    for (let index = 0; index < 20; index++) {
      const outcome = await postmark.send(email(), CALM);
      if (outcome.kind === "accepted") ids.push(outcome.providerMessageId);
    }
    const [delivered = "", hard = "", transient = "", soft = ""] = ids;
    stand.settle(delivered, "Delivered");
    stand.settle(hard, { bounce: "HardBounce" });
    stand.settle(transient, { bounce: "Transient" });
    stand.settle(soft, { bounce: "SoftBounce" });
    const receipts = await postmark.poll(ids, CALM);
    const kinds = receipts.map((
      { providerMessageId, kind, code },
    ) => [providerMessageId, kind, code]);
    assert.deepEqual(
      kinds.toSorted(),
      [
        [delivered, "delivered", undefined],
        [hard, "permanent-failure", "HardBounce"],
        [soft, "temporary-failure", "SoftBounce"],
      ].toSorted(),
    );
    const before = stand.lookUps.length;
    stand.always(status(429));
    assert.deepEqual(await postmark.poll(ids, CALM), []);
    assert.ok(stand.lookUps.length - before <= 8);
  });
});

Deno.test("createPostmark.check: warns when the server tracks the opening of e-mails, and not when it does not answer", async () => {
  for (const trackOpens of [true, false]) {
    const stand = await startPostmark({
      token: "server-token",
      webhookUser: "u",
      webhookPassword: "p",
      trackOpens,
    });
    try {
      assert.equal((await postmarkAt(stand.url).check(CALM)).length, trackOpens ? 1 : 0);
      stand.always(reset());
      assert.deepEqual(await postmarkAt(stand.url).check(CALM), []);
    } finally {
      await stand.close();
    }
  }
});

Deno.test("createPostmark: uses the previous token for calls that the new one is refused for, and accepts both passwords of the webhook", async () => {
  await withPostmark(async (stand) => {
    const postmark = postmarkAt(stand.url, {
      serverToken: "new-token",
      previousServerToken: "server-token",
      webhook: { ...WEBHOOK, password: "a-new-password", previousPassword: WEBHOOK.password },
    });
    assert.equal((await postmark.send(email(), CALM)).kind, "accepted");
    const both = await postmark.batch.send([email(), email()], CALM);
    assert.deepEqual(both.map(({ kind }) => kind), ["accepted", "accepted"]);
    assert.equal(stand.accepted.length, 3);
    assert.equal((await postmark.search.find(email(), 0, CALM)).kind, "found");
    const passwords = [["a-new-password", true], [WEBHOOK.password, true], [
      "other",
      false,
    ]] as const;
    for (const [password, isOk] of [...passwords, ["", false], ["undefined", false]] as const) {
      const Authorization = `Basic ${btoa(`${WEBHOOK.user}:${password}`)}`;
      const request = receiptRequest(
        "/receipts/postmark",
        { Authorization },
        '{"RecordType":"Open","MessageID":"m"}',
      );
      assert.equal((await postmark.readReceipts(request)).ok, isOk, password);
    }
  });
});

Deno.test("toRequest: encodes the domains of addresses by IDNA, and refuses those that it cannot encode", () => {
  const request = toRequest(email({
    to: "ann@книга.укр",
    replyTo: "help@bücher.example",
    from: { name: "Книга", address: "a@книга.укр" },
  }));
  assert(request.ok);
  assert.equal(request.value.To, "ann@xn--80afohp.xn--j1amh");
  assert.equal(request.value.ReplyTo, "help@xn--bcher-kva.example");
  assert.equal(request.value.From, '"Книга" <a@xn--80afohp.xn--j1amh>');
  const bad = toRequest(email({ to: "ann@a\u200d\u0020ї.test" }));
  assert.deepEqual(bad, { ok: false, refusal: rejected(true, "bad-recipient") });
  // A comma that IDNA makes of a wide one adds no recipient.
  const wide = toRequest(email({ to: "ann@ї\uff0cbob" }));
  assert.deepEqual(wide, { ok: false, refusal: rejected(true, "bad-recipient") });
});

Deno.test("createPostmark.send: sends on the stream of the service, whose faults concern that service only", async () => {
  await withPostmark(async (stand) => {
    const postmark = postmarkAt(stand.url);
    assert.equal(
      (await postmark.send(email({ messageStream: "broadcast" }), CALM)).kind,
      "accepted",
    );
    assert.equal(stand.accepted[0]?.MessageStream, "broadcast");
    const own = email({ messageStream: "missing" });
    assert.deepEqual(await postmark.send(own, CALM), fault("service", "1235"));
    const batch = await postmark.batch.send([email(), own], CALM);
    assert.deepEqual(batch.map(({ kind }) => kind), ["accepted", "provider-fault"]);
    const missing = postmarkAt(stand.url, { messageStream: "missing" });
    assert.deepEqual(await missing.send(email(), CALM), fault("provider", "1235"));
    stand.next(status(503, { ErrorCode: 100, Message: "Maintenance" }, { "Retry-After": "60" }));
    assert.deepEqual(await postmark.send(email(), CALM), {
      ...retry("not-sent", "100"),
      afterMs: 60_000,
    });
  });
});
