/** End-to-end tests of a service's team: a colleague before the pages, with the roles that the checkboxes gave. */
import assert from "node:assert/strict";
import type { Page } from "npm:playwright-core@1.64.1";
import { PAGES } from "../../routes/web/pages.ts";
import { NEEDS_CHROMIUM } from "./chromium.ts";
import { CODE, LABELS, type Person, register, visitWeb, type WebVisit } from "./web_visit.ts";

const ANN: Person = {
  name: "Ann Clerk",
  email: "ann.clerk@dept.gov.example",
  password: "violet kettle under snow",
  mobile: "07900 900123",
};
const BOB: Person = {
  name: "Bob Clerk",
  email: "bob.clerk@dept.gov.example",
  password: "seven quiet green lamps",
  mobile: "07900 900124",
};

const SERVICE = "Vehicle tax";
/** The link in a message that invites. */
const INVITATION = /(http:\S+\/invitations\/\S+)/;
const REFUSED = "You cannot do this";
const NOT_FOUND = "Page not found";

/** What each page of the service needs, by its path after the service's; `undefined`: any member may see it. */
const NEEDED: Readonly<Record<string, "keys" | "manage" | undefined>> = {
  "": undefined,
  "/team": undefined,
  "/keys": "keys",
  "/keys/new": "keys",
  "/guests": "manage",
  "/team/invite": "manage",
  "/audit": "manage",
};

/** The checkboxes by role. */
const CHECKBOXES = { send: "Send", keys: "API keys", manage: "Manage" } as const;
type Role = keyof typeof CHECKBOXES;

/** Ann, who manages the service, and Bob, her colleague, each with a browser of their own. */
interface Team {
  readonly ann: Page;
  readonly bob: Page;
  /** The address of the service's overview. */
  readonly service: string;
}

/** Ann registers, creates a service and invites Bob to a role; Bob follows the mailed link, registers and joins. */
async function formTeam(visit: WebVisit, role: Role): Promise<Team> {
  const ann = await visit.open();
  await register(visit, ann, ANN);
  await ann.getByRole("link", { name: "Create a service" }).click();
  await ann.getByLabel("Name of the service").fill(SERVICE);
  await ann.getByLabel("What is it for?").fill("Reminders to drivers");
  await ann.getByRole("button", { name: "Create a service" }).click();
  await ann.getByRole("heading", { name: "Overview" }).waitFor();
  const service = ann.url();
  await ann.getByRole("link", { name: "Team", exact: true }).click();
  await ann.getByRole("link", { name: "Invite a person" }).click();
  await ann.getByLabel("Email address").fill(BOB.email);
  await ann.getByLabel(CHECKBOXES[role], { exact: true }).check();
  await ann.getByRole("button", { name: "Send the invitation" }).click();
  await ann.getByText(BOB.email).waitFor();

  const bob = await visit.open();
  const link = await visit.received(BOB.email, INVITATION);
  await bob.goto(link);
  await bob.getByText(`Ann Clerk invites you to the team of ${SERVICE}.`).waitFor();
  const offered = await bob.getByRole("main").getByRole("listitem").locator("b").allTextContents();
  assert.deepEqual(offered, [CHECKBOXES[role]]);
  await bob.getByLabel(LABELS.en.name).fill(BOB.name);
  await bob.getByLabel(LABELS.en.password, { exact: true }).fill(BOB.password);
  await bob.getByLabel(LABELS.en.mobile).fill(BOB.mobile);
  await bob.getByRole("button", { name: LABELS.en.create }).click();
  await bob.getByLabel(LABELS.en.code).fill(await visit.received("7900900124", CODE));
  await bob.getByRole("button", { name: LABELS.en.continue, exact: true }).click();
  await bob.getByRole("button", { name: "Join the team" }).click();
  await bob.getByRole("heading", { name: "Overview" }).waitFor();
  assert.equal(bob.url(), service);
  assert.equal((await bob.goto(link))?.status(), 410);
  await bob.goto(`${visit.hark.url}${PAGES.services.path}`);
  await bob.getByRole("link", { name: SERVICE }).waitFor();
  return { ann, bob, service };
}

