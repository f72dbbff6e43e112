import assert from "node:assert/strict";
import {
  MAX_REPLY_BYTES,
  SMTP_POOL,
} from "../../../../adapters/providers/smtp/nodemailer_transport.ts";
import type { SendOutcome } from "../../../../domain/ports/provider.ts";
import type { SmtpMisbehaviour, SmtpStep } from "../../../support/stand_ins/smtp.ts";
import { assertImpersonal, CALM, email, fault, REF, rejected, retry, sms } from "../messages.ts";
import { withSmtp } from "./support.ts";

const LOGIN = { user: "hark@mail.test", password: "pässword: x" };
const LOGIN_URL = "hark%40mail.test:p%C3%A4ssword%3A%20x@";
const ACCEPTED: SendOutcome = {
  kind: "accepted",
  providerMessageId: REF.notificationId,
  unreported: true,
};

for (
  const [name, tls, host] of [
    ["without encryption to this machine", "none", "127.0.0.1"],
    ["by STARTTLS", "starttls", "127.0.0.1"],
    ["by TLS from the start", "implicit", "localhost"],
  ] as const
) {
  Deno.test(`smtp.send: delivers an e-mail ${name}, logged in`, async () => {
    const url = `${tls === "implicit" ? "smtps" : "smtp"}://${LOGIN_URL}${host}:PORT`;
    await withSmtp(async ({ stand, smtp }) => {
      assert.deepEqual(await smtp.send(email(), CALM), ACCEPTED);
      const [mail] = stand.accepted;
      assert.equal(mail?.from, "passports@hark.test");
      assert.equal(mail?.to, "ann@example.test");
      assert.equal(mail?.user, LOGIN.user);
      assert.equal(mail?.encrypted, tls !== "none");
      assert.deepEqual(stand.violations, []);
      assert.equal(stand.names.at(-1), "hark.test");
    }, { tls, url, login: LOGIN });
  });
}

Deno.test("smtp.send: the e-mail has both bodies, its headers, and names and subjects in any script", async () => {
  await withSmtp(async ({ stand, smtp }) => {
    const message = email({
      from: { name: 'Паспортний "стіл"', address: "passports@hark.test" },
      to: "ann@пошта.test",
      replyTo: "desk@büro.test",
      subject: "Ваш паспорт – готовий ✅",
      text: `.\nПривіт, ${"слово ".repeat(300)}\n.leading dot\nfrom here`,
      html: `<p>Привіт</p>${"x".repeat(2_000)}`,
      headers: {
        "Message-ID": `<${REF.notificationId}@hark.test>`,
        "Content-Language": "uk",
        "List-Unsubscribe": "<https://hark.test/unsubscribe/1/2>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
      },
    });
    assert.deepEqual(await smtp.send(message, CALM), {
      ...ACCEPTED,
      providerMessageId: `${REF.notificationId}@hark.test`,
    });
    const [mail] = stand.accepted;
    assert.deepEqual(stand.violations, []);
    assert.equal(mail?.to, "ann@xn--80a1acn3a.test");
    const header = (name: string) => mail?.headers.get(name) ?? "";
    assert.equal(header("to"), "ann@xn--80a1acn3a.test");
    assert.equal(header("reply-to"), "desk@xn--bro-hoa.test");
    assert.equal(header("message-id"), `<${REF.notificationId}@hark.test>`);
    assert.equal(header("content-language"), "uk");
    assert.equal(header("list-unsubscribe"), "<https://hark.test/unsubscribe/1/2>");
    assert.equal(header("list-unsubscribe-post"), "List-Unsubscribe=One-Click");
    assert.equal(decodeWords(header("subject")), message.subject);
    assert.equal(decodeWords(header("from")), `Паспортний "стіл" <passports@hark.test>`);
    assert.match(header("content-type"), /^multipart\/alternative;/);
    const parts = readParts(mail?.body ?? "", header("content-type"));
    assert.deepEqual(parts.map(({ type }) => type), ["text/plain", "text/html"]);
    assert.equal(parts[0]?.text.replaceAll("\r\n", "\n").trimEnd(), message.text.trimEnd());
    assert.equal(parts[1]?.text.trimEnd(), message.html);
    assert.equal(mail?.headers.has("x-mailer"), false);
  });
});

