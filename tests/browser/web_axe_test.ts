/** Accessibility of the pages: what axe finds, in both languages, light and dark, with and without faults shown. */
import assert from "node:assert/strict";
import { PAGES } from "../../routes/web/pages.ts";
import { NEEDS_CHROMIUM } from "./chromium.ts";
import { CASES, type PageName, show } from "./web_axe_cases.ts";
import { visitWeb } from "./web_visit.ts";

const PHONE = { width: 360, height: 740 };
const NAMES = Object.keys(PAGES) as readonly PageName[];

Deno.test("CASES: has each page of the table, and shows each that has GET", () => {
  assert.deepEqual(Object.keys(CASES).sort(), [...NAMES].sort());
  const shown: readonly PageName[] = NAMES.filter((name) =>
    PAGES[name].methods.some((method) => method === "GET")
  );
  // Files, a message's own HTML in a frame, and a part of a page are not pages.
  const content: readonly PageName[] = [
    "messageContent",
    "templateMail",
    "previewMail",
    "sendOneMail",
    "listProgress",
  ];
  const isPage = (name: PageName) => !content.includes(name) && !PAGES[name].path.endsWith(".csv");
  const withoutCase = shown.filter((name) => CASES[name] === undefined && isPage(name));
  assert.deepEqual(withoutCase, []);
});

/**
 * The areas of the table, each with the first page of it. One area has a server and browsers of its own, so that a run is
 * short and a failure names its area.
 */
const AREAS = [
  ["signing in", "home"],
  ["services and teams", "services"],
  ["templates", "templates"],
  ["settings", "settings"],
  ["lists", "sendList"],
  ["messages", "messages"],
  ["operator and account", "audit"],
] as const satisfies readonly (readonly [string, PageName])[];

Deno.test("AREAS: have each page of the table once", () => {
  assert.deepEqual(AREAS.flatMap((_, number) => pagesOf(number)), NAMES);
});

for (const [locale, demoUser] of [["en-GB", /demo user/], ["uk-UA", /демокористувач/]] as const) {
  for (const [number, [area]] of AREAS.entries()) {
    Deno.test(
      `the web application: axe finds nothing on the pages of ${area} at 360 px, in ${locale}`,
      NEEDS_CHROMIUM,
      () =>
        visitWeb(async (visit) => {
          const open = () => visit.open({ locale, viewport: PHONE, bypassCSP: true });
          const [visitor, ann, demo] = [await open(), await open(), await open()];
          await demo.goto(`${visit.hark.url}${PAGES.signIn.path}`);
          await demo.getByRole("button", { name: demoUser }).click();
          await demo.waitForURL(/\/services$/);
          await demo.locator("main .list a").first().click();
          await demo.waitForURL(/\/services\/[^/]+$/);
          const serviceId = new URL(demo.url()).pathname.split("/").at(-1) ?? "";
          const tour = { visit, visitor, ann, demo, serviceId };
          const faults: string[] = [];
          for (const name of pagesOf(number)) {
            // So that one run finds the faults of all pages.
            await CASES[name]?.(tour).catch((error) => faults.push(`${name}: ${error.message}`));
          }
          assert.deepEqual(faults, []);
          await show(visit, visitor, "/nothing", 404);
          const complaints = visit.complaints.filter((text) => !text.includes("axe"));
          assert.deepEqual(complaints, []);
        }),
    );
  }
}

/** The pages of an area, in the order of the table. */
function pagesOf(area: number): readonly PageName[] {
  const places = AREAS.map(([, first]) => NAMES.indexOf(first));
  return NAMES.slice(places[area], places[area + 1]);
}
