/** The steps of the quick start in a browser: from registering to a message that a program sends to everybody. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { NotifyClient } from "npm:notifications-node-client@8.4.0";
import type { BrowserContextOptions, Page } from "npm:playwright-core@1.64.1";
import { type Language, LANGUAGES } from "../../routes/web/texts/plural.ts";
import { TEXTS } from "../../routes/web/texts/languages.ts";
import type { Texts } from "../../routes/web/texts/texts.ts";
import { createPointer, type Hand } from "./hands.ts";
import { CODE, LINK, type WebVisit } from "./web_visit.ts";

/** A person before a page of their own. */
export interface Walker {
  readonly visit: WebVisit;
  readonly page: Page;
  readonly hand: Hand;
  readonly texts: Texts;
  readonly hasScript: boolean;
}

/** How a walk differs from the others. */
export interface WalkOptions {
  readonly browser?: BrowserContextOptions;
  readonly createHand?: (page: Page) => Hand;
}

const ANN = {
  name: "Ann Clerk",
  email: "ann.clerk@dept.gov.example",
  password: "violet kettle under snow",
  mobile: "07900 900123",
} as const;

const SERVICE = "Town library";
const TEMPLATE = "Book is due";
const BODY = "Dear ((name)), ((item)) is due on ((date)).";
const BOB = "07900 900201";
/** The simulator answers with a failure that may be over later. */
const DORA = "07700 900003";
/** Not a guest, and not in the team. */
const STRANGER = "07900 900999";

const HEADINGS = ["phone number", "name", "item", "date"] as const;
const ANNS = [ANN.mobile, "Ann", "Kobzar", "1 May"] as const;
const BOBS = [BOB, "Bob", "Eneida", "2 May"] as const;
const WITHOUT_ITEM = [BOB, "Bob", "", "2 May"] as const;
const WRONG_NUMBER = ["07900 12", "Carl", "Zakhar Berkut", "3 May"] as const;
const DORAS = [DORA, "Dora", "Lisova pisnia", "4 May"] as const;

/** The start of a list, in seconds after the button. */
const START_S = 30;
/** Max times that a page without a script is reloaded until a list has ended; only a failing test reaches it. */
const MAX_RELOADS = 100;

/** A person before the start page. */
export async function beginWalk(visit: WebVisit, options: WalkOptions = {}): Promise<Walker> {
  const { browser = {}, createHand = createPointer } = options;
  const page = await visit.open(browser);
  const language: Language = LANGUAGES.find((one) => browser.locale?.startsWith(one)) ?? "en";
  const hasScript = browser.javaScriptEnabled ?? true;
  return { visit, page, hand: createHand(page), texts: TEXTS[language], hasScript };
}

/** Waits for the page's main heading. */
async function arrive({ page }: Walker, heading: string): Promise<void> {
  await page.getByRole("heading", { name: heading, exact: true }).waitFor();
}

/** Registers, and creates a service. */
export async function registerAndCreate(walker: Walker): Promise<void> {
  const { visit, page, hand, texts: { shell, fields, register, services, overview } } = walker;
  await hand.press("link", shell.register);
  await hand.enter(fields.email, ANN.email);
  await hand.press("button", fields.continue);
  await page.goto(await visit.received(ANN.email, LINK));
  await hand.enter(fields.name, ANN.name);
  await hand.enter(fields.password, ANN.password);
  await hand.enter(fields.mobile, ANN.mobile);
  await hand.press("button", register.create);
  await hand.enter(fields.code, await visit.received("7900900123", CODE));
  await hand.press("button", fields.continue);
  await hand.press("link", services.create);
  await hand.enter(services.name, SERVICE);
  await hand.enter(services.purpose, "Tells readers when their books are due");
  await hand.press("button", services.create);
  await arrive(walker, overview.title);
}

/** Writes a template, from the first steps of the overview to the template's page. */
export async function writeTemplate(walker: Walker): Promise<void> {
  const { page, hand, texts: { overview, templates, editor, template } } = walker;
  await hand.press("link", overview.stepTemplate);
  await hand.press("link", templates.create);
  await hand.enter(editor.name, TEMPLATE);
  await hand.enter(editor.body, BODY);
  await hand.press("button", editor.save);
  await arrive(walker, TEMPLATE);
  await page.getByText(template.saved, { exact: true }).waitFor();
}

