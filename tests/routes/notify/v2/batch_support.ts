import { startTestApplication, type TestApplication } from "../../../support/application.ts";
import type { Database } from "../../../../adapters/libsql/connection/database.ts";
import {
  bodyOf,
  callAt,
  movableClock,
  newServiceWithTemplates,
  NOON,
  type ServiceWithTemplates,
} from "../../support.ts";

export const BATCH = "/v2/notifications/batch";

export type Fields = Readonly<Record<string, unknown>>;

/** An item of a batch's answer. */
export interface BatchResult {
  readonly index: number;
  readonly status_code: number;
  readonly id?: string;
  readonly replayed?: boolean;
  readonly errors?: readonly { readonly error: string; readonly message: string }[];
}

export const text = (service: ServiceWithTemplates, fields: Fields = {}) => ({
  type: "sms",
  phone_number: "07700900123",
  template_id: service.sms,
  personalisation: { name: "Ann" },
  ...fields,
});
export const mail = (service: ServiceWithTemplates, fields: Fields = {}) => ({
  type: "email",
  email_address: "ann@example.com",
  template_id: service.email,
  personalisation: { name: "Ann", item: "card" },
  ...fields,
});

/** An application with a manual clock and a service that sends batches. */
export async function startBatch(
  { settings = {}, db, environment = {} }: {
    readonly settings?: Fields;
    readonly db?: Database;
    readonly environment?: Readonly<Record<string, string>>;
  } = {},
) {
  const clock = movableClock(NOON);
  const hark: TestApplication = await startTestApplication({
    clock,
    environment,
    ...(db === undefined ? {} : { db }),
  });
  const service = await newServiceWithTemplates(hark, settings);
  const post = (body: unknown, headers: Readonly<Record<string, string>> = {}, key = "live") =>
    callAt(
      hark,
      clock,
      key === "live" || key === "team" || key === "test" ? service.keys[key] : key,
      "POST",
      BATCH,
      body,
      headers,
    );
  return {
    clock,
    hark,
    service,
    post,
    /** Waits until no message is due. */
    async drain(): Promise<void> {
      const left = `SELECT count(*) AS n FROM outbox WHERE task = 'deliver'`;
      for (let pass = 0; pass < 50; pass++) {
        await hark.settle();
        const [result] = await hark.db.read([left]);
        if (Number(result?.rows[0]?.["n"]) === 0) return;
      }
      throw new Error("something is always due");
    },
    /** Sends a batch and returns the items of its answer. */
    async send(
      notifications: readonly unknown[],
      headers: Readonly<Record<string, string>> = {},
      key = "live",
    ): Promise<readonly BatchResult[]> {
      return (await bodyOf(await post({ notifications }, headers, key), 200)).notifications;
    },
    [Symbol.asyncDispose]: () => hark.close(),
  };
}

export const codesOf = (results: readonly BatchResult[]) =>
  results.map(({ status_code }) => status_code);
export const idsOf = (results: readonly BatchResult[]) => results.map(({ id }) => id);
export const replaysOf = (results: readonly BatchResult[]) =>
  results.map(({ replayed = false }) => replayed);
export const messagesOf = (results: readonly BatchResult[]) =>
  results.map(({ errors = [] }) => errors.map(({ message }) => message).join(" | "));
