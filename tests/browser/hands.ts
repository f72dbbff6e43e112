/** How a person uses a page: with a pointer, or by keyboard alone. */
import assert from "node:assert/strict";
import type { Locator, Page } from "npm:playwright-core@1.64.1";

/** Uses the controls of a page by the names that a person sees. */
export interface Hand {
  /** Follows a link or presses a button, and waits for the page that it leads to. */
  press(role: "link" | "button", name: string): Promise<void>;
  /** Replaces the text of a field. */
  enter(label: string, text: string): Promise<void>;
  /** Ticks a checkbox, or chooses the first radio button of a group. */
  tick(label: string): Promise<void>;
  /** Opens a part of the page that is folded. */
  unfold(summary: string): Promise<void>;
}

/** Max presses of Tab until a control has the focus: more than any page has controls. */
const MAX_TABS = 120;

/** The timeout for the page that a control leads to, in milliseconds; only a failing test reaches it. */
const LOAD_MS = 20_000;

/** Uses a page with a pointer. */
export function createPointer(page: Page): Hand {
  const first = (locator: Locator) => locator.first();
  return {
    press: (role, name) =>
      load(page, name, first(page.getByRole(role, { name, exact: true })).click()),
    enter: (label, text) => first(page.getByLabel(label, { exact: true })).fill(text),
    tick: (label) => first(page.getByLabel(label, { exact: true })).check(),
    unfold: (summary) => first(page.locator("summary", { hasText: summary })).click(),
  };
}

/** Uses a page by keyboard alone. */
export function createKeyboard(page: Page): Hand {
  return {
    async press(role, name) {
      await tabTo(page, role === "link" ? "a[href]" : "button", name);
      await load(page, name, page.keyboard.press("Enter"));
    },
    async enter(label, text) {
      await tabTo(page, "input, textarea", label);
      await page.keyboard.press("Control+A");
      await page.keyboard.insertText(text);
    },
    async tick(label) {
      await tabTo(page, "input", label);
      await page.keyboard.press("Space");
    },
    async unfold(summary) {
      await tabTo(page, "summary", summary);
      await page.keyboard.press("Enter");
    },
  };
}

/** Waits for the page that the use of a control leads to, and checks that it is not wider than the screen. */
async function load(page: Page, name: string, action: Promise<void>): Promise<void> {
  const { length } = await Promise.all([
    page.waitForEvent("load", { timeout: LOAD_MS }).then(() => "", String),
    action.then(() => "", String),
  ]).then((faults) => faults.filter((fault) => fault !== ""));
  if (length > 0) {
    assert.fail(`"${name}" leads nowhere on ${page.url()}: ${await page.innerText("main")}`);
  }
  const excess = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  assert.ok(excess <= 0, `${page.url()} is ${excess} px too wide`);
}

/** Presses Tab until the control with this name has the focus. */
async function tabTo(page: Page, selector: string, name: string): Promise<void> {
  for (let step = 0; step < MAX_TABS; step++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate<string | null>(`(() => {
      const element = document.activeElement;
      if (!element?.matches(${JSON.stringify(selector)})) return null;
      return element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ??
        element.textContent;
    })()`);
    if (focused?.trim() === name) return;
  }
  assert.fail(`Tab does not reach "${name}" on ${page.url()}`);
}
