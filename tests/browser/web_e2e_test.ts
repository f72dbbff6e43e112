/** End-to-end tests of the web application: from an empty database to a message, in a real Chromium. */
import assert from "node:assert/strict";
import { NotifyClient } from "npm:notifications-node-client@8.4.0";
import type { Page } from "npm:playwright-core@1.64.1";
import { NEEDS_CHROMIUM } from "./chromium.ts";
import { CODE, LABELS, LINK, type Person, register, visitWeb } from "./web_visit.ts";

const ANN: Person = {
  name: "Ann Clerk",
  email: "ann.clerk@dept.gov.example",
  password: "violet kettle under snow",
  mobile: "07900 900123",
};

/** Creates a service, and a key of the kind Team and guest list. Returns the service's id and the key. */
async function makeKey(page: Page) {
  await page.getByRole("link", { name: "Create a service" }).click();
  await page.getByLabel("Name of the service").fill("Vehicle tax");
  await page.getByLabel("What is it for?").fill("Reminders to drivers");
  await page.getByRole("button", { name: "Create a service" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.getByRole("link", { name: "Create an API key" }).click();
  await page.getByLabel("Name of the key").fill("case system");
  await page.getByRole("radio", { name: "Live" }).check();
  await page.getByRole("button", { name: "Create a key" }).click();
  await page.getByRole("heading", { name: "Your API key" }).waitFor();
  const key = await page.locator("#key").textContent() ?? "";
  const serviceId = /services\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? "";
  return { key, serviceId };
}

/** Adds a mobile number to the guest list of the service of the page. */
async function addGuest(page: Page, mobile: string): Promise<void> {
  await page.getByRole("link", { name: "Guest list" }).click();
  await page.getByText(ANN.email).waitFor();
  await page.getByLabel("Mobile numbers").fill(mobile);
  await page.getByRole("button", { name: "Save the guest list" }).click();
  await page.getByText("The guest list is saved.").waitFor();
}

Deno.test(
  "the web application: a person registers, creates a service and a key, and GOV.UK Notify's client sends with it in trial mode",
  NEEDS_CHROMIUM,
  () =>
    visitWeb(async (visit) => {
      const { hark, adminToken, open, received, complaints } = visit;
      const page = await open();
      await register(visit, page, ANN);
      const { key, serviceId } = await makeKey(page);
      assert.match(key, new RegExp(`^case_system-${serviceId}-[0-9a-f-]{36}$`));

      const made = await fetch(`${hark.url}/manage/services/${serviceId}/templates`, {
        method: "POST",
        headers: { Authorization: `Bearer ${adminToken}` },
        body: JSON.stringify({ channel: "sms", name: "Reminder", body: "Dear ((name))" }),
      });
      const { id: templateId } = await made.json();
      const client = new NotifyClient(hark.url, key);
      const sent = await client.sendSms(templateId, ANN.mobile, {
        personalisation: { name: "Ann" },
      });
      assert.equal(sent.status, 201);
      assert.equal(
        await received("7900900123", /(Vehicle tax: Dear Ann)/),
        "Vehicle tax: Dear Ann",
      );
      const toGuest = () =>
        client.sendSms(templateId, "07900 900999", { personalisation: { name: "Bob" } });
      await assert.rejects(toGuest());
      await addGuest(page, "07900 900999");
      assert.equal((await toGuest()).status, 201);
      await page.getByRole("link", { name: "Overview" }).click();
      await page.getByText("Reminders to drivers").waitFor();
      const done = page.locator(".checklist li.done");
      for (const step of ["Create an API key", "Write a template", "Send a message to yourself"]) {
        assert.equal(await done.filter({ hasText: step }).count(), 1, step);
      }
      assert.equal(await done.filter({ hasText: "Invite a colleague" }).count(), 0);
      await page.goto(`${hark.url}/services`);
      await page.getByText("2 messages sent in the last 7 days").waitFor();
      assert.deepEqual(complaints, []);
    }),
);

Deno.test(
  "the web application: registers a person in Ukrainian, without JavaScript, at 360 px",
  NEEDS_CHROMIUM,
  () =>
    visitWeb(async (visit) => {
      const page = await visit.open({
        locale: "uk-UA",
        javaScriptEnabled: false,
        viewport: { width: 360, height: 740 },
      });
      await register(visit, page, { ...ANN, name: "Олена Коваленко" }, LABELS.uk);
    }),
);

Deno.test(
  "the web application: a person gets from the start page to a key without JavaScript, at 360 px",
  NEEDS_CHROMIUM,
  () =>
    visitWeb(async (visit) => {
      const page = await visit.open({
        javaScriptEnabled: false,
        viewport: { width: 360, height: 740 },
      });
      await register(visit, page, ANN);
      const { key } = await makeKey(page);
      assert.match(key, /^case_system-/);
      assert.equal(await page.getByRole("button", { name: "Copy" }).count(), 0);
      await page.getByRole("button", { name: "Dark" }).click();
      await page.locator("html[data-theme=dark]").waitFor();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("link", { name: "Register" }).waitFor();
    }),
);

/** Presses Tab until the element with this label or text has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  const MOST_STEPS = 60;
  for (let step = 0; step < MOST_STEPS; step++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate<string>(`(() => {
      const element = document.activeElement;
      return element?.labels?.[0]?.textContent ?? element?.textContent ?? "";
    })()`);
    if (focused.trim() === name) return;
  }
  assert.fail(`Tab does not reach "${name}" on ${page.url()}`);
}

Deno.test(
  "the web application: a person gets from the start page to a key by keyboard alone",
  NEEDS_CHROMIUM,
  () =>
    visitWeb(async (visit) => {
      const page = await visit.open();
      const enter = async (label: string, text: string) => {
        await tabTo(page, label);
        await page.keyboard.type(text);
      };
      const press = async (name: string) => {
        await tabTo(page, name);
        const loaded = page.waitForEvent("load");
        await page.keyboard.press("Enter");
        await loaded;
      };
      await press("Register");
      await enter("Email address", ANN.email);
      await page.keyboard.press("Enter");
      await page.getByText(ANN.email).waitFor();
      await page.goto(await visit.received(ANN.email, LINK));
      await enter("Full name", ANN.name);
      await page.keyboard.press("Enter");
      // The summary of faults has the focus, and leads to the field.
      await page.getByRole("alert").waitFor();
      assert.equal(await page.evaluate("document.activeElement.className"), "summary");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.keyboard.type(ANN.password);
      await enter("Mobile number", ANN.mobile);
      await press("Create account");
      await enter("Security code", await visit.received("7900900123", CODE));
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Your services" }).waitFor();
      await press("Create a service");
      await enter("Name of the service", "Vehicle tax");
      await enter("What is it for?", "Reminders to drivers");
      await press("Create a service");
      await page.getByRole("heading", { name: "Overview" }).waitFor();
      await press("Create an API key");
      await enter("Name of the key", "case system");
      await tabTo(page, "Live");
      await page.keyboard.press("Space");
      await press("Create a key");
      await page.getByRole("heading", { name: "Your API key" }).waitFor();
      assert.deepEqual(visit.complaints, []);
    }),
);
