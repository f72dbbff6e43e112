/** Starts the stand-in of the providers. */
import { makeFolder } from "../../support/process.ts";
import type { ProviderCounts } from "./provider_server.ts";
import { startProgram } from "./servers.ts";

/** How the stand-in behaves from now on. */
export interface ProviderSettings {
  /** The origin of the server that gets reports; without it there are none. */
  readonly reportTo?: string;
  /** The first call for one text message of this many gets 503. 0 or none: every call is accepted. */
  readonly refusesOneOf?: number;
  /** The share of the reports of texts that get lost, 0 to 1. */
  readonly lostReports?: number;
  /** How long a message is missing in the searches, in milliseconds. */
  readonly searchDelayMs?: number;
}

/** A running stand-in, in a process of its own. */
export interface Providers extends AsyncDisposable {
  readonly url: string;
  counts(): Promise<ProviderCounts>;
  set(settings: ProviderSettings): Promise<void>;
}

/** Starts the stand-in. */
export async function startProviders(): Promise<Providers> {
  const folder = await makeFolder();
  const program = new URL("./provider_server.ts", import.meta.url).pathname;
  const started = await startProgram(["-A", "--quiet", program], folder, {});
  return {
    url: started.url,
    async counts() {
      return await (await fetch(`${started.url}/bench`)).json();
    },
    async set(settings) {
      const body = JSON.stringify(settings);
      const answer = await fetch(`${started.url}/bench`, { method: "POST", body });
      await answer.body?.cancel();
    },
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
