import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import type { Audit } from "../../../application/accounts/audit.ts";
import {
  AUDIT_ACTIONS,
  type AuditChain,
  type AuditEntry,
  INSTALLATION,
} from "../../../domain/accounts/audit.ts";
import { parseUserId } from "../../../domain/ids.ts";
import { toInstant } from "../../../domain/notify_v2/instant.ts";
import { describe } from "../../http/openapi.ts";
import { firstOf, parsed } from "../../http/validation.ts";
import type { ManageEnv } from "../context.ts";
import { loadService, type ServiceEnv, serviceId } from "../load.ts";
import type { ManagePorts } from "../ports.ts";
import { MAX_LISTED } from "../schemas.ts";
import { answerFirstProblem, query } from "../validation.ts";

const time = z.optional(
  firstOf(parsed(toInstant, "must be a date and time in ISO 8601, such as 2031-04-14T09:00:00Z")),
);
const auditQuery = z.strictObject({
  older_than: z.optional(firstOf(parsed(parseSequence, "must be the number of an entry"))),
  actor: z.optional(firstOf(parsed(parseUserId, "must be the id of a person or a token"))),
  action: z.optional(firstOf(z.enum(AUDIT_ACTIONS))),
  since: time,
  until: time,
});

const ANSWERS = { 200: "The entries; `links.next` is the address of the next page" };

/** Creates the route that lists a service's audit log. */
export function createAuditRoutes({ store, accounts: { audit } }: ManagePorts) {
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store))
    .get(
      "/",
      describe(`List the service's audit log, newest first, ${MAX_LISTED} a page`, ANSWERS),
      query(auditQuery, answerFirstProblem),
      (c) => answerEntries(c, audit, c.var.service.id, c.req.valid("query")),
    );
}

/** Creates the route that lists the audit log of what concerns no service: accounts, operators, tokens. */
export function createInstallationAuditRoutes({ accounts: { audit } }: ManagePorts) {
  return new Hono<ManageEnv>().get(
    "/",
    describe(
      `List the audit log of accounts, operators and tokens, newest first, ${MAX_LISTED} a page`,
      ANSWERS,
    ),
    query(auditQuery, answerFirstProblem),
    (c) => answerEntries(c, audit, INSTALLATION, c.req.valid("query")),
  );
}

async function answerEntries(
  c: Context,
  audit: Pick<Audit, "list">,
  chain: AuditChain,
  { older_than: olderThan, ...filter }: z.output<typeof auditQuery>,
): Promise<Response> {
  const page = await audit.list(chain, { ...filter, olderThan, limit: MAX_LISTED });
  const last = page.length === MAX_LISTED ? page.at(-1) : undefined;
  const next = new URLSearchParams(new URL(c.req.url).searchParams);
  if (last !== undefined) next.set("older_than", String(last.sequence));
  return c.json({
    entries: page.map(present),
    links: last === undefined ? {} : { next: `${c.req.path}?${next}` },
  });
}

type NamedEntry = AuditEntry & { readonly actorName: string | undefined };

function present({ sequence, at, actor, actorName, action, subject, facts }: NamedEntry) {
  return {
    sequence,
    at: new Date(at).toISOString(),
    actor: { ...actor, ...(actorName === undefined ? {} : { name: actorName }) },
    action,
    subject: subject ?? null,
    facts: facts ?? {},
  };
}

function parseSequence(text: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}
