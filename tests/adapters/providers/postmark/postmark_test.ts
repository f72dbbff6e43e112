import assert from "node:assert/strict";
import { OWN_HEADERS } from "../../../../adapters/providers/shared/email_fields.ts";
import { createPostmark } from "../../../../adapters/providers/postmark/postmark.ts";
import { toRequest } from "../../../../adapters/providers/postmark/request.ts";
import { fromResponse } from "../../../../adapters/providers/postmark/answers.ts";
import type { OutgoingEmail } from "../../../../domain/delivery/outgoing_message.ts";
import type { SendOutcome } from "../../../../domain/ports/provider.ts";
import { status } from "../../../support/stand_ins/scripted_server.ts";
import { CALM, email, fault, REF, rejected, retry, sms } from "../messages.ts";
import { postmarkAt, startStandIn, WEBHOOK, withPostmark } from "./bench.ts";
import { testProvider } from "../provider_contract.ts";

Deno.test("toRequest: has every field in Postmark's form", () => {
  const message = email({
    replyTo: "help@hark.test",
    headers: { "List-Unsubscribe": "<https://hark.test/u/1>" },
  });
  assert.deepEqual(toRequest(message), {
    ok: true,
    value: {
      From: '"Passport Office" <passports@hark.test>',
      To: "ann@example.test",
      ReplyTo: "help@hark.test",
      Subject: "Your passport",
      HtmlBody: "<p>It is ready.</p>",
      TextBody: "It is ready.",
      MessageStream: "outbound",
      Metadata: { notification_id: REF.notificationId, service_id: REF.serviceId },
      TrackOpens: false,
      TrackLinks: "None",
      Headers: [{ Name: "List-Unsubscribe", Value: "<https://hark.test/u/1>" }],
    },
  });
});

Deno.test("toRequest: quotes the sender's name", () => {
  const cases: readonly (readonly [string, string])[] = [
    ['Joe "Boss" Smith', '"Joe \\"Boss\\" Smith" <a@hark.test>'],
    ["back\\slash", '"back\\\\slash" <a@hark.test>'],
    ["Evil\r\nBcc: all@example.test", '"Evil Bcc: all@example.test" <a@hark.test>'],
    ['x" <evil@example.test>, "y', '"x\\" <evil@example.test>, \\"y" <a@hark.test>'],
    ["Line\u2028Separator\u0000", '"Line Separator" <a@hark.test>'],
    ["Дія, Київ", '"Дія, Київ" <a@hark.test>'],
    ["  \n ", "a@hark.test"],
  ];
  for (const [name, from] of cases) {
    const request = toRequest(email({ from: { name, address: "a@hark.test" } }));
    assert.equal(request.ok && request.value.From, from);
  }
});

Deno.test("toRequest: puts subject and header values on one line", () => {
  const request = toRequest(email({
    subject: "Hello\r\nBcc: all@example.test",
    headers: { "X-Note": "one\r\nBcc: all@example.test" },
  }));
  assert(request.ok);
  assert.equal(request.value.Subject, "Hello Bcc: all@example.test");
  assert.deepEqual(request.value.Headers, [{
    Name: "X-Note",
    Value: "one Bcc: all@example.test",
  }]);
});

Deno.test("toRequest: asks Postmark to keep the Message-ID only when the message has one", () => {
  for (const name of ["Message-ID", "message-id"]) {
    const request = toRequest(email({ headers: { [name]: "<1@hark.test>\r\nBcc: a@b.test" } }));
    assert(request.ok);
    assert.deepEqual(request.value.Headers, [
      { Name: name, Value: "<1@hark.test> Bcc: a@b.test" },
      { Name: "X-PM-KeepID", Value: "true" },
    ]);
  }
  const without = toRequest(email({ headers: { "X-Note": "one" } }));
  assert.deepEqual(without.ok && without.value.Headers, [{ Name: "X-Note", Value: "one" }]);
});

Deno.test("toRequest: refuses addresses that are not one bare address, and invalid header names", () => {
  const ann = "ann@example.test";
  const from = (address: string) => ({ from: { name: "A", address } });
  const cases: readonly (readonly [Partial<OutgoingEmail>, boolean, string])[] = [
    [{ to: `${ann}, bob@example.test` }, true, "bad-recipient"],
    [{ to: `${ann}\r\nBcc: bob@example.test` }, true, "bad-recipient"],
    [{ to: `Ann <${ann}>` }, true, "bad-recipient"],
    [{ to: `${ann};bob@example.test` }, true, "bad-recipient"],
    [{ to: `ann@example.test\u2028` }, true, "bad-recipient"],
    [{ to: "ann" }, true, "bad-recipient"],
    [{ to: "" }, true, "bad-recipient"],
    [from("a@hark.test>\r\nBcc: x"), false, "bad-sender"],
    [{ replyTo: "a@hark.test, b@hark.test" }, false, "bad-reply-to"],
    [{ headers: { "X-A\r\nBcc": "x" } }, false, "bad-header"],
    [{ headers: { "X-A: y": "x" } }, false, "bad-header"],
    [{ headers: { "": "x" } }, false, "bad-header"],
    [{ headers: { "Date": "Thu, 1 Jan 2026 00:00:00 +0000" } }, false, "bad-header"],
    [{ headers: { "reply-TO": "a@hark.test" } }, false, "bad-header"],
  ];
  for (const [fields, permanent, code] of cases) {
    const refusal = { kind: "rejected", permanent, code };
    assert.deepEqual(toRequest(email(fields)), { ok: false, refusal });
  }
});

