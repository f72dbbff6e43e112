import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { bodyOf, newServiceWithTemplates, SMS, textTo } from "../support.ts";
import { newJob } from "./jobs_support.ts";

const DOCUMENT = "/manage/openapi.json";

/** The part of a JSON schema that the tests look at. */
interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly oneOf?: readonly JsonSchema[];
  readonly const?: unknown;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly deprecated?: boolean;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema?: JsonSchema }>>;
  };
  readonly responses: Readonly<Record<string, unknown>>;
}

async function readOperations(hark: TestApplication): Promise<readonly Operation[]> {
  const { paths } = await bodyOf(await hark.manage("GET", DOCUMENT), 200);
  return Object.entries<Record<string, Operation>>(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
    }))
  );
}

/** Starts the application with an item for each path parameter. `toAddress` fills in their ids. */
async function startWithAll(): Promise<
  { readonly hark: TestApplication; toAddress(operation: Operation): string }
> {
  const hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const servicePath = `/manage/services/${service.id}`;
  const create = async (path: string, body: unknown): Promise<string> =>
    (await bodyOf(await hark.manage("POST", servicePath + path, body), 201)).id;
  const command = async (action: string, body: unknown): Promise<string> =>
    (await bodyOf(await hark.manage("POST", `/manage/dead-letters/${action}`, body), 202)).id;
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const text = textTo(service, { scheduled_for: later });
  const senders = {
    email_reply_to: await create("/email_reply_to", { email_address: "a@example.com" }),
    sms_senders: await create("/sms_senders", { sms_sender: "LIBRARY" }),
  };
  // Port 1 answers no calls.
  const callback = { url: "http://127.0.0.1:1/", bearer_token: "0123456789" };
  await bodyOf(await hark.manage("PUT", `${servicePath}/callbacks/delivery`, callback), 200);
  const ids: Readonly<Record<string, string>> = {
    service_id: service.id,
    kind: "delivery",
    key_id: await create("/keys", { name: "Key", kind: "live" }),
    template_id: service.email,
    notification_id: (await bodyOf(await hark.as(service.keys.live, "POST", SMS, text), 201)).id,
    suppression_id: await create("/suppressions", {
      channel: "sms",
      recipient: "07700900555",
      reason: "Asked",
    }),
    number_id: await create("/inbound_numbers", { number: "60006" }),
    job_id: (await newJob(hark, service, ["Ann"], { start: "false" })).id,
    name: "sandbox",
    redrive_id: await command("redrive", { filter: {} }),
    drop_id: await command("drop", { filter: {}, reason: "test" }),
  };
  return {
    hark,
    toAddress: ({ path }) =>
      path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
        const kind = path.includes("/sms_senders/") ? "sms_senders" : "email_reply_to";
        const id = name === "sender_id" ? senders[kind] : ids[name];
        assert.ok(id !== undefined, `a parameter that the test does not know: ${name}`);
        return id;
      }),
  };
}

/** The query of a request with a text for each parameter that it must have. */
function requiredQuery({ parameters = [] }: Operation): string {
  const required = parameters.filter((each) => each.in === "query" && each.required === true);
  return required.length === 0
    ? ""
    : `?${new URLSearchParams(required.map(({ name }) => [name, "text"]))}`;
}

const jsonSchemaOf = ({ requestBody }: Operation) =>
  requestBody?.content["application/json"]?.schema;
const isUpload = ({ requestBody }: Operation) => requestBody?.content["text/csv"] !== undefined;

Deno.test("GET /manage/openapi.json: describes OpenAPI 3.1 to the operator only", async () => {
  await using hark = await startTestApplication();
  assert.equal((await hark.request(DOCUMENT)).status, 401);
  const document = await bodyOf(await hark.manage("GET", DOCUMENT), 200);
  assert.match(document.openapi, /^3\.1\./);
  assert.deepEqual(document.security, [{ bearer: [] }]);
  assert.deepEqual(document.components.securitySchemes.bearer, { type: "http", scheme: "bearer" });
  assert.deepEqual(await bodyOf(await hark.manage("GET", DOCUMENT), 200), document);
});

