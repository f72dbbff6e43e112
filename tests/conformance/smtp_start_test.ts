/** A process that sends e-mail over SMTP, and starts that are refused. */

import assert from "node:assert/strict";
import { makeFolder, migrateFolder, run, SANDBOX_ENVIRONMENT, serve } from "../support/process.ts";
import { startSmtp } from "../support/stand_ins/smtp.ts";
import { AUTHORITY } from "../support/stand_ins/smtp_certificate.ts";
import { callAs, manage, newService, newTemplate, reachAt, waitForStatus } from "./services.ts";

const LOGIN = { user: "hark", password: "smtp secret" };
const EMAIL = { channel: "email", name: "Letter", subject: "Hello", body: "It is ready." };
const { EMAIL_PROVIDER: _, ...ENVIRONMENT } = SANDBOX_ENVIRONMENT;

for (const command of ["start", "dev"] as const) {
  Deno.test(`${command}: sends e-mail over SMTP with TLS, to a server whose authority DENO_CERT names`, async () => {
    const stand = await startSmtp({ tls: "implicit", login: LOGIN });
    await using folder = await makeFolder();
    await migrateFolder(folder);
    await Deno.writeTextFile(`${folder.path}/authority.pem`, AUTHORITY);
    try {
      await using hark = await serve(command, {
        folder,
        environment: {
          ...ENVIRONMENT,
          DENO_CERT: "authority.pem",
          PUBLIC_URL: "https://notify.example.org",
          SMTP_URL: `smtps://hark:smtp%20secret@localhost:${stand.port}`,
        },
      });
      const reach = reachAt(() => hark.url);
      const { id: serviceId, keys } = await newService(reach);
      const template_id = await newTemplate(reach, serviceId, EMAIL);
      const sent = await callAs(reach, keys.live, "POST", "/v2/notifications/email", {
        template_id,
        email_address: "ann@example.test",
      });
      assert.equal(sent.status, 201);
      await waitForStatus(reach, keys.live, sent.body.id, "sent");
      const [mail] = stand.accepted;
      assert.equal(mail?.headers.get("message-id"), `<${sent.body.id}@notify.example.org>`);
      assert.equal(mail?.from, "passport.office@notify.example.org");
      assert.deepEqual([mail?.user, mail?.encrypted], ["hark", true]);
      assert.deepEqual(stand.names, ["notify.example.org"]);
      assert.deepEqual(stand.violations, []);
      const { body } = await manage(reach, "GET", "/manage/providers");
      const smtp = body.providers.find((each: { readonly name: string }) => each.name === "smtp");
      assert.deepEqual([smtp.channels, smtp.health], [["email"], "healthy"]);
      assert.doesNotMatch(hark.stdout + hark.stderr, /smtp secret|ann@example|smtp%20secret/);
      const { code } = await hark.kill("SIGTERM");
      assert.equal(code, 0, "idle connections do not hold the process");
    } finally {
      await stand.close();
    }
  });
}

Deno.test("start: refuses a malformed SMTP_URL, and shows none of it", async () => {
  await using folder = await makeFolder();
  for (const url of ["mail.example.gov", "smtp://hark@mail.example.gov", "http://h:s3cret@x"]) {
    const environment = { ...ENVIRONMENT, SMTP_URL: url };
    const { code, stderr } = await run(["start"], { folder, environment });
    assert.equal(code, 1);
    assert.match(stderr, /^Hark cannot start\.\nSMTP_URL must be smtps:\/\/user:password@host:465/);
    assert.equal(stderr.includes(url), false);
  }
  const chosen = await run(["start"], {
    folder,
    environment: { ...ENVIRONMENT, EMAIL_PROVIDER: "smtp" },
  });
  assert.match(chosen.stderr, /^SMTP_URL is missing: set it, or EMAIL_PROVIDER=sandbox/m);
});