Deno.test("OWN_HEADERS: lists the headers that Postmark refuses with the code of a bad address", async () => {
  await withPostmark(async (postmark) => {
    for (const Name of [...OWN_HEADERS, "Date", "Message-ID", "Content-Language"]) {
      const response = await fetch(`${postmark.url}/email`, {
        method: "POST",
        headers: {
          "X-Postmark-Server-Token": "server-token",
          "Content-Type": "application/json",
          "Accept": "application/json",
        },
        body: JSON.stringify({
          From: "a@hark.test",
          To: "ann@example.test",
          Subject: "S",
          TextBody: "x",
          Headers: [{ Name, Value: "x" }],
        }),
      });
      const { ErrorCode } = await response.json();
      assert.equal(ErrorCode, OWN_HEADERS.has(Name.toLowerCase()) ? 300 : 0, Name);
    }
  });
});

Deno.test("fromResponse: classifies every answer", () => {
  const accepted = { kind: "accepted", providerMessageId: "m1" } as const;
  const cases: readonly (readonly [number, unknown, SendOutcome])[] = [
    [200, { ErrorCode: 0, MessageID: "m1", Message: "OK" }, accepted],
    [200, { ErrorCode: 406, Message: "inactive" }, rejected(true, "406")],
    [200, { ErrorCode: 0, MessageID: "" }, retry("unknown", "bad-answer")],
    [200, { ErrorCode: 0 }, retry("unknown", "bad-answer")],
    [200, "<html>", retry("unknown", "bad-answer")],
    [200, null, retry("unknown", "bad-answer")],
    [200, [], retry("unknown", "bad-answer")],
    [302, {}, retry("unknown", "http-302")],
    [401, { ErrorCode: 10 }, fault("provider", "10")],
    [401, "", retry("not-sent", "http-401")],
    [403, "", retry("not-sent", "http-403")],
    [404, "", retry("not-sent", "http-404")],
    [408, "", retry("unknown", "http-408")],
    [413, "", rejected(false, "http-413")],
    [422, { ErrorCode: 10 }, fault("provider", "10")],
    [422, { ErrorCode: 100 }, retry("not-sent", "100")],
    [422, { ErrorCode: 300 }, rejected(false, "300")],
    [422, { ErrorCode: 300, Message: "Invalid 'To' address: 'a'." }, rejected(true, "300")],
    [422, { ErrorCode: 300, Message: "Error parsing 'To': a" }, rejected(true, "300")],
    [422, { ErrorCode: 300, Message: "Invalid 'Cc' address: 'a'." }, rejected(true, "300")],
    [422, { ErrorCode: 300, Message: "Invalid 'Bcc' address: 'a'." }, rejected(true, "300")],
    [422, { ErrorCode: 300, Message: "Invalid 'From' address: 'a'." }, rejected(false, "300")],
    [422, { ErrorCode: 300, Message: "Invalid 'ReplyTo' address." }, rejected(false, "300")],
    [422, { ErrorCode: 300, Message: "Invalid metadata 'To'." }, rejected(false, "300")],
    [422, { ErrorCode: 400 }, fault("provider", "400")],
    [422, { ErrorCode: 401 }, fault("provider", "401")],
    [422, { ErrorCode: 405 }, fault("provider", "405")],
    [422, { ErrorCode: 412 }, fault("provider", "412")],
    [422, { ErrorCode: 413 }, fault("provider", "413")],
    [422, { ErrorCode: 406 }, rejected(true, "406")],
    [422, { ErrorCode: 409 }, rejected(false, "409")],
    [422, { ErrorCode: 429 }, retry("not-sent", "429")],
    [422, { ErrorCode: 1235 }, fault("provider", "1235")],
    [422, { ErrorCode: "constructor" }, rejected(false, "http-422")],
    [422, "", rejected(false, "http-422")],
    [429, {}, retry("not-sent", "http-429")],
    [500, { ErrorCode: 300 }, retry("unknown", "300")],
    [502, "<html>", retry("unknown", "http-502")],
    [503, {}, retry("unknown", "http-503")],
    [503, { ErrorCode: 100 }, retry("not-sent", "100")],
    [500, { ErrorCode: 100 }, retry("unknown", "100")],
    [503, { ErrorCode: 406 }, retry("unknown", "406")],
    [504, {}, retry("unknown", "http-504")],
  ];
  for (const [status, body, outcome] of cases) {
    assert.deepEqual(fromResponse({ status, body, retryAfter: undefined }), outcome, `${status}`);
  }
});