/** Ann opens Bob's page of the team. */
async function openBob({ ann, service }: Team): Promise<void> {
  await ann.goto(`${service}/team`);
  await ann.getByRole("link", { name: `Change what ${BOB.name} may do` }).click();
  await ann.getByRole("heading", { name: BOB.name }).waitFor();
}

/** Ann gives Bob one role in place of another by the checkboxes. */
async function changeRole(team: Team, before: Role, after: Role): Promise<void> {
  await openBob(team);
  const { ann } = team;
  assert.equal(await ann.getByRole("checkbox", { checked: true }).count(), 1);
  await ann.getByLabel(CHECKBOXES[before], { exact: true }).uncheck();
  await ann.getByLabel(CHECKBOXES[after], { exact: true }).check();
  await ann.getByRole("button", { name: "Save" }).click();
  await ann.getByRole("row", { name: BOB.name }).getByText(CHECKBOXES[after]).waitFor();
}

/** Ann removes Bob from the team. */
async function removeBob(team: Team): Promise<void> {
  await openBob(team);
  const { ann } = team;
  await ann.locator("summary", { hasText: "Remove from the team" }).click();
  await ann.getByRole("button", { name: "Remove from the team" }).click();
  await ann.getByRole("heading", { name: "Team" }).waitFor();
  assert.equal(await ann.getByText(BOB.email).count(), 0);
}

/** Checks that Bob sees the pages of a role and the 403 page at the others, and that no link leads him to a refusal. */
async function assertReaches({ bob, service }: Team, role: Role): Promise<void> {
  const links = new Set<string>();
  for (const [path, needed] of Object.entries(NEEDED)) {
    const status = needed === undefined || needed === role ? 200 : 403;
    const answer = await bob.goto(`${service}${path}`);
    assert.equal(answer?.status(), status, `${role}: ${path}`);
    const refusals = await bob.getByRole("heading", { name: REFUSED }).count();
    assert.equal(refusals, status === 403 ? 1 : 0, `${role}: ${path}`);
    if (status === 403) continue;
    for (const link of await bob.locator(`a[href^="${new URL(service).pathname}"]`).all()) {
      links.add(new URL(await link.getAttribute("href") ?? "", service).href);
    }
  }
  assert.ok(links.has(`${service}/team`));
  for (const link of links) {
    assert.equal((await bob.request.get(link)).status(), 200, `${role}: ${link}`);
  }
}

/**
 * Sends a form that the person's page does not show: from a page of Hark, with the token of their session. Returns the
 * status of the answer.
 */
async function sendForm(
  page: Page,
  to: string,
  fields: Readonly<Record<string, string>>,
): Promise<number> {
  const answered = page.waitForResponse((answer) => answer.request().method() === "POST");
  await page.evaluate(`(() => {
    const form = document.createElement("form");
    const token = document.querySelector("input[name=csrf_token]").value;
    const fields = { csrf_token: token, ...${JSON.stringify(fields)} };
    for (const [name, value] of Object.entries(fields)) {
      const input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      input.value = value;
      form.append(input);
    }
    form.method = "post";
    form.action = ${JSON.stringify(to)};
    document.body.append(form);
    form.submit();
  })()`);
  return (await answered).status();
}

/** Checks that a form of Bob is answered by the 403 page, although it carries his session's token. */
async function assertRefused(
  { bob, service }: Team,
  path: string,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  await bob.goto(`${service}/team`);
  assert.equal(await sendForm(bob, `${service}${path}`, fields), 403, path);
  await bob.getByRole("heading", { name: REFUSED }).waitFor();
}

const GUEST = { email_addresses: "guest@dept.gov.example", phone_numbers: "" };

