/** The provider against a real mail server. */
import assert from "node:assert/strict";
import { openNodemailer } from "../../../../adapters/providers/smtp/nodemailer_transport.ts";
import { createSmtp } from "../../../../adapters/providers/smtp/smtp.ts";
import type { Provider } from "../../../../domain/ports/provider.ts";
import { EXIM_LOGIN, hasExim, startExim } from "../../../support/exim.ts";
import { AUTHORITY } from "../../../support/stand_ins/smtp_certificate.ts";
import { CALM, email, fault, REF, rejected } from "../messages.ts";

async function withProvider(
  settings: {
    readonly port: number;
    readonly tls: "implicit" | "starttls";
    readonly login: typeof EXIM_LOGIN | undefined;
  },
  run: (smtp: Provider) => Promise<void>,
): Promise<void> {
  const transport = openNodemailer({ host: "localhost", ...settings }, "hark.test", AUTHORITY);
  try {
    await run(createSmtp(transport));
  } finally {
    await transport.close();
  }
}

Deno.test({
  name:
    "smtp: delivers to Exim by STARTTLS and by TLS, and reads its refusals (needs exim4, as root)",
  ignore: !hasExim(),
  async fn() {
    await using exim = await startExim();
    const message = email({
      subject: "Ваш паспорт",
      text: "Готовий.\n.\nEnd",
      headers: { "Message-ID": `<${REF.notificationId}@hark.test>` },
    });
    const accepted = {
      kind: "accepted",
      providerMessageId: `${REF.notificationId}@hark.test`,
      unreported: true,
    };
    const encryptions = [["starttls", exim.port], ["implicit", exim.tlsPort]] as const;
    for (const [tls, port] of encryptions) {
      await withProvider({ port, tls, login: EXIM_LOGIN }, async (smtp) => {
        assert.deepEqual(await smtp.send(message, CALM), accepted, tls);
        assert.deepEqual(await smtp.send(email({ to: "ann@elsewhere.test" }), CALM), {
          ...accepted,
          providerMessageId: REF.notificationId,
        });
        const toUnknown = await smtp.send(email({ to: "unknown@example.test" }), CALM);
        assert.deepEqual(toUnknown, rejected(true, "550"));
        const toLater = await smtp.send(email({ to: "later@example.test" }), CALM);
        assert.deepEqual([toLater.kind, "code" in toLater && toLater.code], ["retry", "451"]);
        const large = await smtp.send(email({ text: "x".repeat(200_000) }), CALM);
        assert.deepEqual(large, rejected(false, "too-large"));
      });
      const wrong = { ...EXIM_LOGIN, password: "wrong" };
      await withProvider({ port, tls, login: wrong }, async (smtp) => {
        assert.deepEqual(await smtp.send(message, CALM), fault("provider", "535"));
      });
      await withProvider({ port, tls, login: undefined }, async (smtp) => {
        const elsewhere = await smtp.send(email({ to: "ann@elsewhere.test" }), CALM);
        assert.deepEqual(elsewhere, fault("provider", "550"), "relay not permitted");
      });
    }
    const mails = await exim.queue();
    assert.equal(mails.length, 4);
    const mine = mails.filter((text) => text.includes(`<${REF.notificationId}@hark.test>`));
    assert.equal(mine.length, 2);
    for (const text of mine) {
      assert.match(text, /^To: ann@example\.test$/m);
      assert.match(text, /^Received: from \[127\.0\.0\.1\] \(helo=hark\.test\)$/m);
      assert.match(text, /^Content-Type: multipart\/alternative;/m);
    }
  },
});