/** Adds the people of the list to the guest list: in trial mode the service reaches no others. */
export async function addGuests(walker: Walker): Promise<void> {
  const { page, hand, texts: { guests } } = walker;
  await hand.press("link", guests.nav);
  await hand.enter(guests.phones, [BOB, DORA].join("\n"));
  await hand.press("button", guests.save);
  await page.getByText(guests.saved).waitFor();
}

type Row = readonly string[];

/** Uploads a list as a file. */
async function upload({ page, hand, texts: { lists } }: Walker, rows: readonly Row[]) {
  const text = [HEADINGS, ...rows].map((row) => row.join(",")).join("\n");
  await page.getByLabel(lists.file).setInputFiles({
    name: "books.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(text),
  });
  await hand.press("button", lists.upload);
}

/** Pastes a list, as cells of a spreadsheet are pasted. */
async function paste({ hand, texts: { lists } }: Walker, rows: readonly Row[]): Promise<void> {
  await hand.enter(lists.paste, [HEADINGS, ...rows].map((row) => row.join("\t")).join("\n"));
  await hand.press("button", lists.pasteButton);
}

/** Gives a list with two bad rows, corrects one, leaves the other out, and sends it. */
export async function sendList(walker: Walker, isPasted = false): Promise<void> {
  const { page, hand, texts: { send, lists } } = walker;
  const give = isPasted ? paste : upload;
  await hand.press("link", send.nav);
  await hand.press("link", send.listOf(TEMPLATE));
  await give(walker, [ANNS, WITHOUT_ITEM, WRONG_NUMBER, DORAS]);
  await arrive(walker, lists.rowsTitle(2));
  const csv = await page.getByRole("link", { name: lists.download }).getAttribute("href") ?? "";
  const bad = (await (await page.request.get(new URL(csv, page.url()).href)).text()).trim();
  assert.deepEqual(
    bad.split(/\r?\n/).map((line) => line.split(",").slice(0, 2).join(",")),
    ["phone number,name", `${BOB},Bob`, "07900 12,Carl"],
    bad,
  );
  await hand.press("link", lists.uploadAgain);
  await give(walker, [ANNS, BOBS, WRONG_NUMBER, DORAS]);
  await arrive(walker, lists.rowsTitle(1));
  await hand.press("button", lists.skip(3, 1));
  await arrive(walker, lists.checkTitle(3));
  await page.getByText("Dear Bob, Eneida is due on 2 May.").waitFor();
  assert.equal(await page.getByText("Dear Carl").count(), 0, "the row that is left out");
  await hand.press("button", lists.send(3));
  await page.getByText(lists.stopHint).waitFor();
}

/** Waits until each message of the list has ended. The clock is moved to its start. */
export async function watchList(walker: Walker): Promise<void> {
  const { visit, page, hasScript, texts: { lists } } = walker;
  const moved = await fetch(`${visit.hark.url}/dev/clock`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ advance_seconds: START_S }),
  });
  assert.equal(moved.status, 200, await moved.text());
  await visit.received("7700900003", /(Lisova pisnia)/);
  const ended = page.getByText(lists.done("3", "3"));
  if (hasScript) return await ended.waitFor();
  for (let reloads = 0; await ended.count() === 0 && reloads < MAX_RELOADS; reloads++) {
    await page.reload();
  }
  assert.equal(await ended.count(), 1);
}

/** Finds Bob's message by his number. */
export async function findMessage(walker: Walker): Promise<void> {
  const { page, hand, texts: { messages, message, statuses } } = walker;
  await hand.press("link", messages.nav);
  await hand.unfold(messages.search);
  await hand.enter(messages.term, BOB);
  await hand.press("button", messages.find);
  await page.getByText(messages.searched).waitFor();
  const rows = page.locator("tbody tr");
  assert.equal(await rows.count(), 1);
  const link = rows.getByRole("link");
  await hand.press("link", await link.textContent() ?? "");
  await arrive(walker, message.title);
  await page.getByText("Dear Bob, Eneida is due on 2 May.").waitFor();
  await page.getByText(statuses.delivered, { exact: true }).first().waitFor();
}

