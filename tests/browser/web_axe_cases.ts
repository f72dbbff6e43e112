/** What each page of the table shows: its states, which a person reaches one after the other. */
import assert from "node:assert/strict";
import type { Page } from "npm:playwright-core@1.64.1";
import { PAGES, pathOf } from "../../routes/web/pages.ts";
import { LIST_CASES } from "./web_list_cases.ts";
import { prepareGoLive } from "./go_live_service.ts";
import { MESSAGE_CASES } from "./web_axe_messages.ts";
import { TEMPLATE_CASES } from "./web_axe_templates.ts";
import { assertFaultless, clickToLoad, type WebVisit } from "./web_visit.ts";

/** People before the pages, each with a browser of their own. */
export interface Tour {
  readonly visit: WebVisit;
  /** Somebody who is not signed in. */
  readonly visitor: Page;
  /** Ann, who registers and then has the second factor outstanding. */
  readonly ann: Page;
  /** The demo user, signed in. */
  readonly demo: Page;
  /** The id of the demo user's service. */
  readonly serviceId: string;
}

/** Shows a page's states and checks each; `undefined` for a row that only takes a form and shows no page of its own. */
export type Case = ((tour: Tour) => Promise<void>) | undefined;

/** The name of a page in the table. */
export type PageName = keyof typeof PAGES;

const ANN = "ann.clerk@dept.gov.example";
const BOB = "bob.clerk@dept.gov.example";
const NEW_ADDRESS = "demo.new@dept.gov.example";
const UNKNOWN = { token: "unknown" };

