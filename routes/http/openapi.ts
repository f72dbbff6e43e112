/**
 * An OpenAPI 3.1 document generated from the routes of a Hono app.
 *
 * Handlers carry their part of the document with them: {@link documented} attaches it when the handler is created, so a
 * route and its description cannot differ. The document is read off `app.routes`.
 */
import type { Handler, Hono, MiddlewareHandler } from "hono";
import * as z from "zod/mini";
import type { AppEnv } from "./context.ts";

/** A Zod schema of a part of a request. The document has it as JSON Schema. */
export type Schema = z.core.$ZodType;

/**
 * The part of an operation's description that one handler adds. An operation has the parts of all its handlers:
 * `params` and `answers` are merged, of every other field the last handler's value counts.
 */
export interface OperationPart {
  readonly summary?: string;
  /** Schema of the query; it must be an object, of which each field is a query parameter. */
  readonly query?: Schema;
  /** The optional request headers: each name with its description in English. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Schemas of path parameters; each must be an object with a field for each parameter. */
  readonly params?: readonly Schema[];
  /** Schema of a JSON request body. */
  readonly body?: Schema;
  /** Whether the request may have no body. */
  readonly isBodyOptional?: boolean;
  /**
   * Schema by media type, for a request body that is not described by `body`; `undefined` for a type without a schema.
   */
  readonly content?: Readonly<Record<string, Schema | undefined>>;
  /** The possible answers by HTTP status. A later handler's answer replaces an earlier one's of the same status. */
  readonly answers?: Readonly<Record<number, Answer>>;
}

/**
 * An answer in the document: a description (the media type is then `application/json`), or a description with a media
 * type, where `null` means that the answer has no body. For a status from 400 the media type is always that of the
 * API's refusals.
 */
export type Answer = string | { readonly description: string; readonly mediaType: string | null };

/** Describes an answer that has no body, such as one with status 204. */
export const NO_CONTENT: Answer = { description: "Nothing", mediaType: null };

type Json = Readonly<Record<string, unknown>>;

const parts = new WeakMap<object, OperationPart>();

/**
 * Attaches a description to a handler and returns the same handler. {@link toOpenApi} finds it by the handler's
 * identity; a second call for the same handler replaces the description.
 */
export function documented<H extends object>(handler: H, part: OperationPart): H {
  parts.set(handler, part);
  return handler;
}

/**
 * Returns the names of the query parameters of each route of an app, by method and path such as `GET /a/:id`. The list
 * is empty for a route that describes no query.
 */
export function readQueryNames(
  app: Pick<Hono<AppEnv>, "routes">,
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    operationsOf(app.routes).map(({ method, path, query }) => [
      `${method} ${path}`,
      query === undefined ? [] : readSchemaNames(query),
    ]),
  );
}

/** Returns the names of the parameters of a query's schema. */
export function readSchemaNames(query: Schema): readonly string[] {
  return presentQuery(query).map(({ name }) => name);
}

/** Creates a middleware that only describes the route it is registered for, and passes every request on. */
export function describe(
  summary: string,
  answers: Readonly<Record<number, Answer>>,
  more: Pick<OperationPart, "content" | "headers"> = {},
): MiddlewareHandler<AppEnv> {
  return documented<MiddlewareHandler<AppEnv>>((_c, next) => next(), { summary, answers, ...more });
}

/** What the document says besides the operations. */
export interface ApiDescription {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** Schema and media type of the body of every answer with a status from 400. */
  readonly refusal: { readonly mediaType: string; readonly schema: Schema };
  /** Answers that every operation can give. An operation's own answer of the same status replaces one of these. */
  readonly answers: Readonly<Record<number, Answer>>;
}

/** An operation: one method at one path, with the merged parts of its handlers. */
interface Operation extends OperationPart {
  readonly method: string;
  readonly path: string;
}

/**
 * Generates the OpenAPI document of an app. It has each route that was registered for one method, described or not;
 * middleware and routes for all methods are left out.
 */
export function toOpenApi(app: Pick<Hono<AppEnv>, "routes">, api: ApiDescription): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operationsOf(app.routes)) {
    const path = operation.path.replace(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[operation.method.toLowerCase()] = presentOperation(operation, api);
  }
  const { title, version, description, refusal } = api;
  return {
    openapi: "3.1.1",
    info: { title, version, description },
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      schemas: { Refusal: toJsonSchema(refusal.schema) },
    },
  };
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly handler: Handler;
}

