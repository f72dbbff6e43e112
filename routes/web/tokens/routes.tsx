import type { Hono } from "hono";
import type {
  CreateTokenRefusal,
  ManagementTokenForm,
} from "../../../application/accounts/management_tokens.ts";
import { MAX_MANAGEMENT_TOKENS } from "../../../domain/accounts/management_tokens.ts";
import {
  type ManagementTokenId,
  parseManagementTokenId,
  parseServiceId,
} from "../../../domain/ids.ts";
import { nameFaultOf } from "../../../domain/service/one_line_name.ts";
import { dayRange } from "../../../domain/time/day_range.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { pageOf, readPosition } from "../components/page_of_rows.ts";
import { actorOf, type WebContext, type WebEnv } from "../context.ts";
import { type Form, readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import type { Texts } from "../texts/texts.ts";
import { AlreadyCreatedTokenPage, CreatedTokenPage } from "./created_token_pages.tsx";
import {
  NewTokenPage,
  REACHES,
  RevokeTokenPage,
  RIGHTS,
  TOKEN_ZONE,
  type TokenFields,
  TokensPage,
} from "./tokens_pages.tsx";

/** How many tokens a page shows. */
const PAGE_TOKENS = 50;

const NO_FIELDS = { name: "", reach: "", serviceId: "", rights: "", lastDay: "" } as const;

/** Adds the pages of management tokens. */
export function addTokenPages(app: Hono<WebEnv>, ports: WebPorts): void {
  const { clock, accounts: { managementTokens: store } } = ports;

  app.get(PAGES.tokens.path, async (c) => {
    const position = readPosition(c, parseManagementTokenId);
    const found = await store.list(position, PAGE_TOKENS + 1);
    const page = pageOf(found, { size: PAGE_TOKENS, position, keyOf: ({ id }) => id });
    return answerPage(c, <TokensPage view={c.var.view} page={page} now={clock.now()} />);
  });

  app.get(
    PAGES.newToken.path,
    (c) =>
      answerPage(
        c,
        <NewTokenPage view={c.var.view} fields={{ ...NO_FIELDS, id: clock.newId() }} />,
      ),
  );
  app.post(PAGES.newToken.path, async (c) => await addToken(c, ports));

  app.get(PAGES.revokeToken.path, async (c) => {
    const id = parseManagementTokenId(c.req.param("token_id"));
    const token = id && await store.get(id);
    if (token === undefined) throw new PageError(404);
    if (token.revokedAt !== undefined) return c.redirect(PAGES.tokens.path, 303);
    return answerPage(c, <RevokeTokenPage view={c.var.view} tokenName={token.name} />);
  });
  app.post(PAGES.revokeToken.path, async (c) => {
    await readForm(c);
    const id = parseManagementTokenId(c.req.param("token_id"));
    const token = id && await store.revoke(actorOf(c), id);
    if (token === undefined) throw new PageError(404);
    return c.redirect(PAGES.tokens.path, 303);
  });
}

/** Creates a token and shows it, or shows what the form lacks. */
async function addToken(c: WebContext, { clock, accounts }: WebPorts): Promise<Response> {
  const { view } = c.var;
  const fields = fieldsOf(await readForm(c));
  const id = parseManagementTokenId(fields.id);
  if (id === undefined) throw new PageError(403);
  const parsed = parseFields(fields, view.texts, clock.now());
  let { faults } = parsed;
  if (parsed.form !== undefined) {
    const created = await accounts.managementTokens.create(actorOf(c), id, parsed.form);
    if (created.ok) {
      const { text, token } = created.value;
      const { serviceId } = token;
      c.header("Cache-Control", "no-store");
      return await answerPage(
        c,
        <CreatedTokenPage view={view} text={text} serviceId={serviceId} root={c.var.root} />,
      );
    }
    if (created.refusal.kind === "already-created") return await answerAlready(c, id);
    faults = [refusedField(created.refusal.kind, view.texts)];
  }
  return await answerPage(c, <NewTokenPage view={view} fields={fields} faults={faults} />, 422);
}

function answerAlready(c: WebContext, id: ManagementTokenId): Response | Promise<Response> {
  return answerPage(c, <AlreadyCreatedTokenPage view={c.var.view} tokenId={id} />);
}

function fieldsOf(form: Form): TokenFields {
  return {
    id: form.text("id"),
    name: form.text("name").trim(),
    reach: form.text("reach"),
    serviceId: form.text("service_id").trim(),
    rights: form.text("rights"),
    lastDay: form.text("last_day").trim(),
  };
}

/** What a form asks for; without it when the form has faults, in the order of its fields. */
function parseFields(
  fields: TokenFields,
  { tokens }: Texts,
  now: number,
): { readonly form: ManagementTokenForm | undefined; readonly faults: readonly FormFault[] } {
  const { name, lastDay } = fields;
  const reach = REACHES.find((one) => one === fields.reach);
  const rights = RIGHTS.find((one) => one === fields.rights);
  const serviceId = reach === "service" ? parseServiceId(fields.serviceId) : undefined;
  const expiresAt = lastDay === "" ? undefined : dayRange(lastDay, TOKEN_ZONE)?.until;
  const faults: FormFault[] = [];
  const nameFault = nameFaultOf(name);
  if (nameFault !== undefined) {
    faults.push({ field: "name", message: tokens.nameFaults[nameFault] });
  }
  if (reach === undefined) faults.push({ field: "reach", message: tokens.reachMissing });
  if (reach === "service" && serviceId === undefined) {
    faults.push({ field: "service_id", message: tokens.serviceIdNotValid });
  }
  // A service that is named beside "everything" would be reached with all others.
  if (reach === "all" && fields.serviceId !== "") {
    faults.push({ field: "reach", message: tokens.reachUnclear });
  }
  if (rights === undefined) faults.push({ field: "rights", message: tokens.rightsMissing });
  if (lastDay !== "" && (expiresAt === undefined || expiresAt <= now)) {
    faults.push({ field: "last_day", message: tokens.lastDayNotValid });
  }
  const form = faults.length > 0
    ? undefined
    : { name, serviceId, isReadOnly: rights === "read", expiresAt };
  return { form, faults };
}

/** The fault of a token that was refused, at its field. */
function refusedField(
  kind: Exclude<CreateTokenRefusal["kind"], "already-created">,
  { tokens }: Texts,
): FormFault {
  switch (kind) {
    case "expires-in-past":
      return { field: "last_day", message: tokens.lastDayNotValid };
    case "no-service":
      return { field: "service_id", message: tokens.serviceUnknown };
    case "full":
      return { field: "name", message: tokens.full(MAX_MANAGEMENT_TOKENS) };
  }
}