/** The cases by the name of the page, run in the order of the table. */
export const CASES: Readonly<Record<PageName, Case>> = {
  home: ({ visit, visitor }) => show(visit, visitor, PAGES.home.path),
  preferences: undefined,
  privacy: ({ visit, visitor }) => show(visit, visitor, PAGES.privacy.path),
  cookies: ({ visit, visitor }) => show(visit, visitor, PAGES.cookies.path),
  accessibility: ({ visit, visitor }) => show(visit, visitor, PAGES.accessibility.path),

  register: async ({ visit, visitor }) => {
    await show(visit, visitor, PAGES.register.path);
    await send(visitor, { email_address: "" });
  },
  registerSent: async ({ visit, visitor }) => {
    await visitor.goto(`${visit.hark.url}${PAGES.register.path}`);
    await send(visitor, { email_address: ANN });
  },
  registerLink: async ({ visit, visitor, ann }) => {
    await show(visit, visitor, pathOf(PAGES.registerLink, UNKNOWN), 410);
    await show(visit, ann, await link(visit, ANN, "register"));
    await send(ann, { name: "" });
    const account = { name: "Ann Clerk", password: "violet kettle under snow" };
    await send(ann, { ...account, mobile_number: "07900 900123" });
  },
  operatorLink: async ({ visit, visitor }) => {
    await show(visit, visitor, pathOf(PAGES.operatorLink, UNKNOWN), 410);
    const made = await fetch(`${visit.hark.url}/manage/operators`, {
      method: "POST",
      headers: { Authorization: `Bearer ${visit.adminToken}` },
      body: JSON.stringify({ email_address: BOB }),
    });
    const { url } = await made.json();
    await show(visit, visitor, new URL(url).pathname);
    await send(visitor, { name: "" });
  },

  signIn: async ({ visit, visitor }) => {
    await show(visit, visitor, PAGES.signIn.path);
    await send(visitor, { email_address: "" });
  },
  signInDemo: undefined,
  signInCode: async ({ visit, ann }) => {
    await show(visit, ann, PAGES.signInCode.path);
    await send(ann, { code: "" });
  },
  signInNewCode: undefined,
  signInNumber: async ({ visit, ann }) => {
    await show(visit, ann, PAGES.signInNumber.path);
    await send(ann, { mobile_number: "" });
  },
  signInApp: async ({ visit, ann }) => {
    await show(visit, ann, PAGES.signInApp.path);
    await press(ann);
    await send(ann, { code: "" });
  },
  forgotten: async ({ visit, visitor }) => {
    await show(visit, visitor, PAGES.forgotten.path);
    await send(visitor, { email_address: "" });
    await send(visitor, { email_address: ANN });
  },
  newPassword: async ({ visit, visitor }) => {
    await show(visit, visitor, pathOf(PAGES.newPassword, UNKNOWN), 410);
    await show(visit, visitor, await link(visit, ANN, "sign-in/new-password"));
    await send(visitor, { password: "" });
  },
  signOut: undefined,

  services: async ({ visit, demo }) => {
    await show(visit, demo, PAGES.services.path);
    await show(visit, demo, `${PAGES.services.path}?recovery_codes`);
  },
  newService: async ({ visit, demo }) => {
    await show(visit, demo, PAGES.newService.path);
    await send(demo, { name: "" });
    await send(demo, { name: "<b>Vehicle tax</b>", purpose: "Reminders to drivers" });
  },
  service: (tour) => showOf(tour, PAGES.service),
  send: async (tour) => {
    await showOf(tour, PAGES.send);
    await show(tour.visit, tour.demo, `${pathOf(PAGES.send, ofService(tour))}?name=none`);
  },
  sendOne: async (tour) => {
    await showOf(tour, PAGES.send);
    await follow(tour.demo, "main tbody tr:last-child td a");
    await send(tour.demo, { to: "" });
    await tour.demo.locator("#to").fill("07900 900123");
    await tour.demo.locator("#value_0").fill("Ann");
    await tour.demo.locator("#value_1").fill("1 May");
    await tour.demo.locator("#value_2").check();
    await press(tour.demo);
    await tour.demo.locator("main pre").waitFor();
  },
  // A message's HTML, which is not ours.
  sendOneMail: undefined,
  sentOne: async (tour) => {
    await press(tour.demo);
    await tour.demo.locator("main dl").waitFor();
  },
  purpose: async (tour) => {
    await showOf(tour, PAGES.purpose);
    await send(tour.demo, { purpose: "" });
    await send(tour.demo, { purpose: "Reminders to drivers" });
  },
  keys: (tour) => showOf(tour, PAGES.keys),
  newKey: async (tour) => {
    await showOf(tour, PAGES.newKey);
    await send(tour.demo, { name: "" });
    await tour.demo.locator("main input[name=kind]").first().check();
    await send(tour.demo, { name: "case system" });
    await tour.demo.locator("#key").waitFor();
  },
  revokeKey: async (tour) => {
    await showOf(tour, PAGES.keys);
    await follow(tour.demo, 'main a[href$="/revoke"]');
  },
  guests: async (tour) => {
    await showOf(tour, PAGES.guests);
    await send(tour.demo, { phone_numbers: "not a number" });
  },
  ...TEMPLATE_CASES,
  ...MESSAGE_CASES,
  team: (tour) => showOf(tour, PAGES.team),
  invite: async (tour) => {
    await showOf(tour, PAGES.invite);
    await send(tour.demo, { email_address: "" });
    await send(tour.demo, { email_address: BOB });
  },
  changeInvitation: undefined,
  member: async (tour) => {
    await showOf(tour, PAGES.team);
    await follow(tour.demo, 'main a[href*="/team/"]:not([href$="/invite"])');
    await tour.demo.locator("main input[name=roles][value=manage]").uncheck();
    await press(tour.demo);
  },
  invitation: async ({ visit, visitor, demo }) => {
    await show(visit, visitor, pathOf(PAGES.invitation, UNKNOWN), 410);
    const path = await link(visit, BOB, "invitations");
    await show(visit, visitor, path);
    await send(visitor, { name: "" });
    await show(visit, demo, path);
    await press(demo);
  },

  ...LIST_CASES,

  settings: async (tour) => {
    await showOf(tour, PAGES.settings);
    await send(tour.demo, { time_zone: "" });
    await showOf(tour, PAGES.settings);
    await send(tour.demo, { retention_sms: "30" });
  },
  senders: async (tour) => {
    await showOf(tour, PAGES.settings);
    await send(tour.demo, { sms_sender: "" });
    await send(tour.demo, { sms_sender: "LIBRARY" });
    await send(tour.demo, { email_address: "" });
    await send(tour.demo, { email_address: "replies@library.example" });
  },
  replyTo: async ({ visit, visitor }) => {
    await show(visit, visitor, pathOf(PAGES.replyTo, UNKNOWN), 410);
    await show(visit, visitor, await link(visit, "replies@library.example", "reply-to"));
    await press(visitor);
  },
  archive: async (tour) => {
    await showOf(tour, PAGES.archive);
    await send(tour.demo, { name: "" });
  },
  restore: undefined,
  callbacks: (tour) => showOf(tour, PAGES.callbacks),
  callback: async ({ visit, demo, serviceId }) => {
    const path = pathOf(PAGES.callback, { service_id: serviceId, kind: "delivery" });
    await show(visit, demo, path);
    await send(demo, { url: "" });
    await send(demo, { url: "http://127.0.0.1:1/", bearer_token: "0123456789" });
    await demo.locator("#secret").waitFor();
    await demo.locator("main form:has(input[value=test]) button").click();
    await demo.locator("#answer").waitFor();
    await assertFaultless(demo);
  },
  goLive: async (tour) => {
    await showOf(tour, PAGES.goLive);
    await askToGoLive(tour);
  },
  audit: async (tour) => {
    await showOf(tour, PAGES.audit);
    await show(
      tour.visit,
      tour.demo,
      `${pathOf(PAGES.audit, ofService(tour))}?day=2020-01-01`,
    );
  },
  auditCsv: undefined,

  tokens: ({ visit, demo }) => show(visit, demo, PAGES.tokens.path),
  newToken: async ({ visit, demo }) => {
    await show(visit, demo, PAGES.newToken.path);
    await send(demo, { name: "" });
    await demo.locator("#reach").check();
    await demo.locator("#rights").check();
    await send(demo, { name: "Backups" });
    await demo.locator("#token").waitFor();
  },
  revokeToken: async ({ visit, demo }) => {
    await show(visit, demo, PAGES.tokens.path);
    await follow(demo, 'main td a[href$="/revoke"]');
  },

  goLiveRequests: async (tour) => {
    await askToGoLive(tour);
    await show(tour.visit, tour.demo, PAGES.goLiveRequests.path);
  },
  goLiveRequest: async ({ visit, demo }) => {
    await show(visit, demo, PAGES.goLiveRequests.path);
    await follow(demo, "main td a, main th a");
    await send(demo, { reason: "" });
    await demo.locator("input[name=decision][value=refused]").check();
    await send(demo, { reason: "The texts are drafts" });
    await demo.locator(".note.good").waitFor();
  },

  account: ({ visit, demo }) => show(visit, demo, PAGES.account.path),
  accountName: async ({ visit, demo }) => {
    await show(visit, demo, PAGES.accountName.path);
    await send(demo, { name: "" });
  },
  accountEmail: async ({ visit, demo }) => {
    await show(visit, demo, PAGES.accountEmail.path);
    await send(demo, { email_address: "" });
    await send(demo, { email_address: NEW_ADDRESS });
  },
  accountEmailLink: async ({ visit, visitor, demo }) => {
    await show(visit, visitor, pathOf(PAGES.accountEmailLink, UNKNOWN), 410);
    await show(visit, demo, await link(visit, NEW_ADDRESS, "account/email"));
  },
  accountMobile: async ({ visit, demo }) => {
    await show(visit, demo, PAGES.accountMobile.path);
    await send(demo, { mobile_number: "" });
    await send(demo, { mobile_number: "07900 900555" });
    await send(demo, { code: "" });
  },
  accountPassword: async ({ visit, demo }) => {
    await show(visit, demo, PAGES.accountPassword.path);
    await send(demo, { password: "" });
  },
  accountApp: async ({ visit, demo }) => {
    await show(visit, demo, PAGES.accountApp.path);
    await press(demo);
    await send(demo, { code: "" });
  },
  accountCodes: async ({ visit, demo }) => {
    await show(visit, demo, PAGES.accountCodes.path);
    await press(demo);
  },
  accountSessions: undefined,
  deactivate: async ({ visit, demo }) => {
    await show(visit, demo, PAGES.deactivate.path);
    await press(demo);
  },
  confirm: async ({ visit, demo }) => {
    await show(visit, demo, PAGES.confirm.path);
    await send(demo, { password: "" });
  },
};

