import assert from "node:assert/strict";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf } from "../support.ts";
import { test } from "../../support/runner.ts";
import {
  DOCUMENT,
  inOrderOfUse,
  type Operation,
  readOperations,
  requiredQuery,
  startWithAll,
} from "./operations.ts";

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

test.inside("GET /manage/openapi.json: holds every route of /manage, described", async () => {
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
      !/\/(?:cancel|pause|resume|resend|rotate|test|send_again|restore)$|\}\/redrive$/.test(
        operation.path,
      );
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
  for (const operation of inOrderOfUse(await readOperations(hark))) {
    const label = `${operation.method} ${operation.path}`;
    const body = operation.requestBody === undefined ? undefined : { unknown: 1 };
    const address = toAddress(operation) + requiredQuery(operation);
    const answer = await hark.manage(operation.method, address, body);
    await answer.body?.cancel();
    assert.ok(![404, 405].includes(answer.status), `${label} ${answer.status}`);
    assert.ok(String(answer.status) in operation.responses, `${label} ${answer.status}`);
    const expected = body !== undefined ? [400] : [200, 201, 204];
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
  assert.deepEqual(withQuery.length, 22);
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
