/** Every route of a real process, sent its longest, deepest, most numerous and broken-off requests. */
import assert from "node:assert/strict";
import { mapLimit } from "../../adapters/concurrency.ts";
import { readAllRoutes } from "../fuzz/all_routes.ts";
import { createChoices } from "../fuzz/choices.ts";
import { isForbiddenStatus } from "../fuzz/failure.ts";
import { toSteps, waitsForAnswer } from "../fuzz/request.ts";
import { bestStall, MAX_STALL_MS, probeDuring } from "../support/probe.ts";
import { exchange } from "../support/raw_http.ts";
import { casesOfRoute, type RouteCase } from "./route_cases.ts";
import { withTarget } from "./with_target.ts";

/** Cases of a route that are sent at the same time. */
const CONCURRENCY = 4;

/** Returns the fault of an answer; `undefined` when the server refused or served the request as it should. */
async function findFault({ request }: RouteCase, port: number): Promise<string | undefined> {
  const answer = await exchange(toSteps(request), { port });
  if (isForbiddenStatus(answer)) return `status ${answer.status}`;
  const isSilent = answer.status === undefined && answer.end === "timeout";
  return isSilent && waitsForAnswer(request) ? "no answer" : undefined;
}

Deno.test("every route: refuses or serves its largest, deepest and broken requests, and serves others", async () => {
  await withTarget(async (target) => {
    const { port } = target;
    const choices = createChoices(1);
    const faults: string[] = [];
    for (const route of await readAllRoutes(target)) {
      const cases = casesOfRoute(await route.make(choices, target));
      const name = ({ name }: RouteCase) => `${route.method} ${route.path}: ${name}`;
      const work = mapLimit(cases, CONCURRENCY, async (one) => {
        const fault = await findFault(one, port);
        if (fault !== undefined) faults.push(`${name(one)}: ${fault}`);
      });
      if (await probeDuring(target, work) <= MAX_STALL_MS) continue;
      for (const one of cases) {
        const ms = await bestStall(target, () => findFault(one, port));
        if (ms > MAX_STALL_MS) faults.push(`${name(one)}: /healthz took ${Math.round(ms)} ms`);
      }
    }
    assert.deepEqual(faults, []);
  });
});
