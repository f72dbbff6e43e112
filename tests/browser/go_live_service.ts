/** A service before the browser that has all that it needs to ask to go live. */
import assert from "node:assert/strict";
import { LANGUAGES } from "../../routes/web/texts/plural.ts";
import { TEXTS } from "../../routes/web/texts/languages.ts";
import { issueRequestToken } from "../support/application.ts";
import type { Tour } from "./web_axe_cases.ts";
import { LABELS, register } from "./web_visit.ts";

const CARL = {
  name: "Carl Clerk",
  email: "carl.clerk@dept.gov.example",
  password: "nine brown wooden chairs",
  mobile: "07900 900127",
} as const;

/** Makes the service, with a second manager, and delivers a text. Returns its id. */
export async function prepareGoLive({ visit, demo }: Tour): Promise<string> {
  const { hark, adminToken } = visit;
  const call = async (path: string, method: string, body: unknown, token = adminToken) => {
    const answer = await fetch(`${hark.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
    return await answer.json();
  };
  const { id } = await call("/manage/services", "POST", {
    name: "Library",
    channels: ["sms"],
    purpose: "Tells readers when their books are due",
  });
  const service = `/manage/services/${id}`;
  await call(`${service}/sms_senders`, "POST", { sms_sender: "LIBRARY" });
  await call(`${service}/guests`, "PUT", {
    email_addresses: [],
    phone_numbers: ["07900 900128"],
  });
  const template = await call(`${service}/templates`, "POST", {
    channel: "sms",
    name: "Book due",
    body: "Your book ((title)) is due tomorrow.",
  });
  const { key } = await call(`${service}/keys`, "POST", { name: "Replies", kind: "team" });
  const text = {
    template_id: template.id,
    phone_number: "07900 900128",
    personalisation: { title: "Kobzar" },
  };
  await call("/v2/notifications/sms", "POST", text, await issueRequestToken(key));

  const locale = await demo.evaluate<string>("document.documentElement.lang");
  const language = LANGUAGES.find((one) => one === locale) ?? "en";
  const carl = await visit.open({ locale: language === "uk" ? "uk-UA" : "en-GB" });
  await register(visit, carl, CARL, LABELS[language]);
  for (
    const [page, email_address] of [[carl, CARL.email], [demo, await addressOf(demo)]] as const
  ) {
    await call(`${service}/invitations`, "POST", { email_address, roles: ["manage"] });
    await page.goto(await visit.received(email_address, /(http:\S+\/invitations\/\S+)/));
    await page.getByRole("button", { name: TEXTS[language].invitation.accept }).click();
    await page.waitForURL(/\/services\//);
  }
  await carl.context().close();
  return id;
}

/** The e-mail address of the signed-in person. */
async function addressOf(page: Tour["demo"]): Promise<string> {
  await page.goto(new URL("/account", page.url()).href);
  const text = await page.getByRole("main").innerText();
  const address = /\S+@\S+\.\w+/.exec(text)?.[0];
  assert.ok(address !== undefined);
  return address;
}
