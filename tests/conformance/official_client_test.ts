/** The official Node client, as published to npm, with a served process. */

import assert from "node:assert/strict";
import { NotifyClient } from "npm:notifications-node-client@8.4.0";
import { PUBLIC_URL, waitFor } from "../support/process.ts";
import { serveHark } from "../support/served_hark.ts";
import { callAs, manage, newService, newTemplate, reachAt } from "./services.ts";
import { step } from "./step.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const NOWHERE = "b3c7a1c8-2f6e-4a35-9f5e-0f4f4d4a9f11";

const SMS_BODY = "Hello ((name))\r\n\r\nFunctional Tests make our world a better place";
const EMAIL_BODY = "Hello ((name))\r\n\r\nFunctional test help make our world a better place";

/** The client's rejection: axios's error, which holds the response. */
async function refusalOf(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    assert(error instanceof Error && "response" in error, String(error));
    const { status, data, headers } = error.response as {
      readonly status: number;
      readonly data: unknown;
      readonly headers: Readonly<Record<string, string>>;
    };
    return { status, data, retryAfter: headers["retry-after"] };
  }
  assert.fail("the call was not refused");
}

function badRequest(...errors: readonly { readonly error: string; readonly message: string }[]) {
  return { status: 400, data: { status_code: 400, errors }, retryAfter: undefined };
}

