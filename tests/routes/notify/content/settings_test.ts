import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../../support/application.ts";
import { bodyOf, EMAIL, emailTo, newServiceWithTemplates, SMS, textTo } from "../../support.ts";

/** The only message that was sent. */
async function sentOf(hark: TestApplication) {
  await hark.settle();
  const [message, ...others] = await hark.sent();
  assert.ok(message !== undefined && others.length === 0);
  return message;
}

Deno.test("sms_transliterate: the API answers, previews, sends and bills the same Latin text", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { name: "Місто", sms_transliterate: true });
  const template_id = await hark.newTemplate(service.id, {
    channel: "sms",
    name: "Text",
    body: "Вітаємо, ((name))! " + "Щастя. ".repeat(12),
  });
  const personalisation = { name: "Ґалаґан" };
  const latin = "Vitaiemo, Galagan! " + "Shchastia. ".repeat(12).trim();
  const sent = await bodyOf(
    await hark.as(
      service.keys.live,
      "POST",
      SMS,
      textTo(service, { template_id, personalisation }),
    ),
    201,
  );
  assert.equal(sent.content.body, latin);
  const preview = `/v2/template/${template_id}/preview`;
  const shown = await hark.as(service.keys.live, "POST", preview, { personalisation });
  assert.equal((await bodyOf(shown, 200)).body, latin);
  assert.equal((await sentOf(hark)).text, `Misto: ${latin}`);
  const read = await hark.as(service.keys.live, "GET", `/v2/notifications/${sent.id}`);
  const { body, cost_details } = await bodyOf(read, 200);
  assert.equal(body, latin);
  assert.deepEqual(cost_details, { billable_sms_fragments: 1 }, "in Cyrillic it would be two");
});

Deno.test("language, logo_url and brand_colour: style an email; the defaults are English and Hark's own style", async () => {
  await using hark = await startTestApplication();
  const dressed = await newServiceWithTemplates(hark, {
    language: "ar",
    logo_url: "https://example.com/logo.png?a=1&b=2",
    brand_colour: "#00703c",
  });
  await bodyOf(await hark.as(dressed.keys.live, "POST", EMAIL, emailTo(dressed)), 201);
  const { html, headers } = await sentOf(hark);
  assert.match(html ?? "", /<html lang="ar" dir="rtl">/);
  assert.match(html ?? "", /<img src="https:\/\/example\.com\/logo\.png\?a=1&amp;b=2"/);
  assert.match(html ?? "", /background: #00703C/);
  assert.equal(headers["Content-Language"], "ar");

  await using other = await startTestApplication();
  const plain = await newServiceWithTemplates(other);
  await bodyOf(await other.as(plain.keys.live, "POST", EMAIL, emailTo(plain)), 201);
  const message = await sentOf(other);
  assert.match(message.html ?? "", /<html lang="en" dir="ltr">/);
  assert.doesNotMatch(message.html ?? "", /<img/);
  assert.equal(message.headers["Content-Language"], "en");
});

Deno.test("PATCH /manage/services: changes the next message, and no earlier one", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { sms_prefix: false });
  const send = async () => (await bodyOf(
    await hark.as(
      service.keys.live,
      "POST",
      SMS,
      textTo(service, { personalisation: { name: "Юля" } }),
    ),
    201,
  ));
  const before = await send();
  await bodyOf(
    await hark.manage("PATCH", `/manage/services/${service.id}`, { sms_transliterate: true }),
    200,
  );
  const after = await send();
  assert.deepEqual([before.content.body, after.content.body], ["Hi Юля", "Hi Yulia"]);
  const read = await hark.as(service.keys.live, "GET", `/v2/notifications/${before.id}`);
  assert.equal((await bodyOf(read, 200)).body, "Hi Юля");
});

Deno.test("Message-ID of an email: the notification's id at the sender's domain", async () => {
  await using hark = await startTestApplication({
    environment: { EMAIL_DOMAIN: "hark.example.org" },
  });
  const service = await newServiceWithTemplates(hark);
  const sent = await bodyOf(await hark.as(service.keys.live, "POST", EMAIL, emailTo(service)), 201);
  const { headers } = await sentOf(hark);
  assert.equal(headers["Message-ID"], `<${sent.id}@hark.example.org>`);
});
