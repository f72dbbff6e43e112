import type { VonageConfig } from "../../../../adapters/providers/vonage/request.ts";
import { createVonage } from "../../../../adapters/providers/vonage/vonage.ts";
import {
  newVonageKeys,
  startVonage,
  type VonageStandIn,
} from "../../../support/stand_ins/vonage.ts";

/** The application of the tests. */
export const APPLICATION_ID = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab";
/** The keys of the application. */
export const KEYS = newVonageKeys();
/** The secret of the account that signs reports. */
export const SECRET = "vonage-signature-secret-of-tests";

/** The configuration of a provider at an address. */
export function vonageConfig(baseUrl: string, fields: Partial<VonageConfig> = {}): VonageConfig {
  return {
    applicationId: APPLICATION_ID,
    privateKey: KEYS.privateKey,
    signatureSecrets: [SECRET],
    from: "Hark",
    baseUrl,
    publicUrl: "https://hark.test",
    ...fields,
  };
}

/** A provider that calls an address. */
export function vonageAt(baseUrl: string, fields: Partial<VonageConfig> = {}) {
  return createVonage(vonageConfig(baseUrl, fields), { fetch });
}

/** Starts the stand-in. @param now its clock; the machine's when absent */
export function startStandIn(now: () => number = Date.now): Promise<VonageStandIn> {
  return startVonage({
    now,
    applicationId: APPLICATION_ID,
    publicKey: KEYS.publicKey,
    signatureSecret: SECRET,
  });
}

/** Runs with a stand-in. */
export async function withVonage(run: (vonage: VonageStandIn) => Promise<void>): Promise<void> {
  const vonage = await startStandIn();
  try {
    await run(vonage);
  } finally {
    await vonage.close();
  }
}
