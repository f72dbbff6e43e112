import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import type { CreateTokenRefusal } from "../../application/accounts/management_tokens.ts";
import {
  type ManagementToken,
  MAX_MANAGEMENT_TOKENS,
} from "../../domain/accounts/management_tokens.ts";
import {
  type ManagementTokenId,
  parseManagementTokenId,
  parseServiceId,
} from "../../domain/ids.ts";
import { describe } from "../http/openapi.ts";
import type { ManageEnv } from "./context.ts";
import { id } from "./load.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { expiry, MAX_LISTED, oneLineName } from "./schemas.ts";
import {
  answerFirstProblem,
  INVALID_REQUEST,
  jsonBody,
  pageId,
  pathIds,
  query,
} from "./validation.ts";

const NO_TOKEN = "There is no such management token";
const FULL = `There are ${MAX_MANAGEMENT_TOKENS} management tokens in use, the maximum`;
const tokenId = pathIds(z.looseObject({ token_id: id(parseManagementTokenId) }), NO_TOKEN);

const newToken = z.strictObject({
  name: oneLineName,
  service_id: z.nullish(id(parseServiceId)),
  read_only: z.optional(z.boolean()),
  expires_at: expiry,
});

const tokensQuery = z.strictObject({
  older_than: pageId(parseManagementTokenId, "a management token's id"),
});

/** Creates the routes of management tokens: create, list, revoke. Only the answer that creates a token has its secret. */
export function createTokenRoutes({ clock, accounts }: ManagePorts) {
  const { managementTokens: tokens } = accounts;
  return new Hono<ManageEnv>()
    .post(
      "/",
      describe("Create a management token, for all of this API or one service", {
        201: "The token, `token`, which is shown this once, and its `id`",
        409: FULL,
      }),
      jsonBody(newToken),
      async (c) => {
        const { name, service_id, read_only = false, expires_at } = c.req.valid("json");
        const created = await tokens.create(
          c.var.access.actor,
          clock.newId() as ManagementTokenId,
          {
            name,
            serviceId: service_id ?? undefined,
            isReadOnly: read_only,
            expiresAt: expires_at ?? undefined,
          },
        );
        if (!created.ok) return answerRefusal(c, created.refusal);
        const { token, text } = created.value;
        return c.json({ ...present(token), token: text }, 201);
      },
    )
    .get(
      "/",
      describe(`List the management tokens, newest first, ${MAX_LISTED} a page`, {
        200: "The tokens, revoked and expired ones too; `links.next` is the address of the next " +
          "page",
      }),
      query(tokensQuery, answerFirstProblem),
      async (c) => {
        const page = await tokens.list(
          { olderThan: c.req.valid("query").older_than },
          MAX_LISTED,
        );
        const last = page.length === MAX_LISTED ? page.at(-1) : undefined;
        return c.json({
          tokens: page.map(present),
          links: last === undefined ? {} : { next: `/manage/tokens?older_than=${last.id}` },
        });
      },
    )
    .delete(
      "/:token_id",
      describe("Revoke a management token. It cannot be undone", { 200: "The token" }),
      tokenId,
      async (c) => {
        const { token_id } = c.req.valid("param");
        const token = await tokens.revoke(c.var.access.actor, token_id);
        return token === undefined ? problem(c, 404, NO_TOKEN) : c.json(present(token));
      },
    );
}

function answerRefusal(c: Context, { kind }: CreateTokenRefusal): Response {
  switch (kind) {
    case "expires-in-past":
      return invalid(c, "expires_at", "must be in the future");
    case "no-service":
      return invalid(c, "service_id", "there is no such service");
    case "already-created":
      return problem(c, 409, "The management token exists already");
    case "full":
      return problem(c, 409, FULL);
  }
}

function invalid(c: Context, field: string, message: string): Response {
  return problem(c, 400, INVALID_REQUEST, [{ field, message }]);
}

function present(token: ManagementToken) {
  return {
    id: token.id,
    name: token.name,
    service_id: token.serviceId ?? null,
    read_only: token.isReadOnly,
    created_at: new Date(token.createdAt).toISOString(),
    expires_at: toTime(token.expiresAt),
    revoked_at: toTime(token.revokedAt),
    last_used_at: toTime(token.lastUsedAt),
  };
}

function toTime(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}