/** Opens an address and checks what it shows. */
export async function show(
  { hark }: WebVisit,
  page: Page,
  path: string,
  status = 200,
): Promise<void> {
  const answer = await page.goto(`${hark.url}${path}`);
  assert.equal(answer?.status(), status, path);
  assert.equal(new URL(page.url()).pathname, new URL(path, hark.url).pathname, "leads elsewhere");
  await assertFaultless(page);
}

function ofService({ serviceId }: Tour) {
  return { service_id: serviceId };
}

/** Shows a page of the demo service to the demo user. */
async function showOf(tour: Tour, page: { readonly path: string } & typeof PAGES[PageName]) {
  await show(tour.visit, tour.demo, pathOf(page, ofService(tour)));
}

/** Asks that a service may go live, which has all that it needs. */
async function askToGoLive(tour: Tour): Promise<void> {
  const { visit, demo } = tour;
  await show(visit, demo, pathOf(PAGES.goLive, { service_id: await prepareGoLive(tour) }));
  await send(demo, { contact: "" });
  await demo.locator("#volume_sms").fill("300");
  await demo.locator("#terms").check();
  await send(demo, { contact: "ann@dept.gov.example" });
  await demo.locator(".note.good").waitFor();
}

/** Fills fields of one form, sends it, and checks the answer, which shows faults when all fields are empty. */
async function send(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  const [first = ""] = Object.keys(fields);
  for (const [name, value] of Object.entries(fields)) await page.locator(`#${name}`).fill(value);
  await clickToLoad(page, page.locator(`main form:has(#${first}) button[type=submit]`).first());
  if (Object.values(fields).every((value) => value === "")) {
    assert.equal(await page.locator("main .summary").count(), 1, `${page.url()} shows no fault`);
  }
  await assertFaultless(page);
}

/** Presses the first button of a page that sends a form, and checks the answer. */
async function press(page: Page): Promise<void> {
  await clickToLoad(page, page.locator("main form button[type=submit]").first());
  await assertFaultless(page);
}

async function follow(page: Page, selector: string): Promise<void> {
  await clickToLoad(page, page.locator(selector).first());
  await assertFaultless(page);
}

/** The path of the link in the newest message to an address. */
async function link({ received }: WebVisit, to: string, place: string): Promise<string> {
  return new URL(await received(to, new RegExp(`(http:\\S+/${place}/\\S+)`))).pathname;
}
