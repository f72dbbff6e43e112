import type { Hono } from "hono";
import { type KeyId, parseKeyId } from "../../domain/ids.ts";
import { safeName } from "../../domain/service/sender.ts";
import type { ApiKey } from "../../domain/service/service.ts";
import type { AppEnv } from "../http/context.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { withBody, withService } from "./request.ts";
import { newKey } from "./schemas.ts";

/** Adds the keys of a service. */
export function addKeyRoutes(app: Hono<AppEnv>, { clock, store }: ManagePorts): void {
  app.post(
    "/manage/services/:service_id/keys",
    (c) =>
      withService(c, store, (service) =>
        withBody(c, newKey, async ({ name, kind }) => {
          const secret = clock.newId();
          const id = clock.newId() as KeyId;
          const key = await store.createKey(
            service.id,
            { id, name, kind, secret },
            clock.now(),
          );
          if (key === undefined) return problem(c, 404, "There is no such service");
          if (key === "name-taken") {
            return problem(c, 409, "A key in use has this name", [
              { field: "name", message: "is the name of a key in use" },
            ]);
          }
          return c.json({
            ...present(key),
            key: `${safeName(name, "_")}-${service.id}-${secret}`,
          }, 201);
        })),
  );

  app.get("/manage/services/:service_id/keys", (c) =>
    withService(c, store, async (service) => {
      const keys = await store.listKeys(service.id);
      return c.json({ keys: keys.map(present) });
    }));

  app.delete(
    "/manage/services/:service_id/keys/:key_id",
    (c) =>
      withService(c, store, async (service) => {
        const id = parseKeyId(c.req.param("key_id"));
        const key = id === undefined
          ? undefined
          : await store.revokeKey(service.id, id, clock.now());
        return key === undefined
          ? problem(c, 404, "The service has no such key")
          : c.json(present(key));
      }),
  );
}

function present({ id, name, kind, createdAt, revokedAt }: ApiKey) {
  return {
    id,
    name,
    kind,
    created_at: new Date(createdAt).toISOString(),
    revoked_at: revokedAt === undefined ? null : new Date(revokedAt).toISOString(),
  };
}