/** Reads on the overview why a message failed, and goes to that message. */
export async function readReason(walker: Walker): Promise<void> {
  const { page, hand, texts: { overview, outcomes, message, reasons } } = walker;
  await hand.press("link", overview.title);
  const row = page.getByRole("region", { name: outcomes.why }).locator("tbody tr");
  const reason = await row.getByRole("link").textContent() ?? "";
  const texts = Object.values(reasons).find(([title]) => title === reason);
  assert.ok(texts !== undefined, reason);
  await row.getByText(texts[1]).waitFor();
  await hand.press("link", reason);
  const link = page.locator("tbody tr").getByRole("link");
  assert.equal(await link.count(), 1);
  await hand.press("link", await link.textContent() ?? "");
  await arrive(walker, message.title);
  await page.getByText("Dear Dora, Lisova pisnia is due on 4 May.").waitFor();
  await page.getByText(texts[1]).waitFor();
}

/** Adds what the checklist of going live misses, a sender of texts and a colleague, and asks. */
export async function askToGoLive(walker: Walker, colleague: Walker): Promise<void> {
  const { visit, page, hand, texts: { settings, team, roles, overview, goLive } } = walker;
  const { sms } = settings.senders;
  await hand.press("link", settings.nav);
  await hand.enter(sms.add, "LIBRARY");
  await hand.press("button", sms.addButton);
  await page.getByText("LIBRARY", { exact: true }).waitFor();
  const address = await addressOf(colleague);
  await hand.press("link", team.nav);
  await hand.press("link", team.invite);
  await hand.enter(team.email, address);
  await hand.tick(roles.manage[0]);
  await hand.press("button", team.inviteSend);
  await colleague.page.goto(await visit.received(address, /(http:\S+\/invitations\/\S+)/));
  await colleague.hand.press("button", colleague.texts.invitation.accept);
  await arrive(colleague, overview.title);

  await hand.press("link", overview.title);
  await hand.press("link", overview.stepLive);
  await hand.enter(goLive.volume.sms, "500");
  await hand.enter(goLive.contact, ANN.email);
  await hand.tick(goLive.acceptTerms);
  await hand.press("button", goLive.ask);
  await page.locator(".note.good", { hasText: ANN.name }).waitFor();
}

/** The operator approves the request. */
export async function approve(operator: Walker): Promise<void> {
  const { page, hand, texts: { goLiveRequests } } = operator;
  await hand.press("link", goLiveRequests.nav);
  await hand.press("link", SERVICE);
  await arrive(operator, goLiveRequests.requestTitle(SERVICE));
  await page.getByText("Dear ((name)), ((item)) is due on ((date)).").waitFor();
  await hand.tick(goLiveRequests.decisions.approved[0]);
  await hand.press("button", goLiveRequests.send);
}

/** Creates a live key, and sends the template with it to somebody who is not a guest. */
export async function sendWithKey(walker: Walker): Promise<void> {
  const { visit, page, hand, texts: { overview, keys, services, templates } } = walker;
  await hand.press("link", templates.nav);
  await hand.press("link", TEMPLATE);
  const templateId = await page.locator("#template-id").textContent() ?? "";
  await hand.press("link", overview.title);
  await page.getByText(services.live, { exact: true }).waitFor();
  await hand.press("link", overview.stepKey);
  await hand.enter(keys.newName, "case system");
  await hand.tick(keys.kinds.live[0]);
  await hand.press("button", keys.create);
  await arrive(walker, keys.createdTitle);
  const key = await page.locator("#key").textContent() ?? "";
  const client = new NotifyClient(visit.hark.url, key);
  const sent = await client.sendSms(templateId, STRANGER, {
    personalisation: { name: "Eve", item: "Kaminnyi hospodar", date: "5 May" },
  });
  assert.equal(sent.status, 201);
  await visit.received("7900900999", /(Town library: Dear Eve, Kaminnyi hospodar is due on 5 May)/);
}

/** The demo user, who is the operator of a development server, signed in. */
export async function signInDemo(walker: Walker): Promise<void> {
  const { hand, texts: { shell, signIn, services } } = walker;
  await hand.press("link", shell.signIn);
  await hand.press("button", signIn.demo);
  await arrive(walker, services.title);
}

/** The e-mail address of the signed-in person. */
async function addressOf({ page }: Walker): Promise<string> {
  const back = page.url();
  await page.goto(new URL("/account", back).href);
  const text = await page.getByRole("main").innerText();
  await page.goto(back);
  const address = /\S+@\S+\.\w+/.exec(text)?.[0];
  assert.ok(address !== undefined);
  return address;
}