Deno.test("smtp.send: no field can add a header, a recipient or a command", async () => {
  const lines =
    "x\r\nBcc: eve@evil.test\r\n\r\nbody\u2028Bcc: eve@evil.test\nRCPT TO:<eve@evil.test>";
  await withSmtp(async ({ stand, smtp }) => {
    const message = email({
      subject: lines,
      from: { name: `${lines}", <eve@evil.test>`, address: "passports@hark.test" },
      headers: { "X-Note": lines },
    });
    assert.deepEqual(await smtp.send(message, CALM), ACCEPTED);
    const [mail] = stand.accepted;
    assert.equal(mail?.headers.has("bcc"), false);
    assert.equal(mail?.to, "ann@example.test");
    assert.match(mail?.headers.get("from") ?? "", / <passports@hark\.test>$/);
    assert.equal(mail?.headers.get("x-note")?.startsWith("x Bcc: eve"), true);

    const hostile = ["a@b.test>\r\nRCPT TO:<eve@evil.test", "a@b.test,eve@evil.test", "a b@c.test"];
    for (const address of hostile) {
      assert.deepEqual(
        await smtp.send(email({ to: address }), CALM),
        rejected(true, "bad-recipient"),
      );
      assert.deepEqual(
        await smtp.send(email({ from: { name: "x", address } }), CALM),
        rejected(false, "bad-sender"),
      );
      assert.deepEqual(
        await smtp.send(email({ replyTo: address }), CALM),
        rejected(false, "bad-reply-to"),
      );
    }
    for (const name of ["Bcc", "Date", "X: y", "X\r\nBcc"]) {
      const outcome = await smtp.send(email({ headers: { [name]: "x" } }), CALM);
      assert.deepEqual(outcome, rejected(false, "bad-header"), name);
    }
    assert.equal(stand.accepted.length, 1);
    assert.deepEqual(stand.violations, []);
  });
});

const reply = (text: string): SmtpMisbehaviour => ({ kind: "reply", text });

