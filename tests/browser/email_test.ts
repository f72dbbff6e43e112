import axe, { type AxeResults } from "npm:axe-core@4.14.1";
import assert from "node:assert/strict";
import type { Browser, Page } from "npm:playwright-core@1.64.1";
import { type EmailOptions, renderEmail } from "../../domain/template/email/email.ts";
import { parseTemplate } from "../../domain/template/parse_template.ts";
import type { Personalisation } from "../../domain/template/template.ts";
import { launchChromium, NEEDS_CHROMIUM } from "./chromium.ts";

/** Where screenshots go, when somebody wants to look at them: `HARK_SCREENSHOTS=/tmp/letters`. */
const SCREENSHOTS = Deno.env.get("HARK_SCREENSHOTS");

const LOGO_URL = "https://logo.hark.test/logo.svg";
const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" width="160" height="48" viewBox="0 0 160 48">' +
  '<circle cx="24" cy="24" r="20" fill="#005A3C"/><path d="M60 24h90" stroke="#005A3C" stroke-width="8"/></svg>';

/** A letter to be looked at. */
interface Letter {
  readonly name: string;
  readonly subject: string;
  readonly body: string;
  readonly values: Personalisation;
  readonly options: EmailOptions;
}

const ALL_ELEMENTS = `# Your application, ((name))

We have read your application - it's "complete". Read it at https://www.example.com/applications/((reference))?from=email&step=1.

## What to bring

* your letter
* a [proof of address](https://www.example.com/proof "What counts as proof")
* one of these:
 * a passport
 * a driving licence

## What happens next

1. We check your papers.
2. We call you on ((date)).
3. You get ((things))

^ Your reference is ((reference)). Keep this number.

---

A line
and the next one. A word that is long: ${"Donaudampfschifffahrt".repeat(5)}

### A third heading is a paragraph

    code that is indented

A setext heading
---

((missing)) is not filled, ((c??this is shown)).`;

const LETTERS: readonly Letter[] = [
  {
    name: "english",
    subject: "Your application",
    body: ALL_ELEMENTS,
    values: {
      name: "Ann O'Neill",
      reference: "AB-1234-CD",
      date: "1 January",
      things: ["a card", "a key", "a very warm welcome"],
      c: true,
    },
    options: {
      serviceName: "Cardiff Council",
      unsubscribeUrl: "https://hark.test/unsubscribe/1/2",
    },
  },
  {
    name: "branded",
    subject: "Ваша заява",
    body: ALL_ELEMENTS,
    values: { name: "Марія", reference: "1", date: "1", things: ["x"], missing: "y", c: "no" },
    options: {
      serviceName: "Дія & Co — a service whose name goes on for quite some while, and further",
      language: "uk",
      logoUrl: LOGO_URL,
      brandColour: "#FFD600",
    },
  },
  {
    name: "ukrainian",
    subject: "Ваша заява",
    body: "# Вітаємо, ((name))\n\nМи прочитали вашу заяву — «усе гаразд». " +
      "Дізнайтеся більше: https://www.example.com/заява.\n\n## Що взяти з собою\n\n* лист\n" +
      "* [підтвердження адреси](https://www.example.com)\n\n^ Ваш номер — ЇЄ-1234.\n\n---\n\nЗ повагою",
    values: { name: "Маріє" },
    options: {
      serviceName: "Київська міська рада",
      language: "uk",
      brandColour: "#005BBB",
      unsubscribeUrl: "https://hark.test/unsubscribe/1/2",
    },
  },
  {
    name: "arabic",
    subject: "طلبك",
    body: "# طلبك يا ((name))\n\nلقد قرأنا طلبك. اقرأ https://www.example.com/a الآن.\n\n" +
      "* رسالتك\n* جواز سفر\n\n1. نفحص أوراقك\n2. نتصل بك\n\n^ رقمك هو AB-1234. احتفظ به.\n\n" +
      "## ماذا بعد\n\n---\n\nمع [أطيب التحيات](https://www.example.com)",
    values: { name: "ليلى" },
    options: {
      serviceName: "مجلس المدينة",
      language: "ar",
      brandColour: "#1D70B8",
      unsubscribeUrl: "https://hark.test/unsubscribe/1/2",
    },
  },
];

