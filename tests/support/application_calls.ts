/** The calls that tests make of an application by HTTP: as the operator, as the holder of a key, as a recipient. */
import { SignJWT } from "jose";
import type { TestFetch } from "./http.ts";
import { issueToken, type TestKeys } from "./tokens.ts";

/** The operator's token of every application under test. */
export const ADMIN_TOKEN = "operator-token-for-tests";

/** A service under test, with a key of each kind as the management API showed it. */
export interface TestService {
  readonly id: string;
  readonly keys: Readonly<Record<"live" | "team" | "test", string>>;
}

/** What tests do with an application in every runner. */
export interface ApplicationCalls {
  /** The ids of the services that {@link newService} created. */
  readonly services: readonly string[];
  /** Calls the management API; the body is sent as JSON. */
  manage(method: string, path: string, body?: unknown): Promise<Response>;
  /** Calls as the holder of a key; an object body is sent as JSON, a string as it is. */
  as(
    key: string,
    method: string,
    path: string,
    body?: unknown,
    headers?: HeadersInit,
  ): Promise<Response>;
  /** Creates a live service; settings are those of the management API. */
  newService(settings?: Readonly<Record<string, unknown>>): Promise<TestService>;
  /** Creates a template and returns its id. */
  newTemplate(serviceId: string, template?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Calls as the recipient with this id, with a new access token for each call; the registry API must be on. */
  citizen(id: string, claims?: Readonly<Record<string, unknown>>): CitizenCall;
}

/** Calls with the access token of one recipient; an object body is sent as JSON, a string as it is. */
export type CitizenCall = (
  method: string,
  path: string,
  body?: unknown,
  headers?: HeadersInit,
) => Promise<Response>;

/** Issues a bearer token as the official clients do. */
export async function issueRequestToken(
  key: string,
  iat = Math.floor(Date.now() / 1000),
): Promise<string> {
  return await new SignJWT({}).setProtectedHeader({ typ: "JWT", alg: "HS256" })
    .setIssuer(key.slice(-73, -37)).setIssuedAt(iat)
    .sign(new TextEncoder().encode(key.slice(-36)));
}

/**
 * Creates the calls of an application.
 *
 * @param accessKeys sign the access tokens of recipients; `undefined` when the registry API is off
 * @param now returns the time of the access tokens, epoch milliseconds
 */
export function createCalls(
  request: TestFetch,
  accessKeys: TestKeys | undefined,
  now: () => number,
): ApplicationCalls {
  const toBody = (body: unknown) =>
    body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  const manage = (method: string, path: string, body?: unknown) =>
    request(path, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
      ...toBody(body),
    });
  const readCreated = async (response: Response) => {
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
    return await response.json();
  };
  const services: string[] = [];
  return {
    services,
    manage,
    async as(key, method, path, body, headers) {
      const authorization = `Bearer ${await issueRequestToken(key)}`;
      return await request(path, {
        method,
        headers: { authorization, ...Object.fromEntries(new Headers(headers)) },
        ...toBody(body),
      });
    },
    async newService(settings = {}) {
      const service = await readCreated(
        await manage("POST", "/manage/services", {
          name: "Test service",
          mode: "live",
          ...settings,
        }),
      );
      services.push(service.id);
      const keyOf = async (kind: string) => {
        const path = `/manage/services/${service.id}/keys`;
        return (await readCreated(await manage("POST", path, { name: `${kind} key`, kind }))).key;
      };
      const [live, team, test] = [await keyOf("live"), await keyOf("team"), await keyOf("test")];
      return { id: service.id, keys: { live, team, test } };
    },
    async newTemplate(serviceId, template = { channel: "sms", name: "Text", body: "Hi ((name))" }) {
      const path = `/manage/services/${serviceId}/templates`;
      return (await readCreated(await manage("POST", path, template))).id;
    },
    citizen: (id, claims = {}) => async (method, path, body, headers) => {
      if (accessKeys === undefined) throw new Error("the registry API is off");
      const token = await issueToken(accessKeys, { sub: id, ...claims }, { now: now() });
      return await request(path, {
        method,
        headers: { "x-access-token": token, ...Object.fromEntries(new Headers(headers)) },
        ...toBody(body),
      });
    },
  };
}
