import { OPERATOR, type Target } from "./target.ts";
import type { RouteGenerator } from "./generator.ts";
import { readManageRoutes } from "./manage_routes.ts";
import { NOTIFY_ROUTES } from "./notify_routes.ts";
import { PUBLIC_ROUTES } from "./public_routes.ts";
import { WEB_ROUTES } from "./web_routes.ts";
import { REGISTRY_ROUTES } from "./registry_routes.ts";

/** The generators of all routes of a process; those of the management API come from its own document. */
export async function readAllRoutes({ process }: Target): Promise<readonly RouteGenerator[]> {
  const answer = await fetch(`${process.url}/manage/openapi.json`, {
    headers: Object.fromEntries([OPERATOR]),
  });
  return withManageRoutes(await answer.json());
}

/** The generators of all routes. @param document the OpenAPI document of the management API */
export function withManageRoutes(document: unknown): readonly RouteGenerator[] {
  return [
    ...readManageRoutes(document),
    ...NOTIFY_ROUTES,
    ...REGISTRY_ROUTES,
    ...PUBLIC_ROUTES,
    ...WEB_ROUTES,
  ];
}
