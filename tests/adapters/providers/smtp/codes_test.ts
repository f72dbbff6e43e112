import assert from "node:assert/strict";
import { outcomeOfFailure, outcomeOfReply } from "../../../../adapters/providers/smtp/codes.ts";
import { parseReply } from "../../../../adapters/providers/smtp/nodemailer_errors.ts";
import type { SmtpStage } from "../../../../adapters/providers/smtp/transport.ts";
import type { SendOutcome } from "../../../../domain/ports/provider.ts";
import { fault, rejected, retry } from "../messages.ts";

const STAGES: readonly SmtpStage[] = ["connect", "auth", "mail", "rcpt", "data", "content"];

function outcomeOf(stage: SmtpStage, text: string): SendOutcome | undefined {
  const reply = parseReply(text);
  assert(reply !== undefined, text);
  return outcomeOfReply(stage, reply);
}

const notNow = (code: string): SendOutcome => ({
  kind: "retry",
  outcome: "not-sent",
  code,
  ofRecipient: true,
});
const throttled = (code: string): SendOutcome => ({
  kind: "retry",
  outcome: "not-sent",
  code,
  throttled: true,
});

Deno.test("outcomeOfReply: classifies every reply by its stage", () => {
  const cases: readonly (readonly [SmtpStage, string, SendOutcome])[] = [
    ["connect", "421 4.7.0 Too many connections", throttled("421-4.7.0")],
    ["connect", "421 Service not available", retry("not-sent", "421")],
    ["connect", "450 Try again later", retry("not-sent", "450")],
    ["connect", "454 4.7.0 TLS not available", retry("not-sent", "454-4.7.0")],
    ["connect", "554 No SMTP service here", fault("provider", "554")],
    ["connect", "550 5.7.1 Blocked", fault("provider", "550-5.7.1")],
    ["auth", "454 4.7.0 Temporary authentication failure", retry("not-sent", "454-4.7.0")],
    ["auth", "535 5.7.8 Credentials invalid", fault("provider", "535-5.7.8")],
    ["auth", "534 5.7.9 Mechanism too weak", fault("provider", "534-5.7.9")],
    ["auth", "502 5.5.1 Not implemented", fault("provider", "502-5.5.1")],
    ["mail", "421 4.3.2 Shutting down", retry("not-sent", "421-4.3.2")],
    ["mail", "451 4.3.0 Local error", retry("not-sent", "451-4.3.0")],
    ["mail", "452 4.3.1 Disk full", retry("not-sent", "452-4.3.1")],
    ["mail", "530 5.7.0 Authentication required", fault("provider", "530-5.7.0")],
    ["mail", "535 5.7.8 Not logged in", fault("provider", "535-5.7.8")],
    ["mail", "550 5.7.1 Sender refused", fault("provider", "550-5.7.1")],
    ["mail", "553 5.1.8 Sender domain unknown", fault("provider", "553-5.1.8")],
    ["mail", "553 Sender", fault("provider", "553")],
    ["mail", "552 5.3.4 Too large", rejected(false, "552-5.3.4")],
    ["mail", "552 Too large", rejected(false, "552")],
    ["rcpt", "450 4.2.1 Mailbox busy", notNow("450-4.2.1")],
    ["rcpt", "450 4.7.1 Greylisted", notNow("450-4.7.1")],
    ["rcpt", "451 4.7.1 Greylisted", notNow("451-4.7.1")],
    ["rcpt", "451 4.3.0 Local error", retry("not-sent", "451-4.3.0")],
    ["rcpt", "451 Local error", retry("not-sent", "451")],
    ["rcpt", "452 4.2.2 Mailbox full", notNow("452-4.2.2")],
    ["rcpt", "452 Insufficient storage", notNow("452")],
    ["rcpt", "421 4.7.0 Too much mail", throttled("421-4.7.0")],
    ["rcpt", "550 5.1.1 No such user", rejected(true, "550-5.1.1")],
    ["rcpt", "550 No such user", rejected(true, "550")],
    ["rcpt", "550-5.1.1 No such\r\n550 5.1.1 user", rejected(true, "550-5.1.1")],
    ["rcpt", "551 5.1.6 Moved", rejected(true, "551-5.1.6")],
    ["rcpt", "552 5.2.2 Mailbox full", rejected(true, "552-5.2.2")],
    ["rcpt", "553 5.1.3 Not an address", rejected(true, "553-5.1.3")],
    ["rcpt", "501 5.1.3 Not an address", rejected(true, "501-5.1.3")],
    ["rcpt", "554 5.7.1 Refused by the recipient", rejected(true, "554-5.7.1")],
    ["rcpt", "554 5.7.1 <a@b.test>: Relay access denied", fault("provider", "554-5.7.1")],
    ["rcpt", "550 relaying not permitted", fault("provider", "550")],
    ["rcpt", "553 5.7.1 <x>: Sender address rejected: not owned", fault("provider", "553-5.7.1")],
    ["rcpt", "554 5.7.1 <x>: Client host rejected: denied", fault("provider", "554-5.7.1")],
    ["rcpt", "550 5.1.8 <x>: Domain not found", fault("provider", "550-5.1.8")],
    ["rcpt", "530 5.7.0 Must issue STARTTLS", fault("provider", "530-5.7.0")],
    ["rcpt", "552 5.3.4 Too large", rejected(false, "552-5.3.4")],
    ["rcpt", "503 5.5.1 Bad sequence", rejected(false, "503-5.5.1")],
    ["data", "451 4.3.0 Local error", retry("not-sent", "451-4.3.0")],
    ["data", "554 5.5.1 No valid recipients", rejected(false, "554-5.5.1")],
    ["content", "421 4.3.0 Closing", retry("not-sent", "421-4.3.0")],
    ["content", "450 4.2.0 Later", retry("not-sent", "450-4.2.0")],
    ["content", "451 4.7.1 Filter not available", retry("not-sent", "451-4.7.1")],
    ["content", "452 4.3.1 Disk full", retry("not-sent", "452-4.3.1")],
    ["content", "550 5.1.1 No such user", rejected(true, "550-5.1.1")],
    ["content", "552 5.2.2 Mailbox full", rejected(true, "552-5.2.2")],
    ["content", "552 5.2.3 Too large for the mailbox", rejected(false, "552-5.2.3")],
    ["content", "552 5.3.4 Too large", rejected(false, "552-5.3.4")],
    ["content", "550 5.1.7 Bad sender", fault("provider", "550-5.1.7")],
    ["content", "550 5.7.1 Spam", rejected(false, "550-5.7.1")],
    ["content", "554 Transaction failed", rejected(false, "554")],
  ];
  for (const [stage, text, outcome] of cases) {
    assert.deepEqual(outcomeOf(stage, text), outcome, `${stage}: ${text}`);
  }
});

