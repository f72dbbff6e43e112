import { Hono } from "hono";
import * as z from "zod/mini";
import { createKey } from "../../application/services/create_key.ts";
import { type KeyId, parseKeyId } from "../../domain/ids.ts";
import type { ApiKey } from "../../domain/service/service.ts";
import { describe } from "../http/openapi.ts";
import { id, loadService, type ServiceEnv, serviceId } from "./load.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { newKey } from "./schemas.ts";
import { INVALID_REQUEST, jsonBody, pathIds } from "./validation.ts";

const NO_KEY = "The service has no such key";
const keyId = pathIds(z.looseObject({ key_id: id(parseKeyId) }), NO_KEY);

/**
 * Creates the routes of a service's API keys: create, list and revoke. Only the answer that creates a key has its
 * secret.
 */
export function createKeyRoutes({ clock, store }: ManagePorts) {
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store))
    .post(
      "/",
      describe("Create an API key", {
        201: "The key. Its secret, `key`, is shown this once",
        409: "A key in use has this name",
      }),
      jsonBody(newKey),
      async (c) => {
        const { name, kind, expires_at } = c.req.valid("json");
        const { service } = c.var;
        const id = clock.newId() as KeyId;
        const created = await createKey(
          { clock, store },
          service.id,
          { id, name, kind, expiresAt: expires_at ?? undefined },
          c.var.access.actor,
        );
        if (!created.ok) {
          if (created.refusal.kind === "expires-in-past") {
            return problem(c, 400, INVALID_REQUEST, [
              { field: "expires_at", message: "must be in the future" },
            ]);
          }
          if (created.refusal.kind === "service-not-found") {
            return problem(c, 404, "There is no such service");
          }
          return problem(c, 409, "A key in use has this name", [
            { field: "name", message: "is the name of a key in use" },
          ]);
        }
        const { key, text } = created.value;
        return c.json({ ...present(key), key: text }, 201);
      },
    )
    .get("/", describe("List the API keys, revoked ones too", { 200: "The keys" }), async (c) => {
      const keys = await store.listKeys(c.var.service.id);
      return c.json({ keys: keys.map(present) });
    })
    .delete(
      "/:key_id",
      describe("Revoke an API key. It cannot be undone", { 200: "The key" }),
      keyId,
      async (c) => {
        const { key_id } = c.req.valid("param");
        const key = await store.revokeKey(c.var.service.id, key_id, clock.now(), {
          chain: c.var.service.id,
          actor: c.var.access.actor,
          action: "key-revoked",
          subject: key_id,
        });
        return key === undefined ? problem(c, 404, NO_KEY) : c.json(present(key));
      },
    );
}

/** The times that a key does not have are left out, but for that of its revocation. */
function present({ id, name, kind, createdAt, revokedAt, expiresAt, lastUsedAt }: ApiKey) {
  return {
    id,
    name,
    kind,
    created_at: new Date(createdAt).toISOString(),
    revoked_at: revokedAt === undefined ? null : new Date(revokedAt).toISOString(),
    ...(expiresAt === undefined ? {} : { expires_at: new Date(expiresAt).toISOString() }),
    ...(lastUsedAt === undefined ? {} : { last_used_at: new Date(lastUsedAt).toISOString() }),
  };
}