Deno.test("notifications-node-client 8.4.0: works unchanged with a served process", async (t) => {
  await using hark = await serveHark();
  const reach = reachAt(() => hark.url);
  const service = await newService(reach, { email_from_name: "Passports" });
  const client = new NotifyClient(hark.url, service.keys.live);
  const smsTemplate = await newTemplate(reach, service.id, {
    channel: "sms",
    name: "Client functional test sms template",
    body: "an older wording",
  });
  await manage(reach, "PUT", `/manage/services/${service.id}/templates/${smsTemplate}`, {
    body: SMS_BODY,
  });
  const emailTemplate = await newTemplate(reach, service.id, {
    channel: "email",
    name: "Client functional test email template",
    subject: "Functional test for ((name))",
    body: EMAIL_BODY,
  });
  let smsId = "";
  let emailId = "";

  await step(
    t,
    "sendSms gives the accepted text, with CRLF as LF and without the prefix",
    async () => {
      const { status, data } = await client.sendSms(smsTemplate, "07900 900123", {
        personalisation: { name: "Ann" },
        reference: "sms-1",
      });
      assert.equal(status, 201);
      assert.match(data.id, UUID);
      smsId = data.id;
      assert.deepEqual(data, {
        id: smsId,
        reference: "sms-1",
        content: {
          from_number: "HARK",
          body: "Hello Ann\n\nFunctional Tests make our world a better place",
        },
        uri: `${PUBLIC_URL}/v2/notifications/${smsId}`,
        template: {
          id: smsTemplate,
          version: 2,
          uri: `${PUBLIC_URL}/services/${service.id}/templates/${smsTemplate}`,
        },
        scheduled_for: null,
      });
    },
  );

  await step(
    t,
    "sendEmail gives the accepted e-mail, with CRLF kept and what was sanitised",
    async () => {
      const { status, data } = await client.sendEmail(emailTemplate, "ann@example.com", {
        personalisation: { name: "[Ann](https://evil.example)" },
        reference: "email-1",
        oneClickUnsubscribeURL: "https://example.com/unsubscribe?id=1",
        sanitiseContentFor: ["name"],
      });
      assert.equal(status, 201);
      assert.match(data.id, UUID);
      emailId = data.id;
      const { name } = data.sanitised_content;
      assert.equal(name?.["unsanitised"], "[Ann](https://evil.example)");
      const sanitised = name?.["sanitised"] ?? "";
      assert.doesNotMatch(sanitised, /evil\.example/);
      assert.match(sanitised, /Ann/);
      assert.deepEqual(data, {
        id: emailId,
        reference: "email-1",
        content: {
          from_email: "passport.office@hark.example",
          subject: data.content.subject,
          body: `Hello ${sanitised}\r\n\r\nFunctional test help make our world a better place`,
          one_click_unsubscribe_url: "https://example.com/unsubscribe?id=1",
        },
        sanitised_content: { name: { unsanitised: "[Ann](https://evil.example)", sanitised } },
        uri: `${PUBLIC_URL}/v2/notifications/${emailId}`,
        template: {
          id: emailTemplate,
          version: 1,
          uri: `${PUBLIC_URL}/services/${service.id}/templates/${emailTemplate}`,
        },
        scheduled_for: null,
      });
    },
  );

  await step(t, "sendEmail without options gives null and empty, never nothing", async () => {
    const plain = await newTemplate(reach, service.id, {
      channel: "email",
      name: "Plain",
      subject: "A subject",
      body: "A body",
    });
    const { status, data } = await client.sendEmail(plain, "ben@example.com");
    assert.equal(status, 201);
    assert.equal(data.reference, null);
    assert.deepEqual(data.sanitised_content, {});
    assert.deepEqual(data.content, {
      from_email: "passport.office@hark.example",
      subject: "A subject",
      body: "A body",
      one_click_unsubscribe_url: null,
    });
  });

  const common = {
    line_1: null,
    line_2: null,
    line_3: null,
    line_4: null,
    line_5: null,
    line_6: null,
    postcode: null,
    created_by_name: null,
    scheduled_for: null,
    postage: null,
    status: "delivered",
  };

  await step(t, "getNotificationById gives a text with every field", async () => {
    const data = await waitFor("the text to be delivered", async () => {
      const answer = await client.getNotificationById(smsId);
      assert.equal(answer.status, 200);
      return answer.data.status === "delivered" && answer.data;
    });
    for (const at of [data.created_at, data.sent_at, data.completed_at]) {
      assert.match(at ?? "", TIMESTAMP);
    }
    assert.deepEqual(data, {
      ...common,
      id: smsId,
      reference: "sms-1",
      email_address: null,
      phone_number: "07900 900123",
      type: "sms",
      template: {
        id: smsTemplate,
        version: 2,
        uri: `${PUBLIC_URL}/v2/template/${smsTemplate}/version/2`,
      },
      body: "Hello Ann\n\nFunctional Tests make our world a better place",
      subject: null,
      created_at: data.created_at,
      sent_at: data.sent_at,
      completed_at: data.completed_at,
      one_click_unsubscribe_url: null,
      is_cost_data_ready: false,
      cost_in_pounds: null,
      cost_details: { billable_sms_fragments: 1 },
    });
  });

  await step(t, "getNotificationById gives an e-mail with every field", async () => {
    const data = await waitFor("the e-mail to be delivered", async () => {
      const answer = await client.getNotificationById(emailId);
      return answer.data.status === "delivered" && answer.data;
    });
    assert.match(data.subject ?? "", /^Functional test for /);
    assert.match(data.body, /^Hello .*\r\n\r\nFunctional test help make our world a better place$/);
    assert.deepEqual(data, {
      ...common,
      id: emailId,
      reference: "email-1",
      email_address: "ann@example.com",
      phone_number: null,
      type: "email",
      template: {
        id: emailTemplate,
        version: 1,
        uri: `${PUBLIC_URL}/v2/template/${emailTemplate}/version/1`,
      },
      body: data.body,
      subject: data.subject,
      created_at: data.created_at,
      sent_at: data.sent_at,
      completed_at: data.completed_at,
      one_click_unsubscribe_url: "https://example.com/unsubscribe?id=1",
      is_cost_data_ready: true,
      cost_in_pounds: 0,
      cost_details: {},
    });
  });

  await step(
    t,
    "getNotifications filters by type, status, reference and what is older",
    async () => {
      const all = await client.getNotifications();
      assert.equal(all.status, 200);
      const ids = all.data.notifications.map(({ id }) => id);
      assert.equal(ids.length, 3);
      assert.deepEqual(ids.slice(1), [emailId, smsId]);
      assert.deepEqual(all.data.links, {
        current: `${PUBLIC_URL}/v2/notifications`,
        next: `${PUBLIC_URL}/v2/notifications?older_than=${smsId}`,
      });
      const notification = await client.getNotificationById(smsId);
      assert.deepEqual(all.data.notifications[2], notification.data);

      const idsOf = async (...filter: Parameters<typeof client.getNotifications>) =>
        (await client.getNotifications(...filter)).data.notifications.map(({ id }) => id);
      assert.deepEqual(await idsOf("sms"), [smsId]);
      assert.deepEqual(await idsOf("letter"), []);
      assert.deepEqual(await idsOf(undefined, "delivered"), ids);
      assert.deepEqual(await idsOf(undefined, "failed"), []);
      assert.deepEqual(await idsOf(undefined, undefined, "email-1"), [emailId]);
      assert.deepEqual(await idsOf(undefined, undefined, undefined, emailId), [smsId]);
      assert.deepEqual(await idsOf("email", "delivered", "email-1", ids[0]), [emailId]);

      const filtered = await client.getNotifications("email", "delivered", "email-1", ids[0]);
      const query = `template_type=email&status=delivered&reference=email-1&older_than=`;
      assert.deepEqual(filtered.data.links, {
        current: `${PUBLIC_URL}/v2/notifications?${query}${ids[0]}`,
        next: `${PUBLIC_URL}/v2/notifications?${query}${emailId}`,
      });
      const empty = await client.getNotifications(undefined, undefined, undefined, smsId);
      assert.deepEqual(empty.data, {
        notifications: [],
        links: { current: `${PUBLIC_URL}/v2/notifications?older_than=${smsId}` },
      });
    },
  );

  const shownSms = {
    id: smsTemplate,
    type: "sms",
    created_by: "operator@hark.example",
    version: 2,
    body: SMS_BODY,
    subject: null,
    name: "Client functional test sms template",
    personalisation: { name: { required: true } },
    postage: null,
    letter_contact_block: null,
  };

  await step(t, "getTemplateById gives the newest version, raw", async () => {
    const { status, data } = await client.getTemplateById(smsTemplate);
    assert.equal(status, 200);
    const { created_at, updated_at, ...rest } = data;
    assert.match(created_at, TIMESTAMP);
    assert.match(updated_at ?? "", TIMESTAMP);
    assert.deepEqual(rest, shownSms);
  });

  await step(t, "getTemplateByIdAndVersion gives an older version", async () => {
    const { status, data } = await client.getTemplateByIdAndVersion(smsTemplate, 1);
    assert.equal(status, 200);
    const { created_at, updated_at, ...rest } = data;
    assert.match(created_at, TIMESTAMP);
    assert(updated_at === null || TIMESTAMP.test(updated_at));
    assert.deepEqual(rest, {
      ...shownSms,
      version: 1,
      body: "an older wording",
      personalisation: {},
    });
  });

  await step(t, "getAllTemplates gives those of every type, or of one", async () => {
    const all = await client.getAllTemplates();
    assert.equal(all.status, 200);
    assert.deepEqual(Object.keys(all.data), ["templates"]);
    assert.deepEqual(all.data.templates.map(({ name }) => name), [
      "Client functional test email template",
      "Client functional test sms template",
      "Plain",
    ]);
    assert.deepEqual(
      all.data.templates[1],
      (await client.getTemplateById(smsTemplate)).data,
    );
    const ofType = async (type: "sms" | "email" | "letter") =>
      (await client.getAllTemplates(type)).data.templates.map(({ id }) => id);
    assert.deepEqual(await ofType("sms"), [smsTemplate]);
    assert.equal((await ofType("email")).length, 2);
    assert.deepEqual(await ofType("letter"), []);
  });

  await step(t, "previewTemplateById renders without sending", async () => {
    const sms = await client.previewTemplateById(smsTemplate, { name: "Ann" });
    assert.equal(sms.status, 200);
    assert.deepEqual(sms.data, {
      id: smsTemplate,
      type: "sms",
      version: 2,
      body: "Hello Ann\n\nFunctional Tests make our world a better place",
      html: null,
      subject: null,
      postage: null,
    });
    const { data: email } = await client.previewTemplateById(emailTemplate, { name: "Ann" });
    assert.match(email.html ?? "", /<p[^>]*>Hello Ann<\/p>/);
    assert.deepEqual(email, {
      id: emailTemplate,
      type: "email",
      version: 1,
      body: "Hello Ann\r\n\r\nFunctional test help make our world a better place",
      html: email.html,
      subject: "Functional test for Ann",
      postage: null,
    });
    assert.equal((await client.getNotifications()).data.notifications.length, 3);
  });

  await step(t, "an error carries status 400 and every problem", async () => {
    assert.deepEqual(
      await refusalOf(client.sendSms("not-an-id", "07900 9OO123")),
      badRequest(
        { error: "ValidationError", message: "phone_number Must not contain letters or symbols" },
        { error: "ValidationError", message: "template_id is not a valid UUID" },
      ),
    );
    assert.deepEqual(
      await refusalOf(client.sendEmail(emailTemplate, "not an address")),
      badRequest({ error: "ValidationError", message: "email_address Not a valid email address" }),
    );
    assert.deepEqual(
      await refusalOf(client.sendSms(smsTemplate, "07900900123")),
      badRequest({ error: "BadRequestError", message: "Missing personalisation: name" }),
    );
    assert.deepEqual(
      await refusalOf(client.previewTemplateById(smsTemplate)),
      badRequest({ error: "BadRequestError", message: "Missing personalisation: name" }),
    );
    assert.deepEqual(
      await refusalOf(client.sendSms(NOWHERE, "07900900123")),
      badRequest({ error: "BadRequestError", message: "Template not found" }),
    );
    assert.deepEqual(
      await refusalOf(client.sendSms(smsTemplate, "07900900123", {
        personalisation: { name: "Ann" },
        smsSenderId: NOWHERE,
      })),
      badRequest({
        error: "BadRequestError",
        message: `sms_sender_id ${NOWHERE} does not exist in database for service id ${service.id}`,
      }),
    );
    assert.deepEqual(
      await refusalOf(client.getNotifications("sms", "elephant")),
      badRequest({
        error: "ValidationError",
        message: "status elephant is not one of [cancelled, created, sending, sent, delivered, " +
          "pending, failed, technical-failure, temporary-failure, permanent-failure, " +
          "pending-virus-check, validation-failed, virus-scan-failed, returned-letter, " +
          "accepted, received]",
      }),
    );
    assert.deepEqual(
      await refusalOf(client.sendLetter(NOWHERE, {
        personalisation: { address_line_1: "a", address_line_2: "b", address_line_3: "c" },
      })),
      badRequest({
        error: "BadRequestError",
        message: "Service is not allowed to send letters",
      }),
    );
  });

  await step(t, "an error carries status 403 for a key that is not the service's", async () => {
    const forbidden = (message: string) => ({
      status: 403,
      data: { status_code: 403, errors: [{ error: "AuthError", message }] },
      retryAfter: undefined,
    });
    const stranger = new NotifyClient(hark.url, service.id, NOWHERE);
    assert.deepEqual(
      await refusalOf(stranger.getAllTemplates()),
      forbidden("Invalid token: API key not found"),
    );
    const unknown = new NotifyClient(hark.url, NOWHERE, NOWHERE);
    assert.deepEqual(
      await refusalOf(unknown.sendSms(smsTemplate, "07900900123")),
      forbidden("Invalid token: service not found"),
    );
  });

  await step(t, "an error carries status 404 for what the service does not have", async () => {
    const missing = {
      status: 404,
      data: { status_code: 404, errors: [{ error: "NoResultFound", message: "No result found" }] },
      retryAfter: undefined,
    };
    const other = await newService(reach, { name: "Another" });
    const neighbour = new NotifyClient(hark.url, other.keys.live);
    assert.deepEqual(await refusalOf(client.getNotificationById(NOWHERE)), missing);
    assert.deepEqual(await refusalOf(neighbour.getNotificationById(smsId)), missing);
    assert.deepEqual(await refusalOf(neighbour.getTemplateById(smsTemplate)), missing);
    assert.deepEqual(await refusalOf(client.getTemplateByIdAndVersion(smsTemplate, 9)), missing);
    assert.deepEqual(await refusalOf(neighbour.previewTemplateById(smsTemplate, {})), missing);
  });

  await step(t, "an error carries status 429 over the rate and over the daily limit", async () => {
    const slow = await newService(reach, { name: "Slow", rate_limit_per_minute: 3 });
    const slowTemplate = await newTemplate(reach, slow.id, {
      channel: "sms",
      name: "Plain",
      body: "Hello",
    });
    const slowClient = new NotifyClient(hark.url, slow.keys.team);
    await manage(reach, "PUT", `/manage/services/${slow.id}/guests`, {
      email_addresses: [],
      phone_numbers: ["07900900123"],
    });
    assert.equal((await slowClient.sendSms(slowTemplate, "07900900123")).status, 201);
    const rate = await refusalOf(slowClient.sendSms(slowTemplate, "07900900123"));
    assert.match(rate.retryAfter ?? "", /^\d+$/);
    assert.deepEqual({ ...rate, retryAfter: undefined }, {
      status: 429,
      data: {
        status_code: 429,
        errors: [{
          error: "RateLimitError",
          message: "Exceeded rate limit for key type TEAM of 3 requests per 60 seconds",
        }],
      },
      retryAfter: undefined,
    });

    const small = await newService(reach, { name: "Small", daily_limits: { sms: 1 } });
    const smallTemplate = await newTemplate(reach, small.id, {
      channel: "sms",
      name: "Plain",
      body: "Hello",
    });
    const smallClient = new NotifyClient(hark.url, small.keys.live);
    assert.equal((await smallClient.sendSms(smallTemplate, "07900900123")).status, 201);
    const daily = await refusalOf(smallClient.sendSms(smallTemplate, "07900900123"));
    assert.match(daily.retryAfter ?? "", /^\d+$/);
    assert.deepEqual(daily.data, {
      status_code: 429,
      errors: [{
        error: "TooManyRequestsError",
        message: "Exceeded send limits (sms: 1) for today",
      }],
    });
    assert.equal(daily.status, 429);
  });

  await step(t, "a team key's client gets the refusal of other recipients", async () => {
    const team = new NotifyClient(hark.url, service.keys.team);
    assert.deepEqual(
      await refusalOf(team.sendEmail(emailTemplate, "stranger@example.com", {
        personalisation: { name: "Ann" },
      })),
      badRequest({
        error: "BadRequestError",
        message: "Can’t send to this recipient using a team-only API key",
      }),
    );
  });

  await step(t, "a revoked key's client is refused at once", async () => {
    const keys = await manage(reach, "GET", `/manage/services/${service.id}/keys`);
    const { id } = keys.body.keys.find(({ kind }: { readonly kind: string }) => kind === "live");
    await manage(reach, "DELETE", `/manage/services/${service.id}/keys/${id}`);
    const refusal = await refusalOf(
      client.sendSms(smsTemplate, "07900900123", { personalisation: { name: "Ann" } }),
    );
    assert.equal(refusal.status, 403);
    assert.deepEqual(refusal.data, {
      status_code: 403,
      errors: [{ error: "AuthError", message: "Invalid token: API key revoked" }],
    });
    const { status } = await callAs(reach, service.keys.team, "GET", "/v2/notifications");
    assert.equal(status, 200);
  });
});