Deno.test("fromResponse: returns Postmark's Retry-After", () => {
  const after = (retryAfter: string) => fromResponse({ status: 429, body: {}, retryAfter });
  const limited = { kind: "retry", outcome: "not-sent", code: "http-429" };
  assert.deepEqual(after("7"), { ...limited, afterMs: 7000 });
  assert.deepEqual(after("Wed, 21 Oct 2015 07:28:00 GMT"), limited);
  assert.deepEqual(after("-1"), limited);
});

Deno.test("createPostmark.send: sends an e-mail and returns its id", async () => {
  await withPostmark(async (postmark) => {
    const headers = { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" };
    const message = email({ subject: "Ваш паспорт", replyTo: "help@hark.test", headers });
    const outcome = await postmarkAt(postmark.url).send(message, CALM);
    const [accepted] = postmark.accepted;
    assert(accepted !== undefined);
    assert.deepEqual(outcome, { kind: "accepted", providerMessageId: accepted.MessageID });
    assert.equal(accepted.Subject, "Ваш паспорт");
    assert.equal(accepted.Metadata?.["service_id"], REF.serviceId);
  });
});

testProvider({
  name: "createPostmark",
  start: startStandIn,
  connect: postmarkAt,
  message: email(),
  foreign: sms(),
  takenBy: ({ accepted }) => accepted.length,
  unreachable: "no-connection",
  answers: [
    [status(401, { ErrorCode: 10, Message: "no" }), fault("provider", "10")],
    [status(422, { ErrorCode: 300, Message: "no" }), rejected(false, "300")],
    [status(422, { ErrorCode: 300, Message: "Invalid 'To' address: 'a'." }), rejected(true, "300")],
    [status(503, { ErrorCode: 100, Message: "Maintenance" }), retry("not-sent", "100")],
    // The client fails on a `Message` that is not a string and loses the error code, but not the status.
    [status(422, { ErrorCode: 406, Message: 5 }), rejected(false, "http-422")],
    [status(422, { ErrorCode: 412, Message: "no" }), fault("provider", "412")],
    [status(500, { ErrorCode: 0 }), retry("unknown", "http-500")],
  ],
});

Deno.test("createPostmark.send: rejects a recipient who bounced, and retries after a wrong token", async () => {
  await withPostmark(async (postmark) => {
    postmark.deactivate("ann@example.test");
    const refused = await postmarkAt(postmark.url).send(email(), CALM);
    assert.deepEqual(refused, rejected(true, "406"));
    const stranger = postmarkAt(postmark.url, { serverToken: "another" });
    assert.deepEqual(await stranger.send(email(), CALM), fault("provider", "10"));
  });
});

Deno.test("createPostmark.send: makes no call when the message is invalid", async () => {
  await withPostmark(async (postmark) => {
    const outcome = await postmarkAt(postmark.url).send(email({ to: "a@b.test,c@d.test" }), CALM);
    assert.deepEqual(outcome, rejected(true, "bad-recipient"));
    assert.equal(postmark.calls.length, 0);
  });
});

Deno.test("createPostmark: accepts a base URL with a path and a trailing slash", async () => {
  const urls: string[] = [];
  const fetch = (input: string | URL | Request) => {
    urls.push(String(input));
    return Promise.resolve(Response.json({ ErrorCode: 0, MessageID: "m1" }));
  };
  for (const baseUrl of ["https://api.postmarkapp.com", "http://127.0.0.1:9123/proxy/"]) {
    const config = { serverToken: "t", baseUrl, webhook: WEBHOOK };
    await createPostmark(config, { fetch }).send(email(), CALM);
  }
  assert.deepEqual(urls, [
    "https://api.postmarkapp.com/email",
    "http://127.0.0.1:9123/proxy/email",
  ]);
});

Deno.test("toRequest: names the attempt in the metadata after the first attempt", () => {
  const metadataOf = (fields: Parameters<typeof email>[0]) => {
    const request = toRequest(email(fields));
    return request.ok ? request.value.Metadata : undefined;
  };
  assert.equal(metadataOf({})?.["attempt"], undefined);
  assert.equal(metadataOf({ attempt: 2 })?.["attempt"], "2");
});
