import assert from "node:assert/strict";
import { openNodemailer } from "../../../adapters/providers/smtp/nodemailer_transport.ts";
import { createSmtp } from "../../../adapters/providers/smtp/smtp.ts";
import { parseSmtpUrl } from "../../../adapters/providers/smtp/smtp_url.ts";
import { CALM, email } from "../../adapters/providers/messages.ts";
import { startTwin } from "./support.ts";

const OUTCOMES = [
  [{ answer: "error", status: 451 }, "not-sent", 0],
  [{ answer: "nonsense" }, "unknown", 0],
  [{ answer: "reset" }, "unknown", 0],
  [{ answer: "hang", for: "100ms" }, "unknown", 0],
  [{ answer: "lost" }, "unknown", 1],
  [{ answer: "cut" }, "unknown", 1],
  [{ answer: "slow", for: "100ms" }, "accepted", 1],
  [{ answer: "normal" }, "accepted", 1],
  [{ answer: "error", status: 554 }, "rejected", 0],
] as const;

Deno.test("startSmtpTwin: answers whole e-mails as its script says, call by call, then as always", async () => {
  await using twin = await startTwin();
  const provider = twin.providers.find(({ name }) => name === "smtp");
  const settings = parseSmtpUrl(provider?.environment["SMTP_URL"] ?? "");
  assert.ok(settings !== undefined);
  const transport = openNodemailer(settings);
  const smtp = createSmtp(transport);
  const answers = OUTCOMES.map(([answer]) => answer);
  const script = { provider: "smtp", next: answers.slice(0, -1), always: answers.at(-1) };
  assert.equal((await twin.call("POST", "/twin/script", script)).status, 204);
  for (const [{ answer }, expected, taken] of OUTCOMES) {
    const before = twin.twin.messages().length;
    const outcome = await smtp.send(email(), CALM);
    const seen = outcome.kind === "retry" ? outcome.outcome : outcome.kind;
    assert.deepEqual([answer, seen], [answer, expected]);
    assert.equal(twin.twin.messages().length - before, taken, answer);
  }
  assert.equal(provider?.calls(), OUTCOMES.length);
  assert.ok(twin.twin.messages().every(({ receipts }) => receipts.length === 0));
  await transport.close();
});
