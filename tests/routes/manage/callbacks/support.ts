import { createSocketCaller } from "../../../../adapters/callbacks/socket_caller.ts";
import { startTestApplication, type TestApplication } from "../../../support/application.ts";
import {
  type CallbackReceiver,
  startCallbackReceiver,
} from "../../../support/stand_ins/callback_receiver.ts";
import {
  bodyOf,
  callAt,
  type MovableClock,
  movableClock,
  newServiceWithTemplates,
  type ServiceWithTemplates,
  SMS,
  textTo,
} from "../../support.ts";

/** The bearer token of the consumer. */
export const BEARER_TOKEN = "a-token-of-the-consumer";

/** An application with a service and a consumer of its callbacks. */
export interface Stage {
  readonly hark: TestApplication;
  readonly clock: MovableClock;
  readonly service: ServiceWithTemplates;
  readonly receiver: CallbackReceiver;
  /** Calls the routes of the service's callbacks. */
  callbacks(method: string, path: string, body?: unknown): Promise<Response>;
  /** Sets the callback of a kind to the consumer, and returns its signing secret. */
  set(kind?: string): Promise<string>;
  /** Calls as the holder of the service's live key. */
  as(method: string, path: string): Promise<Response>;
  /** Sends a text to completion, without its callbacks. @returns its id */
  text(fields?: Readonly<Record<string, unknown>>, key?: string): Promise<string>;
  /** Sends the callbacks that are due. */
  run(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts an application with a clock that can be moved, a service and a consumer. */
export async function startStage(
  environment: Readonly<Record<string, string>> = {},
  clock: MovableClock = movableClock(),
): Promise<Stage> {
  const receiver = await startCallbackReceiver();
  const hark = await startTestApplication({
    clock,
    environment: { ...environment, CALLBACK_ALLOW: new URL(receiver.url).host },
    callEndpoint: createSocketCaller({
      allowance: { hosts: new Set(), loopback: true },
      timeoutMs: 2_000,
    }),
  });
  const service = await newServiceWithTemplates(hark);
  const callbacks: Stage["callbacks"] = (method, path, body) =>
    hark.manage(method, `/manage/services/${service.id}/callbacks/${path}`, body);
  return {
    hark,
    clock,
    service,
    receiver,
    callbacks,
    async set(kind = "delivery") {
      const body = { url: receiver.url, bearer_token: BEARER_TOKEN };
      return (await bodyOf(await callbacks("PUT", kind, body), 200)).signing_secret;
    },
    as: (method, path) => callAt(hark, clock, service.keys.live, method, path),
    async text(fields = {}, key = service.keys.live) {
      const { id } = await bodyOf(
        await callAt(hark, clock, key, "POST", SMS, textTo(service, fields)),
        201,
      );
      await hark.settle();
      return id;
    },
    run: () => hark.runCallbacks(),
    async [Symbol.asyncDispose]() {
      await hark.close();
      await receiver.close();
    },
  };
}
