import type * as z from "zod/mini";
import { parseServiceId } from "../../domain/ids.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import type { Service } from "../../domain/service/service.ts";
import { readBody } from "../http/body.ts";
import type { AppContext } from "../http/context.ts";
import { IN_ENGLISH } from "../http/validation.ts";
import { fieldProblems, problem } from "./problem.ts";

/** Reads a body by its schema and hands it on, or answers with every problem. */
export async function withBody<S extends z.ZodMiniType>(
  c: AppContext,
  schema: S,
  handle: (body: z.output<S>) => Promise<Response>,
): Promise<Response> {
  const read = await readBody(c);
  if (!read.ok) return problem(c, 413, "The body is larger than 5 MB");
  const { json } = read.value;
  if (json === undefined) return problem(c, 400, "The body is not JSON");
  const parsed = schema.safeParse(json, IN_ENGLISH);
  if (parsed.success) return await handle(parsed.data);
  return problem(c, 400, "Invalid request: see errors", fieldProblems(parsed.error));
}

/** Finds the service of the address and hands it on, or answers that there is none. */
export async function withService(
  c: AppContext,
  store: Pick<ManagementStore, "getService">,
  handle: (service: Service) => Promise<Response>,
): Promise<Response> {
  const id = parseServiceId(c.req.param("service_id"));
  const service = id === undefined ? undefined : await store.getService(id);
  if (service === undefined) return problem(c, 404, "There is no such service");
  c.get("facts").serviceId = service.id;
  return await handle(service);
}
