/** What each kind of management token may call: every operation of the OpenAPI document. */
import assert from "node:assert/strict";
import { bodyOf } from "../support.ts";
import {
  inOrderOfUse,
  type Operation,
  readOperations,
  requiredQuery,
  startWithAll,
} from "./operations.ts";

interface Kind {
  readonly name: string;
  readonly service?: "own" | "another";
  readonly isReadOnly?: boolean;
  readonly fault?: "expired" | "revoked";
}

const KINDS: readonly Kind[] = [
  { name: "of all services" },
  { name: "of all services, read only", isReadOnly: true },
  { name: "of the service", service: "own" },
  { name: "of the service, read only", service: "own", isReadOnly: true },
  { name: "of another service", service: "another" },
  { name: "of another service, read only", service: "another", isReadOnly: true },
  { name: "revoked", fault: "revoked" },
  { name: "expired", fault: "expired" },
  { name: "of the service, revoked", service: "own", fault: "revoked" },
];

/** The statuses that an operation may answer a kind of token with. */
function allowedStatuses(kind: Kind, { method, path, requestBody }: Operation): readonly number[] {
  if (kind.fault !== undefined) return [401];
  const isOfService = path.startsWith("/manage/services/{service_id}");
  if (kind.service === "another") return [404];
  if (kind.service === "own" && !isOfService) return [404];
  if (kind.isReadOnly === true && method !== "GET") return [403];
  if (path.endsWith("/resend")) return [201];
  return requestBody === undefined ? [200, 204] : [400];
}

for (const kind of KINDS) {
  Deno.test(`/manage: a token ${kind.name} reaches what it is for`, async () => {
    const { hark, serviceId, toAddress } = await startWithAll();
    await using _closing = hark;
    const another = await hark.newService();
    const made = await bodyOf(
      await hark.manage("POST", "/manage/tokens", {
        name: kind.name,
        read_only: kind.isReadOnly ?? false,
        service_id: kind.service === undefined
          ? null
          : kind.service === "own"
          ? serviceId
          : another.id,
      }),
      201,
    );
    if (kind.fault === "revoked") {
      await bodyOf(await hark.manage("DELETE", `/manage/tokens/${made.id}`), 200);
    } else if (kind.fault === "expired") {
      await hark.db.write(["UPDATE management_tokens SET expires_at = created_at"]);
    }
    const operations = await readOperations(hark);
    assert.ok(operations.length >= 50);
    for (const operation of inOrderOfUse(operations)) {
      const { method, requestBody } = operation;
      const label = `${method} ${operation.path}`;
      const answer = await hark.request(toAddress(operation) + requiredQuery(operation), {
        method,
        headers: { authorization: `Bearer ${made.token}` },
        ...(requestBody === undefined ? {} : { body: JSON.stringify({ unknown: 1 }) }),
      });
      const allowed = allowedStatuses(kind, operation);
      assert.ok(allowed.includes(answer.status), `${label} ${answer.status}`);
      const isRefused = allowed.some((status) => [401, 403, 404].includes(status));
      if (!isRefused) {
        await answer.body?.cancel();
        continue;
      }
      assert.equal(answer.headers.get("content-type"), "application/problem+json", label);
      const { detail } = await answer.json();
      assert.match(detail, /token|no such service/, label);
    }
  });
}

Deno.test("/manage: a service's token reaches no other service by another spelling of an address", async () => {
  const { hark, serviceId } = await startWithAll();
  await using _closing = hark;
  const another = await hark.newService();
  const { token } = await bodyOf(
    await hark.manage("POST", "/manage/tokens", { name: "T", service_id: serviceId }),
    201,
  );
  const call = async (path: string) => {
    const answer = await hark.request(path, { headers: { authorization: `Bearer ${token}` } });
    await answer.body?.cancel();
    return answer.status;
  };
  const bare = another.id.replaceAll("-", "");
  for (
    const path of [
      `/manage/services/${another.id}`,
      `/manage/services/${bare}`,
      `/manage/services/${another.id.toUpperCase()}/keys`,
      `/manage/services/%7B${another.id}%7D/keys`,
      `/manage/services/${another.id.replaceAll("-", "%2D")}/keys`,
      `/manage/services/${serviceId}/../${another.id}/keys`,
      `/manage/services/${serviceId}%2F..%2F${another.id}/keys`,
      `/manage//services/${another.id}/keys`,
      `/manage/%73ervices/${another.id}/keys`,
      `/manage/services?after=${serviceId}`,
      `/manage/services/`,
      `/manage/services/%`,
    ]
  ) assert.equal(await call(path), 404, path);
  for (const spelling of [serviceId, serviceId.toUpperCase(), serviceId.replaceAll("-", "")]) {
    assert.equal(await call(`/manage/services/${spelling}/keys`), 200, spelling);
  }
});
