/** Tokens for trying the APIs in development. */
import { importJWK, SignJWT } from "jose";
import { DEFAULT_REALM } from "../../domain/recipient/realm.ts";
import { type Config, ConfigError, readConfig } from "../config.ts";
import {
  DEMO_TOKEN_LIFE_MS,
  type DevelopmentEnvironment,
  loadDevelopmentEnvironment,
  toPublicJwks,
} from "./environment.ts";
import { readSecrets } from "./secrets_file.ts";

/** The roles that demo access tokens are issued for. */
const DEMO_ROLES = ["citizen", "template-admin"] as const;

/** A role that a demo access token is issued for. */
export type DemoRole = (typeof DEMO_ROLES)[number];

/**
 * Issues an access token (`X-Access-Token`) that expires after {@link DEMO_TOKEN_LIFE_MS}, or the configured lifetime
 * if that is shorter.
 *
 * @param role a `citizen` has that role; a `template-admin` has the configured roles that write templates and send
 * @param recipientId the token's subject, and the value of `RECIPIENT_CLAIM`
 * @returns `undefined` when the environment verifies tokens with other keys
 * @throws ConfigError when the environment is wrong
 */
export async function issueDemoAccessToken(
  { environment, secrets: { accessKey } }: DevelopmentEnvironment,
  role: DemoRole,
  recipientId: string = `demo-${role}`,
  now: number = Date.now(),
): Promise<string | undefined> {
  if (environment.ACCESS_TOKEN_JWKS !== toPublicJwks(accessKey)) return undefined;
  const { registry } = readConfig(environment, "development");
  const { templateRole, senderRole, person, audiences: [audience] } = registry;
  const issuer = issuerOf(registry, role);
  const lifeMs = Math.min(DEMO_TOKEN_LIFE_MS, registry.maxLifetimeS * 1000);
  const roles = role === "citizen" ? ["citizen"] : [...new Set([templateRole, senderRole])];
  const claim = person?.claim === undefined ? {} : { [person.claim]: recipientId };
  const token = new SignJWT({ roles, ...claim })
    .setProtectedHeader({ typ: "JWT", alg: "ES256", kid: accessKey.kid ?? "" })
    .setSubject(recipientId).setIssuedAt(new Date(now))
    .setExpirationTime(new Date(now + lifeMs));
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return await token.sign(await importJWK(accessKey, "ES256"));
}

/** The issuer of a demo token: for a citizen one whose people are citizens, if issuers have realms. */
function issuerOf({ issuers, person }: Config["registry"], role: DemoRole): string | undefined {
  const [first] = issuers;
  if (role !== "citizen" || person?.realms === undefined) return first;
  return [...person.realms].find(([, realm]) => realm === DEFAULT_REALM)?.[0] ?? first;
}

/**
 * Issues the bearer token of one request, as the official clients do.
 *
 * @param key an API key as the management API showed it; defaults to the demo service's live key
 * @returns `undefined` when no key was passed and there is no demo service yet
 */
async function issueRequestToken(key: string | undefined): Promise<string | undefined> {
  const apiKey = key ?? (await readSecrets())?.demo?.keys.live;
  if (apiKey === undefined) return undefined;
  const secret = new TextEncoder().encode(apiKey.slice(-36));
  return await new SignJWT({}).setProtectedHeader({ typ: "JWT", alg: "HS256" })
    .setIssuer(apiKey.slice(-73, -37)).setIssuedAt().sign(secret);
}

/**
 * Issues a token for a user to try an API with.
 *
 * @param roleOrKey a role of {@link DEMO_ROLES}, or an API key
 * @param dev the command that creates the demo service, as the user types it
 * @throws ConfigError with instructions when no token can be issued
 */
export async function issueToken(
  roleOrKey: string | undefined,
  recipientId: string | undefined,
  dev: string,
): Promise<string> {
  const role = DEMO_ROLES.find((name) => name === roleOrKey);
  if (role !== undefined && await readSecrets() !== undefined) {
    const environment = await loadDevelopmentEnvironment(Deno.env.toObject());
    const token = await issueDemoAccessToken(environment, role, recipientId);
    if (token !== undefined) return token;
    throw new ConfigError(
      "ACCESS_TOKEN_JWKS(_URL) names others' keys: only they issue tokens.",
    );
  }
  if (role === undefined && roleOrKey !== undefined && !/-[0-9a-f-]{73}$/i.test(roleOrKey)) {
    throw new ConfigError(`That is no key, nor one of ${DEMO_ROLES.join(", ")}.`);
  }
  const token = role === undefined ? await issueRequestToken(roleOrKey) : undefined;
  if (token !== undefined) return token;
  throw new ConfigError(`There is no demo key yet: start "${dev}" first, in this folder.`);
}
