/** What each page of templates shows, for the accessibility test. */
import type { Page } from "npm:playwright-core@1.64.1";
import { PAGES, pathOf } from "../../routes/web/pages.ts";
import { assertFaultless, clickToLoad, type WebVisit } from "./web_visit.ts";

/** The visitor of the pages. */
interface TemplateTour {
  readonly visit: WebVisit;
  /** The demo user, signed in. */
  readonly demo: Page;
  readonly serviceId: string;
}

type TemplateCase = ((tour: TemplateTour) => Promise<void>) | undefined;

/** The cases of the pages of templates, run in the order of the table. */
export const TEMPLATE_CASES = {
  templates: async (tour) => {
    await open(tour, listOf(tour));
    await open(tour, `${listOf(tour)}?q=nothing+has+this`);
  },
  chosenTemplates: async (tour) => {
    await open(tour, listOf(tour));
    await follow(tour.demo, 'main button[value="archive"]');
  },
  newTemplate: async (tour) => {
    const editor = `${listOf(tour)}/new?channel=email`;
    await open(tour, editor);
    await save(tour.demo, { name: "" });
    await save(tour.demo, {
      name: "Letter",
      subject: "About ((item))",
      body: "## Hi ((name))((late?? now))\n\n((open",
    });
    await open(tour, `${listOf(tour)}/new?example=reminder`);
    for (const details of await tour.demo.locator("main details summary").all()) {
      await details.click();
    }
    await assertFaultless(tour.demo);
  },
  previewTemplate: undefined,
  previewMail: undefined,
  newFolder: async (tour) => {
    await open(tour, `${listOf(tour)}/folders/new`);
    await follow(tour.demo, "main button[type=submit]");
    await tour.demo.locator("#name").fill("Reminders");
    await follow(tour.demo, "main button[type=submit]");
  },
  folder: async (tour) => {
    await open(tour, listOf(tour));
    await follow(tour.demo, "main .folders a");
    await follow(tour.demo, 'main a[href*="/folders/"]:not([href$="/new"])');
  },
  template: async (tour) => {
    await open(tour, await letterOf(tour));
  },
  templateMail: undefined,
  editTemplate: async (tour) => {
    const edit = `${await letterOf(tour)}/edit`;
    const other = await tour.demo.context().newPage();
    await other.goto(`${tour.visit.hark.url}${edit}`);
    await open(tour, edit);
    await save(tour.demo, { body: "Dear ((name))" });
    await save(other, { body: "Hello ((name))" });
    await other.close();
  },
  templateState: undefined,
  testTemplate: async (tour) => {
    await open(tour, `${await letterOf(tour)}/test`);
    await follow(tour.demo, "main button[type=submit]");
  },
  templateHistory: async (tour) => {
    await open(tour, `${await letterOf(tour)}/history`);
  },
  templateVersion: async (tour) => {
    await open(tour, `${await letterOf(tour)}/history/2`);
    await open(tour, `${await letterOf(tour)}/history/1`);
  },
  restoreVersion: undefined,
} as const satisfies Readonly<Partial<Record<keyof typeof PAGES, TemplateCase>>>;

function listOf({ serviceId }: TemplateTour): string {
  return pathOf(PAGES.templates, { service_id: serviceId });
}

/** The address of the template "Letter". */
async function letterOf(tour: TemplateTour): Promise<string> {
  await tour.demo.goto(`${tour.visit.hark.url}${listOf(tour)}?q=Letter`);
  return await tour.demo.locator("main th a").first().getAttribute("href") ?? "";
}

async function open({ visit, demo }: TemplateTour, path: string): Promise<void> {
  await demo.goto(`${visit.hark.url}${path}`);
  await assertFaultless(demo);
}

/** Clicks the first of what a selector finds, and checks the page that follows. */
async function follow(page: Page, selector: string): Promise<void> {
  await clickToLoad(page, page.locator(selector).first());
  await assertFaultless(page);
}

/** Fills the editor and saves. */
async function save(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await page.locator(`#${name}`).fill(value);
  await follow(page, 'main .card button[value="save"]');
}