Deno.test("outcomeOfReply: every 4xx is not sent, every 5xx is final or a fault, at every stage", () => {
  for (const stage of STAGES) {
    for (let code = 400; code < 600; code++) {
      const outcome = outcomeOf(stage, `${code} x`);
      assert(outcome !== undefined, `${stage} ${code}`);
      if (code < 500) assert.equal("outcome" in outcome && outcome.outcome, "not-sent");
      else assert(outcome.kind === "rejected" || outcome.kind === "provider-fault");
    }
    assert.equal(outcomeOf(stage, "354 Go on"), undefined);
  }
});

Deno.test("outcomeOfFailure: only what follows the first byte of the content is unknown", () => {
  for (const stage of STAGES) {
    const outcome = stage === "content" ? "unknown" : "not-sent";
    const closed = retry(outcome, stage === "connect" ? "no-connection" : "network");
    assert.deepEqual(outcomeOfFailure({ kind: "closed", stage }, false), closed, stage);
    const aborted = { kind: "aborted", stage } as const;
    assert.deepEqual(outcomeOfFailure(aborted, true), retry(outcome, "timeout"), stage);
    assert.deepEqual(outcomeOfFailure(aborted, false), retry(outcome, "aborted"), stage);
    const reply = { code: 250, enhanced: undefined, text: "250" };
    const strange = outcomeOfFailure({ kind: "reply", stage, reply }, false);
    assert.deepEqual(strange, retry(outcome, "250"), stage);
  }
  const tls = outcomeOfFailure({ kind: "tls", stage: "connect" }, false);
  assert.deepEqual(tls, fault("provider", "tls"));
  const large = outcomeOfFailure({ kind: "too-large", stage: "mail" }, false);
  assert.deepEqual(large, rejected(false, "too-large"));
});

Deno.test("parseReply: reads the code and the enhanced code, and no text that looks like one", () => {
  const cases: readonly (readonly [string | undefined, number | undefined, string | undefined])[] =
    [
      ["250", 250, undefined],
      ["550 5.1.1 x", 550, "5.1.1"],
      ["550 5.1.1", 550, "5.1.1"],
      ["421-4.7.28 x\r\n421 4.7.28 y", 421, "4.7.28"],
      ["550 5.1.1.1 x", 550, undefined],
      ["550 3.1.1 x", 550, undefined],
      ["550 10.0.0.1 is blocked", 550, undefined],
      ["5501 x", undefined, undefined],
      ["150 x", undefined, undefined],
      ["", undefined, undefined],
      [undefined, undefined, undefined],
    ];
  for (const [text, code, enhanced] of cases) {
    const reply = parseReply(text);
    assert.deepEqual([reply?.code, reply?.enhanced], [code, enhanced], `${text}`);
  }
});
