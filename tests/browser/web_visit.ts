/** `deno task dev` in an empty folder, and people before its pages in a real Chromium. */
import assert from "node:assert/strict";
import type { BrowserContextOptions, Locator, Page } from "npm:playwright-core@1.64.1";
import { DEVELOPMENT_FOLDER } from "../../runtime/development/folder.ts";
import { makeFolder, serve, type ServingProcess } from "../support/process.ts";
import { launchChromium } from "./chromium.ts";
import { findAllFaults, findContrastFaults, listenTo } from "./dev_visit.ts";

/** A message of the development mailbox. */
interface MailboxMessage {
  readonly channel: string;
  readonly to: string;
  readonly text: string;
}

/** A running development server, and browsers of people. */
export interface WebVisit {
  readonly hark: ServingProcess;
  /** The path of its database. */
  readonly database: string;
  /** The operator's token. */
  readonly adminToken: string;
  /** A tab of a new person's browser, at the start page. */
  open(options?: BrowserContextOptions): Promise<Page>;
  /** Waits for a message to a recipient that matches, the newest first, and returns the match. */
  received(to: string, pattern: RegExp): Promise<string>;
  /** The console errors of all tabs. */
  readonly complaints: string[];
}

/** Prices of texts, so that pages show what they cost. */
const SMS_PRICES = '{"currency":"UAH","prices":{"UA":"0.85","GB":1.9,"*":"4.5"}}';

/** How long a message may take to arrive, in milliseconds. */
const ARRIVAL_MS = 10_000;

/** Starts `deno task dev` in an empty folder and a browser, and ends both afterwards. */
export async function visitWeb(visitor: (visit: WebVisit) => Promise<void>): Promise<void> {
  await using folder = await makeFolder();
  await using hark = await serve("dev", { folder, environment: { PORT: "0", SMS_PRICES } });
  const browser = await launchChromium();
  const complaints: string[] = [];
  const adminToken = /^ {2}Admin token +(\S+)$/m.exec(hark.stdout)?.[1] ?? "";
  try {
    await visitor({
      hark,
      database: `${folder.path}/${DEVELOPMENT_FOLDER}/hark.db`,
      adminToken,
      complaints,
      async open(options = {}) {
        const context = await browser.newContext({ locale: "en-GB", ...options });
        const page = await context.newPage();
        listenTo(page, complaints);
        await page.goto(hark.url);
        return page;
      },
      async received(to, pattern) {
        const deadline = Date.now() + ARRIVAL_MS;
        while (Date.now() < deadline) {
          const found = await findMessage(hark.url, to, pattern);
          if (found !== undefined) return found;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        assert.fail(`nothing that matches ${pattern} arrived`);
      },
    });
  } finally {
    await browser.close();
  }
}

async function findMessage(
  url: string,
  to: string,
  pattern: RegExp,
): Promise<string | undefined> {
  const messages: readonly MailboxMessage[] = await (await fetch(`${url}/dev/mailbox.json`)).json();
  for (const message of messages) {
    const match = message.to.includes(to) ? pattern.exec(message.text)?.[1] : undefined;
    if (match !== undefined) return match;
  }
  return undefined;
}

/** What a person types. */
export interface Person {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly mobile: string;
}

/** The link in a message of registering. */
export const LINK = /(http:\S+\/register\/\S+)/;
/** The code in a text message. */
export const CODE = /\b(\d{6})\b/;

/** The labels of the fields and buttons that a visit uses, by language. */
export const LABELS = {
  en: {
    register: "Register",
    email: "Email address",
    continue: "Continue",
    name: "Full name",
    password: "Password",
    mobile: "Mobile number",
    create: "Create account",
    code: "Security code",
    services: "Your services",
  },
  uk: {
    register: "Зареєструватися",
    email: "Електронна адреса",
    continue: "Далі",
    name: "Ім’я та прізвище",
    password: "Пароль",
    mobile: "Номер мобільного",
    create: "Створити обліковий запис",
    code: "Код безпеки",
    services: "Ваші сервіси",
  },
} as const;

/** Registers a person: from the start page to their services, with the second factor. */
export async function register(
  { received }: WebVisit,
  page: Page,
  person: Person,
  labels: typeof LABELS[keyof typeof LABELS] = LABELS.en,
): Promise<void> {
  await page.getByRole("main").getByRole("link", { name: labels.register }).click();
  await page.getByLabel(labels.email).fill(person.email);
  await page.getByRole("button", { name: labels.continue, exact: true }).click();
  await page.getByText(person.email).waitFor();
  await page.goto(await received(person.email, LINK));
  await page.getByLabel(labels.name).fill(person.name);
  await page.getByLabel(labels.password, { exact: true }).fill(person.password);
  await page.getByLabel(labels.mobile).fill(person.mobile);
  await page.getByRole("button", { name: labels.create }).click();
  await page.getByLabel(labels.code).fill(
    await received(person.mobile.replace(/^0/, "").replaceAll(" ", ""), CODE),
  );
  await page.getByRole("button", { name: labels.continue, exact: true }).click();
  await page.getByRole("heading", { name: labels.services }).waitFor();
}

/** Clicks what leads to another page or sends a form, and waits for the page that follows. */
export async function clickToLoad(page: Page, target: Locator): Promise<void> {
  const loaded = page.waitForEvent("load");
  await target.click();
  await loaded;
}

/** Checks that axe finds nothing on the page, light and dark, and that it is not wider than the screen. */
export async function assertFaultless(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: "light" });
  assert.deepEqual(await findAllFaults(page), [], `${page.url()}, light`);
  // Only colours differ then.
  await page.emulateMedia({ colorScheme: "dark" });
  assert.deepEqual(await findContrastFaults(page), [], `${page.url()}, dark`);
  const width = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  assert.ok(width <= 0, `${page.url()} is ${width} px too wide`);
}