/** Merges the parts of the handlers of each method and path, those of middleware on the way to it first. */
function operationsOf(routes: readonly Route[]): readonly Operation[] {
  const operations = new Map<string, Operation>();
  const isMiddleware = ({ method }: Route) => method === "ALL";
  for (const { method, path } of routes.filter((route) => !isMiddleware(route))) {
    const handlers = routes.filter((route) =>
      isMiddleware(route)
        ? covers(route.path, path)
        : route.method === method && route.path === path
    );
    const operation = handlers.reduce<Operation>(
      (merged, { handler }) => mergePart(merged, parts.get(handler) ?? {}),
      { method, path },
    );
    operations.set(`${method} ${path}`, operation);
  }
  return [...operations.values()];
}

/** Whether a middleware's path, such as `/a/*`, covers a route's path. */
function covers(pattern: string, path: string): boolean {
  return pattern.endsWith("/*") && `${path}/`.startsWith(pattern.slice(0, -1));
}

function mergePart(operation: Operation, part: OperationPart): Operation {
  return {
    ...operation,
    ...part,
    params: [...operation.params ?? [], ...part.params ?? []],
    answers: { ...operation.answers, ...part.answers },
  };
}

function presentOperation(operation: Operation, api: ApiDescription): Json {
  const {
    method,
    path,
    summary,
    query,
    headers = {},
    params,
    body,
    content,
    isBodyOptional = false,
  } = operation;
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => presentPathParameter(name, params)),
    ...(query === undefined ? [] : presentQuery(query)),
    ...Object.entries(headers).map(([name, description]) => (
      { name, in: "header", description, schema: { type: "string" } }
    )),
  ];
  const bodies = body === undefined ? content : { "application/json": body };
  return {
    operationId: toOperationId(method, path),
    ...(summary === undefined ? {} : { summary }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(bodies === undefined
      ? {}
      : { requestBody: { required: !isBodyOptional, content: presentContent(bodies) } }),
    responses: Object.fromEntries(
      Object.entries({ ...api.answers, ...operation.answers }).map((
        [status, answer],
      ) => [status, presentAnswer(Number(status), answer, api)]),
    ),
  };
}

/** `post-manage-services-service_id-keys`, unique since method and path are. */
function toOperationId(method: string, path: string): string {
  return `${method.toLowerCase()}${path.replaceAll(/[/.:]+/g, "-")}`.replace(/-$/, "");
}

function presentPathParameter(name: string, params: readonly Schema[] = []): Json {
  const schemas = params.map((schema) => toJsonSchema(schema).properties).filter(isJson);
  const schema = schemas.map((properties) => properties[name]).find((one) => one !== undefined);
  return { name, in: "path", required: true, schema: schema ?? { type: "string" } };
}

function presentQuery(query: Schema): readonly (Json & { readonly name: string })[] {
  const { properties, required } = toJsonSchema(query);
  if (!isJson(properties)) return [];
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: Array.isArray(required) && required.includes(name),
    ...(isJson(schema) && schema.deprecated === true ? { deprecated: true } : {}),
    schema,
  }));
}

function presentContent(bodies: Readonly<Record<string, Schema | undefined>>): Json {
  return Object.fromEntries(
    Object.entries(bodies).map(([mediaType, schema]) => [
      mediaType,
      schema === undefined ? {} : { schema: toJsonSchema(schema) },
    ]),
  );
}

function presentAnswer(status: number, answer: Answer, { refusal }: ApiDescription): Json {
  const { description, mediaType } = typeof answer === "string"
    ? { description: answer, mediaType: "application/json" }
    : answer;
  if (status >= 400) {
    const schema = { $ref: "#/components/schemas/Refusal" };
    return { description, content: { [refusal.mediaType]: { schema } } };
  }
  return mediaType === null ? { description } : { description, content: { [mediaType]: {} } };
}

/** The schema of the input: what a request may hold. Checks by code have no equal in JSON Schema and are left out. */
function toJsonSchema(schema: Schema): Json {
  const { $schema: _version, "~standard": _standard, ...json } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
  });
  return json;
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