/** What the server does at a step, the outcome, and how many e-mails it has taken. */
const CASES: readonly (readonly [SmtpStep, SmtpMisbehaviour, SendOutcome, number?])[] = [
  ["greeting", reply("554 5.3.2 No service"), fault("provider", "554-5.3.2")],
  ["greeting", reply("421 4.3.2 Too busy"), retry("not-sent", "421-4.3.2")],
  ["greeting", reply("421 4.7.0 Too many"), {
    kind: "retry",
    outcome: "not-sent",
    code: "421-4.7.0",
    throttled: true,
  }],
  ["greeting", { kind: "close" }, retry("not-sent", "no-connection")],
  ["greeting", { kind: "reset" }, retry("not-sent", "no-connection")],
  ["greeting", { kind: "hang" }, retry("not-sent", "timeout")],
  ["greeting", reply("<html>Welcome to the hotel</html>"), retry("not-sent", "no-connection")],
  ["ehlo", { kind: "close" }, retry("not-sent", "no-connection")],
  ["ehlo", { kind: "hang" }, retry("not-sent", "timeout")],
  ["mail", reply("553 5.1.8 Sender unknown"), fault("provider", "553-5.1.8")],
  ["mail", reply("451 4.3.0 Local error"), retry("not-sent", "451-4.3.0")],
  ["mail", reply("421 4.3.2 Shutting down"), retry("not-sent", "421-4.3.2")],
  ["mail", { kind: "close" }, retry("not-sent", "network")],
  ["mail", { kind: "hang" }, retry("not-sent", "timeout")],
  ["rcpt", reply("550 5.1.1 <ann@example.test>: no such user"), rejected(true, "550-5.1.1")],
  ["rcpt", reply("450 4.2.1 Later"), {
    kind: "retry",
    outcome: "not-sent",
    code: "450-4.2.1",
    ofRecipient: true,
  }],
  ["rcpt", reply("554 5.7.1 Relay access denied"), fault("provider", "554-5.7.1")],
  ["rcpt", reply("421 4.3.2 Shutting down"), retry("not-sent", "421-4.3.2")],
  ["rcpt", { kind: "reset" }, retry("not-sent", "network")],
  ["data", reply("451 4.3.0 Local error"), retry("not-sent", "451-4.3.0")],
  ["data", reply("554 5.5.1 No"), rejected(false, "554-5.5.1")],
  ["data", { kind: "close" }, retry("not-sent", "network")],
  ["data", { kind: "hang" }, retry("not-sent", "timeout")],
  ["data", { kind: "cut" }, retry("unknown", "network")],
  ["end", reply("451 4.7.1 Filter away"), retry("not-sent", "451-4.7.1")],
  ["end", reply("421 4.3.0 Closing"), retry("not-sent", "421-4.3.0")],
  ["end", reply("550 5.7.1 Spam"), rejected(false, "550-5.7.1")],
  ["end", reply("552 5.2.2 <ann@example.test> full"), rejected(true, "552-5.2.2")],
  ["end", reply("354 What?"), retry("unknown", "354")],
  ["end", reply("x".repeat(MAX_REPLY_BYTES + 1)), retry("unknown", "network")],
  ["end", { kind: "close" }, retry("unknown", "network")],
  ["end", { kind: "reset" }, retry("unknown", "network")],
  ["end", { kind: "hang" }, retry("unknown", "timeout")],
  ["end", { kind: "taken-close" }, retry("unknown", "network"), 1],
  ["end", { kind: "taken-hang" }, retry("unknown", "timeout"), 1],
  ["end", { kind: "slow", ms: 100 }, ACCEPTED, 1],
];

for (const extensions of [["SIZE 100000"], undefined]) {
  const how = extensions === undefined ? "with PIPELINING" : "without PIPELINING";
  Deno.test(`smtp.send: returns the outcome of a failed delivery, and never repeats it, ${how}`, async () => {
    for (const [step, behaviour, outcome, taken = 0] of CASES) {
      const label = JSON.stringify([step, behaviour]).slice(0, 100);
      await withSmtp(async ({ stand, smtp, closeProvider }) => {
        stand.next(step, behaviour);
        const result = await smtp.send(email(), CALM);
        assert.deepEqual(result, outcome, label);
        assertImpersonal(result);
        assert.equal(stand.accepted.length, taken, label);
        assert.equal(stand.connections.made, 1, label);
        // The next e-mail goes out, by another connection where the first one failed.
        assert.deepEqual(await smtp.send(email(), CALM), ACCEPTED, label);
        assert.equal(stand.accepted.length, taken + 1, label);
        await closeProvider();
      }, { timeoutMs: 300, ...(extensions === undefined ? {} : { extensions }) });
    }
  });
}

Deno.test("smtp.send: wrong credentials, and a server that needs some, are faults of the account", async () => {
  await withSmtp(async ({ stand, smtp }) => {
    assert.deepEqual(await smtp.send(email(), CALM), fault("provider", "535-5.7.8"));
    assert.equal(stand.accepted.length, 0);
  }, { url: "smtp://hark:wrong@127.0.0.1:PORT", login: LOGIN });
  await withSmtp(async ({ smtp }) => {
    assert.deepEqual(await smtp.send(email(), CALM), fault("provider", "530-5.7.0"));
  }, { login: LOGIN });
  await withSmtp(async ({ stand, smtp }) => {
    stand.next("auth", reply("454 4.7.0 Later"));
    assert.deepEqual(await smtp.send(email(), CALM), retry("not-sent", "454-4.7.0"));
  }, { url: `smtp://${LOGIN_URL}127.0.0.1:PORT`, login: LOGIN });
});

