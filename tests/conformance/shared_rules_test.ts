/** Pages and `/manage` share every rule: it stands in the domain or in a use case, once, and both import it. */
import assert from "node:assert/strict";
import { type ImportEdge, readImports, readModules } from "../support/import_graph.ts";

const PAGES = "routes/web/";
const MANAGE = "routes/manage/";

/** What pages import and `/manage` does not, with the reason. */
const PAGES_ONLY: ReadonlyMap<string, string> = new Map([
  ["domain/text/word_diff.ts", "people read differences, and programs compare texts themselves"],
  ["domain/time/day_range.ts", "a person types a day, and `/manage` takes two times"],
  [
    "domain/time/local_time.ts",
    "a person types a time of the zone's clocks, and `/manage` takes one of UTC",
  ],
  ["domain/template/condition_names.ts", "a form has a choice for a condition"],
  ["application/jobs/list_drafts.ts", "a person uploads in steps, and `/manage` in one request"],
  ["application/jobs/list_drafts_on_demand.ts", "loads list_drafts.ts"],
  ["domain/jobs/list_draft.ts", "a person uploads in steps, and `/manage` in one request"],
  [
    "application/messages/seen_messages.ts",
    "hides recipients from members, and tokens have no roles",
  ],
  ["application/messages/deleted_message.ts", "`/manage` answers 404 after retention"],
  ["application/messages/messages_csv.ts", "the same for the file that a member downloads"],
  ["application/messages/sent_content.ts", "a person looks at a message as its recipient got it"],
  [
    "domain/time/time_of_id.ts",
    "a page shows when a text was sent, and `/manage` its `created_at`",
  ],
]);

/** Modules of one's own sign-in, which only the person can do. */
const OWN_SIGN_IN =
  /^(?:application\/accounts\/(?:account_settings|registration|second_factor|sessions|sign_in|text_codes)|domain\/accounts\/sign_in)\.ts$/;

/** The modules that some files reach, directly or through others. */
function reachFrom(edges: readonly ImportEdge[], starts: readonly string[]): ReadonlySet<string> {
  const targets = new Map<string, string[]>();
  for (const { from, to } of edges) targets.set(from, [...targets.get(from) ?? [], to]);
  const reached = new Set<string>();
  const open = [...starts];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    open.push(...targets.get(file) ?? []);
  }
  return reached;
}

Deno.test("pages: import no rule and no use case that /manage does not reach, but for one's own sign-in", () => {
  const edges = readImports(readModules());
  const ofManage = reachFrom(
    edges,
    edges.map(({ from }) => from).filter((from) => from.startsWith(MANAGE)),
  );
  const ofPages = new Set(
    edges.filter(({ from, to }) => from.startsWith(PAGES) && /^(?:domain|application)\//.test(to))
      .map(({ to }) => to),
  );
  assert.ok(ofPages.size > 15);
  const alone = [...ofPages].filter((module) =>
    !ofManage.has(module) && !OWN_SIGN_IN.test(module) && !PAGES_ONLY.has(module)
  );
  assert.deepEqual(alone, []);
  for (const module of PAGES_ONLY.keys()) assert.ok(!ofManage.has(module), `${module} is shared`);
});

Deno.test("pages and /manage: import each rule that both need from one module, and not from each other", () => {
  const edges = readImports(readModules());
  const importersOf = (module: string, names: readonly string[]) =>
    edges.filter(({ to, names: imported }) =>
      to === module && names.some((name) => imported.includes(name))
    ).map(({ from }) => from);
  const rules: readonly (readonly [string, readonly string[]])[] = [
    ["application/services/create_key.ts", ["createKey"]],
    ["domain/service/guest_list.ts", ["MAX_GUESTS", "isGuestAddress", "isGuestNumber"]],
    ["domain/service/own_service.ts", ["isFixedInOwnService"]],
    ["domain/service/one_line_name.ts", ["MAX_NAME", "nameFaultOf", "isOneLine"]],
    ["domain/service/service.ts", ["changeSettings"]],
    ["application/templates/edit_template.ts", ["createTemplateEditor"]],
    ["application/templates/organise_templates.ts", ["createTemplateOrganiser"]],
    ["domain/template/template_folders.ts", ["MAX_CHOSEN_TEMPLATES", "MAX_TEMPLATE_FOLDERS"]],
    ["domain/accounts/roles.ts", ["ROLES", "parseRoles"]],
    ["domain/accounts/management_tokens.ts", ["MAX_MANAGEMENT_TOKENS"]],
    ["domain/going_live/checklist.ts", ["evaluateChecklist"]],
  ];
  for (const [module, names] of rules) {
    const importers = importersOf(module, names);
    assert.ok(importers.some((from) => from.startsWith(PAGES)), `pages do not import ${module}`);
    assert.ok(importers.some((from) => from.startsWith(MANAGE)), `/manage does not: ${module}`);
  }
  const across = edges.filter(({ from, to }) =>
    (from.startsWith(PAGES) && to.startsWith(MANAGE)) ||
    (from.startsWith(MANAGE) && to.startsWith(PAGES))
  );
  assert.deepEqual(across, []);
});

/** A bound or a pattern of a value that is written into a route. `1` and `0` are what "not empty" is. */
const OWN_RULE =
  /z\.regex\(\s*\/|z\.(?:max|min)(?:Length|imum)\(\s*(?:[2-9]|1\d)|\/\^[^\n]*\$\/\w*,/;

Deno.test("pages and /manage: write no bound and no pattern of a value into a route", () => {
  const routes = readModules().filter(({ path }) =>
    path.startsWith(PAGES) || path.startsWith(MANAGE)
  );
  assert.ok(routes.length > 60);
  const found = routes.filter(({ text }) => OWN_RULE.test(text)).map(({ path }) => path);
  assert.deepEqual(found, []);
  assert.match("z.string().check(z.maxLength(64))", OWN_RULE);
  assert.match("z.regex(/^[a-z]+$/)", OWN_RULE);
  assert.doesNotMatch("z.maxLength(MAX_NAME), z.minLength(1)", OWN_RULE);
});