Deno.test("GET /manage/openapi.json: holds every route of /manage, described", async () => {
  await using hark = await startTestApplication();
  const operations = await readOperations(hark);
  const documented = operations.map(({ method, path }) => `${method} ${path}`);
  const served = hark.app.routes
    .filter(({ method, path }) => method !== "ALL" && path.startsWith("/manage/"))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  assert.deepEqual(documented.toSorted(), [...new Set(served)].toSorted());
  assert.ok(documented.length >= 33);
  for (const operation of operations) {
    const label = `${operation.method} ${operation.path}`;
    assert.ok(operation.summary.length > 0, label);
    const statuses = Object.keys(operation.responses).map(Number);
    assert.ok(statuses.some((status) => status < 300), label);
    assert.ok(statuses.includes(401), label);
    assert.equal(statuses.includes(404), operation.path.includes("{"), label);
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
    assert.equal(inPath.length, [...operation.path.matchAll(/\{/g)].length, label);
    const takesBody = ["POST", "PUT", "PATCH"].includes(operation.method) &&
      !/\/(?:cancel|rotate|test)$|\}\/redrive$/.test(operation.path);
    assert.equal(operation.requestBody !== undefined, takesBody, label);
    for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
      for (const variant of schema?.oneOf ?? (schema === undefined ? [] : [schema])) {
        assert.ok(Object.keys(variant.properties ?? {}).length > 0, label);
      }
    }
  }
  const ids = operations.map(({ operationId }) => operationId);
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("GET /manage/openapi.json: marks deprecated parameters, and no others", async () => {
  await using hark = await startTestApplication();
  const deprecated = (await readOperations(hark)).flatMap(({ path, parameters = [] }) =>
    parameters.filter((parameter) => parameter.deprecated === true).map(({ name }) => [path, name])
  );
  assert.deepEqual(deprecated, [["/manage/services/{service_id}/notifications", "to"]]);
});

Deno.test("GET /manage/openapi.json: every operation answers with a status that it lists", async () => {
  const { hark, toAddress } = await startWithAll();
  await using _closing = hark;
  const operations = await readOperations(hark);
  // DELETE comes last, since other operations need the deleted items.
  const order = ["GET", "PATCH", "PUT", "POST", "DELETE"];
  const inOrder = operations.toSorted((a, b) => order.indexOf(a.method) - order.indexOf(b.method));
  for (const operation of inOrder) {
    const label = `${operation.method} ${operation.path}`;
    const body = operation.requestBody === undefined ? undefined : { unknown: 1 };
    const address = toAddress(operation) + requiredQuery(operation);
    const answer = await hark.manage(operation.method, address, body);
    await answer.body?.cancel();
    assert.ok(![404, 405].includes(answer.status), `${label} ${answer.status}`);
    assert.ok(String(answer.status) in operation.responses, `${label} ${answer.status}`);
    const expected = body !== undefined ? [400] : [200, 204];
    assert.ok(expected.includes(answer.status), `${label} ${answer.status}`);
  }
});

Deno.test("/manage: every route refuses query parameters that it does not have, and names those that it has", async () => {
  const { hark, toAddress } = await startWithAll();
  await using _closing = hark;
  const known = (operation: Operation) =>
    (operation.parameters ?? []).flatMap((one) => one.in === "query" ? [one.name] : []);
  const withQuery: string[] = [];
  for (const operation of await readOperations(hark)) {
    const label = `${operation.method} ${operation.path}`;
    const names = known(operation);
    if (names.length > 0) withQuery.push(label);
    for (const query of ["status=x", "status", "Older_than=x", "older_than[]=x"]) {
      const answer = await hark.manage(operation.method, `${toAddress(operation)}?${query}`);
      const { detail, errors = [] } = await bodyOf(answer, 400, `${label}?${query}`);
      const [name = ""] = query.split("=");
      const error = errors.find(({ field }: { field: string }) => field === name);
      assert.match(error?.message ?? detail, /is not a query parameter of this address/, label);
      assert.ok(error !== undefined || detail.startsWith(name), label);
      assert.ok((error?.message ?? detail).endsWith(names.join(", ") || "none"), label);
    }
  }
  assert.deepEqual(withQuery.length, 14);
  const nothing = await hark.manage("GET", "/manage/nothing?status=x");
  await bodyOf(nothing, 404);
  const anonymous = await hark.request(`${DOCUMENT}?status=x`);
  assert.equal(anonymous.status, 401);
});

Deno.test("GET /manage/openapi.json: the server refuses bodies that the schemas refuse", async () => {
  const { hark, toAddress } = await startWithAll();
  await using _closing = hark;
  const withSchema = (await readOperations(hark)).filter((operation) =>
    jsonSchemaOf(operation) !== undefined && !isUpload(operation)
  );
  assert.ok(withSchema.length >= 11);
  for (const operation of withSchema) {
    const { method } = operation;
    const address = toAddress(operation);
    const fieldsOf = async (body: unknown): Promise<readonly string[]> => {
      const label = `${method} ${operation.path} ${JSON.stringify(body)}`;
      const { errors } = await bodyOf(await hark.manage(method, address, body), 400, label);
      return errors.map(({ field }: { field: string }) => field);
    };
    for (const body of ["null", "[]", "7", '"x"']) await fieldsOf(body);
    const schema = jsonSchemaOf(operation);
    for (const { properties = {}, ...variant } of schema?.oneOf ?? [schema ?? {}]) {
      assert.equal(variant.additionalProperties, false, operation.path);
      const fixed = Object.fromEntries(
        Object.entries(properties).flatMap(([name, { const: value }]) =>
          value === undefined ? [] : [[name, value]]
        ),
      );
      for (const name of variant.required ?? []) {
        const { [name]: _missing, ...rest } = fixed;
        assert.ok((await fieldsOf(rest)).includes(name), `${operation.path} without ${name}`);
      }
      assert.ok((await fieldsOf({ ...fixed, unknown: 1 })).includes("unknown"), operation.path);
      for (const name of Object.keys(properties)) {
        const fields = await fieldsOf({ ...fixed, [name]: [[{}]] });
        assert.ok(
          fields.some((field) => field === name || field.startsWith(`${name}.`)),
          `${operation.path} ${name} ${fields}`,
        );
      }
    }
  }
});