Deno.test("smtp.send: never sends without TLS where it is required, nor to a server that it cannot verify", async () => {
  const login = { login: LOGIN, url: `smtp://${LOGIN_URL}127.0.0.1:PORT` };
  await withSmtp(async ({ stand, smtp }) => {
    stand.next("ehlo", reply("250 stand-in.test"));
    stand.next("starttls", reply("502 5.5.1 Not implemented"));
    assert.deepEqual(await smtp.send(email(), CALM), fault("provider", "tls"), "not offered");
    stand.next("starttls", reply("454 4.7.0 Not now"));
    assert.deepEqual(await smtp.send(email(), CALM), retry("not-sent", "454-4.7.0"));
    stand.next("starttls", { kind: "close" });
    assert.deepEqual(await smtp.send(email(), CALM), retry("not-sent", "no-connection"));
    assert.equal(stand.accepted.length, 0);
    assert.deepEqual(stand.violations, []);
  }, { ...login, tls: "starttls" });
  for (const tls of ["starttls", "implicit"] as const) {
    await withSmtp(async ({ stand, smtp }) => {
      assert.deepEqual(await smtp.send(email(), CALM), fault("provider", "tls"), tls);
      assert.equal(stand.accepted.length, 0);
    }, { ...login, tls, authorities: "" });
  }
});

Deno.test("smtp.send: an e-mail over the size that the server names is refused without being sent", async () => {
  await withSmtp(async ({ stand, smtp }) => {
    const text = "x".repeat(3_000);
    assert.deepEqual(await smtp.send(email({ text }), CALM), rejected(false, "too-large"));
    assert.deepEqual(await smtp.send(email(), CALM), ACCEPTED);
    assert.equal(stand.accepted.length, 1);
  }, { extensions: ["SIZE 2000"] });
});

Deno.test("smtp.send: the outcome is not-sent when the connection is refused or the name has no address", async () => {
  await withSmtp(async ({ stand, smtp }) => {
    await stand.close();
    assert.deepEqual(await smtp.send(email(), CALM), retry("not-sent", "no-connection"));
  });
});

Deno.test("smtp.send: ends when its signal aborts", async () => {
  await withSmtp(async ({ stand, smtp, closeProvider }) => {
    assert.deepEqual(await smtp.send(email(), AbortSignal.abort()), retry("not-sent", "aborted"));
    assert.equal(stand.connections.made, 0);
    for (const [step, outcome] of [["rcpt", "not-sent"], ["end", "unknown"]] as const) {
      stand.next(step, { kind: "hang" });
      const stop = new AbortController();
      const sending = smtp.send(email(), stop.signal);
      setTimeout(() => stop.abort(), 100);
      assert.deepEqual(await sending, retry(outcome, "aborted"));
    }
    await closeProvider();
  });
});

Deno.test("smtp.send: throws for a message of another channel", async () => {
  await withSmtp(async ({ smtp }) => {
    await assert.rejects(() => smtp.send(sms(), CALM), TypeError);
  });
});

Deno.test("smtp.send: reuses connections, at most 10 at a time and 100 e-mails each", async () => {
  await withSmtp(async ({ stand, smtp, closeProvider }) => {
    const count = SMTP_POOL.most * SMTP_POOL.mostUses + 1;
    const outcomes = await Promise.all(
      Array.from({ length: count }, () => smtp.send(email(), CALM)),
    );
    assert(outcomes.every(({ kind }) => kind === "accepted"));
    assert.equal(stand.accepted.length, count);
    // Each further connection stands for one that was used up.
    const { made } = stand.connections;
    assert(made > SMTP_POOL.most && made <= 2 * SMTP_POOL.most, String(made));
    assert.deepEqual(stand.violations, []);
    await closeProvider();
  });
});

