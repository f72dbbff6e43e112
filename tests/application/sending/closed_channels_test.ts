import assert from "node:assert/strict";
import { startTestApplication } from "../../support/application.ts";

const NOT_ALLOWED = /Service is not allowed to send emails/;
const EMAIL = { channel: "email", name: "E-mail", subject: "Hi", body: "Hi ((name))" };

Deno.test("EMAIL_PROVIDER=none: refuses sends by every route as for a service without e-mail, and previews", async () => {
  await using hark = await startTestApplication({ environment: { EMAIL_PROVIDER: "none" } });
  const { id, keys } = await hark.newService();
  const template_id = await hark.newTemplate(id, EMAIL);
  const email_address = "ann@example.com";
  const personalisation = { name: "Ann" };
  const send = { template_id, email_address, personalisation };
  const manage = `/manage/services/${id}`;
  for (
    const [method, path, body] of [
      ["POST", "/v2/notifications/email", send],
      ["POST", "/v2/notifications/batch", { notifications: [{ type: "email", ...send }] }],
      ["POST", "/v2/notifications/bulk", {
        name: "List",
        template_id,
        rows: [["email address", "name"], [email_address, "Ann"]],
      }],
    ] as const
  ) {
    for (const key of [keys.live, keys.test]) {
      const response = await hark.as(key, method, path, body);
      assert.match(await response.text(), NOT_ALLOWED, path);
    }
  }
  const job = await hark.request(`${manage}/jobs?template_id=${template_id}`, {
    method: "POST",
    headers: { authorization: `Bearer ${hark.config.adminToken}`, "content-type": "text/csv" },
    body: "email address,name\nann@example.com,Ann",
  });
  assert(job.status >= 400 && job.status < 500, `${job.status}`);
  assert.match(await job.text(), NOT_ALLOWED);
  const preview = await hark.as(keys.live, "POST", `/v2/template/${template_id}/preview`, {
    personalisation,
  });
  assert.equal((await preview.json()).body, "Hi Ann");
  const shown = await hark.manage("POST", `${manage}/templates/preview`, {
    channel: EMAIL.channel,
    subject: EMAIL.subject,
    body: EMAIL.body,
    personalisation,
  });
  assert.equal(shown.status, 200, await shown.text());
  const sms = await hark.newTemplate(id);
  const sent = await hark.as(keys.live, "POST", "/v2/notifications/sms", {
    template_id: sms,
    phone_number: "07900900123",
    personalisation,
  });
  assert.equal(sent.status, 201, await sent.text());
  assert.equal(hark.mailbox.list().filter(({ channel }) => channel === "email").length, 0);
});
