import { Hono } from "hono";
import * as z from "zod/mini";
import type { AppEnv } from "../http/context.ts";
import { describe, toOpenApi } from "../http/openapi.ts";

/** A problem (RFC 9457), as every refusal of this API is. */
const problemSchema = z.looseObject({
  type: z.literal("about:blank"),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  errors: z.optional(
    z.array(z.looseObject({ field: z.optional(z.string()), message: z.string() })),
  ),
});

/**
 * Creates a `GET` route that answers with an OpenAPI document of the routes of `app`. The document is generated at the
 * first request, then cached for the life of the process.
 *
 * @param version the version that the document states
 */
export function createDocumentRoute(app: Pick<Hono<AppEnv>, "routes">, version: string) {
  let document: object | undefined;
  return new Hono<AppEnv>().get(
    "/",
    describe("Show this document", { 200: "The OpenAPI document" }),
    (c) =>
      c.json(
        document ??= toOpenApi(app, {
          title: "Hark management API",
          version,
          description: "Services, keys, templates, senders, guest lists, jobs and timelines.",
          refusal: { mediaType: "application/problem+json", schema: problemSchema },
          answers: {
            401: "The operator's token or management token is missing, wrong, expired or revoked",
            403: "A management token that is read only made a request that is not a GET",
          },
        }),
      ),
  );
}