Deno.test("smtp.send: a connection that the server ended while it was idle costs no attempt", async () => {
  await withSmtp(async ({ stand, smtp }) => {
    assert.deepEqual(await smtp.send(email(), CALM), ACCEPTED);
    stand.drop();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(await smtp.send(email(), CALM), ACCEPTED);
    assert.equal(stand.connections.made, 2);
  });
});

for (const extensions of [["SIZE 100000"], ["PIPELINING"]]) {
  Deno.test(`smtp.send: a kept connection that takes no further e-mail is replaced within the attempt, ${extensions}`, async () => {
    await withSmtp(async ({ stand, smtp, closeProvider }) => {
      for (let n = 0; n < 6; n++) assert.deepEqual(await smtp.send(email(), CALM), ACCEPTED);
      assert.equal(stand.accepted.length, 6);
      assert.equal(stand.connections.made, 3);
      assert.deepEqual(stand.violations, []);
      await closeProvider();
    }, { mailsPerConnection: 2, extensions });
    await withSmtp(async ({ stand, smtp, closeProvider }) => {
      const steps = ["mail", "rcpt", "data"] as const;
      for (const step of steps) {
        for (const kind of ["close", "reset"] as const) {
          assert.deepEqual(await smtp.send(email(), CALM), ACCEPTED);
          stand.next(step, { kind });
          assert.deepEqual(await smtp.send(email(), CALM), ACCEPTED, `${kind} at ${step}`);
        }
      }
      assert.equal(stand.accepted.length, 12);
      assert.equal(stand.connections.made, 7);
      stand.next("mail", { kind: "close" });
      stand.next("mail", { kind: "close" });
      assert.deepEqual(await smtp.send(email(), CALM), retry("not-sent", "network"), "a new one");
      assert.equal(stand.connections.made, 8);
      assert.deepEqual(await smtp.send(email(), CALM), ACCEPTED);
      stand.next("end", { kind: "taken-close" });
      assert.deepEqual(await smtp.send(email(), CALM), retry("unknown", "network"), "content");
      assert.equal(stand.accepted.length, 14);
      assert.equal(stand.connections.made, 9);
      await closeProvider();
    }, { extensions });
  });
}

/** Decodes encoded words (RFC 2047). */
function decodeWords(text: string): string {
  return text.replace(/\?=\s+=\?/g, "?==?").replace(
    /=\?utf-8\?([QB])\?([^?]*)\?=/gi,
    (_, encoding, word) =>
      encoding.toUpperCase() === "B" ? btoa8(word) : quoted(word.replaceAll("_", " ")),
  ).replace(/(?<=^")((?:[^"\\]|\\.)*)(?=" <)/, (name) => name.replace(/\\(.)/g, "$1")).replace(
    /^"(.*)" </,
    "$1 <",
  );
}

function btoa8(word: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(word), (c) => c.charCodeAt(0)));
}

function quoted(text: string): string {
  const bytes = text.replace(/=\r\n/g, "").replace(
    /=([0-9A-F]{2})/g,
    (_, hex) => String.fromCharCode(parseInt(hex, 16)),
  );
  return new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
}

function readParts(body: string, contentType: string) {
  const [, boundary = ""] = /boundary="?([^";]+)/.exec(contentType) ?? [];
  return body.split(`--${boundary}`).slice(1, -1).map((part) => {
    const [, head = "", content = ""] = /^\r\n(.*?)\r\n\r\n(.*)$/s.exec(part) ?? [];
    const encoding = /Content-Transfer-Encoding: (\S+)/i.exec(head)?.[1];
    const [, type] = /Content-Type: ([^;\s]+)/i.exec(head) ?? [];
    return {
      type,
      text: encoding === "base64"
        ? btoa8(content.replace(/\s/g, ""))
        : encoding === "quoted-printable"
        ? quoted(content)
        : content,
    };
  });
}
