/** What the pages of lists show: the demo user uploads a list, matches its columns, leaves rows out and sends it. */
import { Buffer } from "node:buffer";
import type { Page } from "npm:playwright-core@1.64.1";
import { PAGES, pathOf } from "../../routes/web/pages.ts";
import { assertFaultless, clickToLoad, type WebVisit } from "./web_visit.ts";

/** The demo user before the pages of their service. */
interface ListTour {
  readonly visit: WebVisit;
  readonly demo: Page;
  readonly serviceId: string;
}

const BODY = "Dear ((name)), your ((item)) is due on ((date))";
const ROWS = ["+447900900201,Ann,permit,1 May", "12,Bob,permit,", "+447900900202,Eve,permit,2 May"];

/** Makes the demo service live, and creates a template of it. Returns the page that asks for a list. */
export async function newUploadPath(
  { visit: { hark, adminToken }, serviceId }: Pick<ListTour, "visit" | "serviceId">,
): Promise<string> {
  const manage = (method: string, path: string, body: unknown) =>
    fetch(`${hark.url}/manage/services/${serviceId}${path}`, {
      method,
      headers: { Authorization: `Bearer ${adminToken}` },
      body: JSON.stringify(body),
    });
  await (await manage("PATCH", "", { mode: "live" })).body?.cancel();
  const template = { channel: "sms", name: crypto.randomUUID(), body: BODY };
  const { id } = await (await manage("POST", "/templates", template)).json();
  return pathOf(PAGES.sendList, { service_id: serviceId, template_id: id });
}

/** Chooses a file on the page that asks for a list, and uploads it. */
export async function uploadCsv(page: Page, lines: readonly string[]): Promise<void> {
  const buffer = Buffer.from(lines.join("\n"));
  await page.setInputFiles("#file", { name: "people.csv", mimeType: "text/csv", buffer });
  await pressIn(page, "main form[enctype]");
}

/** Presses the button of a form. */
export async function pressIn(page: Page, form: string): Promise<void> {
  await clickToLoad(page, page.locator(`${form} button[type=submit]`).first());
}

async function openUpload(tour: ListTour): Promise<void> {
  await tour.demo.goto(`${tour.visit.hark.url}${await newUploadPath(tour)}`);
}

/** The cases of the pages of lists; `undefined` for files, parts of pages and forms. */
export const LIST_CASES = {
  sendList: async (tour: ListTour) => {
    await openUpload(tour);
    await assertFaultless(tour.demo);
    await pressIn(tour.demo, "main form[enctype]");
    await assertFaultless(tour.demo);
  },
  listExample: undefined,
  listDraft: async (tour: ListTour) => {
    const { demo } = tour;
    await openUpload(tour);
    await uploadCsv(demo, ["Mobile,Person,item,date", ...ROWS]);
    await assertFaultless(demo);
    await pressIn(demo, "main form");
    await assertFaultless(demo);
    await demo.selectOption("#column_1", "1");
    await pressIn(demo, "main form");
    await assertFaultless(demo);
    await pressIn(demo, "main form:has([value=skip])");
    await demo.goto(`${demo.url()}?row=3`);
    await assertFaultless(demo);
    await demo.locator("#when-later").check();
    await pressIn(demo, "main form:has(#date)");
    await assertFaultless(demo);
  },
  listErrors: undefined,
  list: async (tour: ListTour) => {
    const { demo } = tour;
    await openUpload(tour);
    await uploadCsv(demo, ["phone number,name,item,date", ...ROWS.slice(0, 1)]);
    await pressIn(demo, "main form:has(#date)");
    await assertFaultless(demo);
    await pressIn(demo, "main form:has([value=stop])");
    await assertFaultless(demo);
  },
  listProgress: undefined,
  changeList: undefined,
} as const;