function toHtml({ subject, body, values, options }: Letter): string {
  const template = parseTemplate({ channel: "email", subject, body });
  return renderEmail(template, values, options).html;
}

/** The violations that axe finds by its default rules. */
async function findFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations, incomplete } = await page.evaluate<AxeResults>("axe.run(document)");
  // axe reports text in its background's colour as incomplete; in these e-mails it is a fault.
  const unsure = incomplete.filter(({ id }) => id === "color-contrast");
  return [...violations, ...unsure].flatMap(({ id, nodes }) =>
    nodes.map(({ html }) => `${id}: ${html}`)
  );
}

/** Opens an e-mail, answers its requests and returns their addresses. */
async function open(
  browser: Browser,
  letter: Letter,
  colorScheme: "light" | "dark",
  width: number,
): Promise<{ readonly page: Page; readonly requested: readonly string[] }> {
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
  const requested: string[] = [];
  await page.route("**/*", (route) => {
    requested.push(route.request().url());
    return route.fulfill({ contentType: "image/svg+xml", body: LOGO });
  });
  await page.setContent(toHtml(letter), { waitUntil: "load" });
  return { page, requested };
}

async function look(browser: Browser, letter: Letter, scheme: "light" | "dark"): Promise<void> {
  for (const width of [320, 640, 1200]) {
    const { page, requested } = await open(browser, letter, scheme, width);
    if (SCREENSHOTS !== undefined) {
      const path = `${SCREENSHOTS}/${letter.name}-${scheme}-${width}.png`;
      await page.screenshot({ path, fullPage: true });
    }
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
    assert.deepEqual(await findFaults(page), [], `${width} px`);
    assert.deepEqual(requested, letter.options.logoUrl === undefined ? [] : [LOGO_URL]);
    await page.close();
  }
}

for (const letter of LETTERS) {
  for (const scheme of ["light", "dark"] as const) {
    Deno.test(
      `renderEmail: the ${letter.name} letter fits 320, 640 and 1200 px and has no fault that axe finds, ${scheme}`,
      NEEDS_CHROMIUM,
      async () => {
        const browser = await launchChromium();
        try {
          await look(browser, letter, scheme);
        } finally {
          await browser.close();
        }
      },
    );
  }
}

Deno.test(
  "renderEmail: what is drawn of a letter is the column, the lists begin on the reading side",
  NEEDS_CHROMIUM,
  async () => {
    const browser = await launchChromium();
    try {
      for (const letter of LETTERS) {
        const { page } = await open(browser, letter, "light", 1200);
        const column = await page.locator(".hark-body table").first().boundingBox();
        assert.ok(column !== null && column.width === 580 && column.x === 310);
        const drawn = await page.evaluate(
          `(({ direction, marginLeft, marginRight }) => [direction, marginLeft, marginRight])(
            getComputedStyle(document.querySelector("ul")))`,
        );
        const rtl = letter.name === "arabic";
        assert.deepEqual(drawn, rtl ? ["rtl", "0px", "20px"] : ["ltr", "20px", "0px"]);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  },
);

Deno.test(
  "renderEmail: who reads by ear finds one main part in the message's language, headed by the service's name",
  NEEDS_CHROMIUM,
  async () => {
    const browser = await launchChromium();
    try {
      for (const letter of LETTERS) {
        const { page } = await open(browser, letter, "light", 640);
        const main = page.getByRole("main");
        assert.equal(await main.count(), 1);
        const language = letter.options.language ?? "en";
        const direction = letter.name === "arabic" ? "rtl" : "ltr";
        const attributes = await page.evaluate(`(() => {
          const main = document.querySelector("main");
          return [main.closest("[lang]").lang, getComputedStyle(main).direction];
        })()`);
        assert.deepEqual(attributes, [language, direction]);
        const headings = await main.getByRole("heading", { level: 1 }).allInnerTexts();
        assert.deepEqual(headings, [letter.options.serviceName]);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  },
);