Deno.test(
  "the team: a colleague who may send reaches what every member sees, and the guest list once the checkboxes say so",
  NEEDS_CHROMIUM,
  () =>
    visitWeb(async (visit) => {
      const team = await formTeam(visit, "send");
      const { ann, bob, service } = team;
      await assertReaches(team, "send");
      await ann.goto(`${service}/team`);
      const annsPage = await ann.getByRole("link", { name: `Change what ${ANN.name} may do` })
        .getAttribute("href") ?? "";
      await bob.goto(new URL(annsPage, service).href);
      await bob.getByRole("heading", { name: REFUSED }).waitFor();
      await assertRefused(team, "/guests", GUEST);
      await assertRefused(team, "/keys/new", { name: "case system", kind: "test" });
      await assertRefused(team, "/team/invite", {
        email_address: "eve.clerk@dept.gov.example",
        roles: "manage",
      });
      const annsPath = new URL(annsPage, service).pathname.slice(new URL(service).pathname.length);
      await assertRefused(team, annsPath, { action: "remove" });
      await ann.goto(`${service}/team`);
      await ann.getByText(ANN.email).waitFor();
      assert.equal(await ann.getByText("eve.clerk@dept.gov.example").count(), 0);
      await ann.goto(`${service}/keys`);
      assert.equal(await ann.getByText("case system").count(), 0);
      await ann.goto(`${service}/guests`);
      assert.equal(await ann.getByLabel("Email addresses").inputValue(), "");

      // The same form is taken now: only the role kept it from being so.
      await bob.goto(`${service}/team`);
      await changeRole(team, "send", "manage");
      assert.equal(await sendForm(bob, `${service}/guests`, GUEST), 303);
      await bob.getByText("The guest list is saved.").waitFor();
      assert.equal(await bob.getByLabel("Email addresses").inputValue(), GUEST.email_addresses);
      await assertReaches(team, "manage");

      await bob.goto(`${service}/guests`);
      await bob.getByLabel("Email addresses").fill("other@dept.gov.example");
      await removeBob(team);
      await bob.getByRole("button", { name: "Save the guest list" }).click();
      await bob.getByRole("heading", { name: NOT_FOUND }).waitFor();
      for (const path of Object.keys(NEEDED)) {
        assert.equal((await bob.goto(`${service}${path}`))?.status(), 404, path);
      }
      // He stays signed in: only this service is closed to him.
      await bob.goto(`${visit.hark.url}${PAGES.services.path}`);
      await bob.getByRole("heading", { name: LABELS.en.services }).waitFor();
      assert.equal(await bob.getByText(SERVICE).count(), 0);
      await ann.goto(`${service}/guests`);
      assert.equal(await ann.getByLabel("Email addresses").inputValue(), GUEST.email_addresses);
      assert.deepEqual(visit.complaints, []);
    }),
);

Deno.test(
  "the team: a colleague who may make keys makes one, and a form that was open is refused when the role was taken",
  NEEDS_CHROMIUM,
  () =>
    visitWeb(async (visit) => {
      const team = await formTeam(visit, "keys");
      const { ann, bob, service } = team;
      await assertReaches(team, "keys");
      await assertRefused(team, "/guests", GUEST);
      const fillKey = async (name: string) => {
        await bob.goto(`${service}/keys/new`);
        await bob.getByLabel("Name of the key").fill(name);
        await bob.getByRole("radio", { name: "Live" }).check();
      };
      await fillKey("case system");
      await bob.getByRole("button", { name: "Create a key" }).click();
      await bob.getByRole("heading", { name: "Your API key" }).waitFor();
      assert.match(await bob.locator("#key").textContent() ?? "", /^case_system-/);

      await fillKey("second system");
      await changeRole(team, "keys", "send");
      await bob.getByRole("button", { name: "Create a key" }).click();
      await bob.getByRole("heading", { name: REFUSED }).waitFor();
      await assertReaches(team, "send");
      await changeRole(team, "send", "keys");
      await assertReaches(team, "keys");
      await bob.goto(`${service}/keys`);
      await bob.getByText("case system").waitFor();
      assert.equal(await bob.getByText("second system").count(), 0);

      await bob.getByRole("link", { name: /Revoke/ }).click();
      await removeBob(team);
      await bob.getByRole("main").getByRole("button", { name: /Revoke/ }).click();
      await bob.getByRole("heading", { name: NOT_FOUND }).waitFor();
      // Ann does not see "Revoked": the key that Bob created stays in use.
      await ann.goto(`${service}/keys`);
      await ann.getByText("case system").waitFor();
      assert.equal(await ann.getByText("Revoked").count(), 0);
      assert.deepEqual(visit.complaints, []);
    }),
);
