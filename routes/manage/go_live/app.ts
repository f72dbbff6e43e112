import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import type { AccountRequest } from "../../../application/accounts/account_request.ts";
import { evaluateChecklist } from "../../../domain/going_live/checklist.ts";
import { type GoLiveRequestId, parseGoLiveRequestId } from "../../../domain/ids.ts";
import { rootOf, waitUntil } from "../../http/context.ts";
import { describe } from "../../http/openapi.ts";
import type { ManageEnv } from "../context.ts";
import { id, loadService, type ServiceEnv, serviceId } from "../load.ts";
import type { ManagePorts } from "../ports.ts";
import { problem } from "../problem.ts";
import { MAX_LISTED } from "../schemas.ts";
import { answerFirstProblem, jsonBody, pageId, pathIds, query } from "../validation.ts";
import { presentChecklist, presentRequest } from "./present.ts";
import { answerAnswerRefusal, answerAskRefusal } from "./refusals.ts";
import { goLiveAnswer, newGoLiveRequest } from "./schemas.ts";

const requestId = pathIds(
  z.looseObject({ request_id: id(parseGoLiveRequestId) }),
  "The service has no such request to go live",
);
const waitingQuery = z.strictObject({
  after: pageId(parseGoLiveRequestId, "the id of a request to go live"),
});

/** Creates the routes of a service's requests to go live: list with the checklist, ask, and answer. */
export function createGoLiveRoutes({ clock, store, accounts, publicUrl }: ManagePorts) {
  const { goLive } = accounts;
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store))
    .get(
      "/",
      describe("Show what the service needs to go live, and its requests", {
        200: "`checklist`: each item and whether it is `done`; `requests`: the newest 20",
      }),
      async (c) => {
        const { service } = c.var;
        const { facts, requests } = await goLive.read(service.id);
        const isSent = requests.some(({ answer }) => answer?.isApproved !== false);
        return c.json({
          checklist: presentChecklist(evaluateChecklist(service, facts, isSent)),
          requests: requests.map(presentRequest),
        });
      },
    )
    .post(
      "/",
      describe("Ask to go live. Operators are notified by e-mail", {
        201: "The request, which waits for an operator's answer",
        409: "The checklist is not fulfilled (`undone` has its items), another request waits, or " +
          "the service is live or archived",
        429: "The service has asked as often as it may in a day",
      }),
      jsonBody(newGoLiveRequest),
      async (c) => {
        const { service, access } = c.var;
        const { volumes, contact, accepts_terms, id } = c.req.valid("json");
        const asked = await goLive.ask(
          access.actor,
          service,
          id ?? clock.newId() as GoLiveRequestId,
          {
            volumes: Object.fromEntries(
              Object.entries(volumes).filter(([, volume]) => volume !== undefined),
            ),
            contact,
            acceptsTerms: accepts_terms,
          },
          toRequest(c, publicUrl),
        );
        return asked.ok
          ? c.json(presentRequest(asked.value), 201)
          : answerAskRefusal(c, asked.refusal);
      },
    )
    .patch(
      "/:request_id",
      describe("Answer a request. Approval turns the service live, with the limits given", {
        200: "The request with the answer",
        403: "The token is of one service: operators answer",
        409: "It was answered before (`request` has the answer that counts), or the service is " +
          "archived",
      }),
      requestId,
      jsonBody(goLiveAnswer),
      async (c) => {
        const { service, access } = c.var;
        if (access.serviceId !== undefined) {
          return problem(c, 403, "Operators answer requests to go live");
        }
        const { state, reason, daily_limits = {} } = c.req.valid("json");
        const answered = await goLive.answer(
          access.actor,
          service,
          c.req.valid("param").request_id,
          {
            isApproved: state === "approved",
            reason: reason ?? undefined,
            limits: Object.fromEntries(
              Object.entries(daily_limits).filter(([, limit]) => limit !== undefined),
            ),
          },
          toRequest(c, publicUrl),
        );
        return answered.ok
          ? c.json(presentRequest(answered.value))
          : answerAnswerRefusal(c, answered.refusal);
      },
    );
}

/** Creates the route of the requests of all services that wait for an answer. */
export function createWaitingRequestRoutes({ accounts: { goLive } }: ManagePorts) {
  return new Hono<ManageEnv>().get(
    "/",
    describe(`List the requests to go live that wait, oldest first, ${MAX_LISTED} a page`, {
      200: "The requests; `links.next` is the address of the next page",
    }),
    query(waitingQuery, answerFirstProblem),
    async (c) => {
      const page = await goLive.listWaiting(c.req.valid("query").after, MAX_LISTED);
      const last = page.length === MAX_LISTED ? page.at(-1) : undefined;
      return c.json({
        requests: page.map(({ service, request }) => ({
          ...presentRequest(request),
          service_name: service.name,
        })),
        links: last === undefined
          ? {}
          : { next: `/manage/go-live-requests?after=${last.request.id}` },
      });
    },
  );
}

function toRequest(c: Context, publicUrl: string | undefined): AccountRequest {
  return {
    address: undefined,
    browser: "",
    language: "en",
    root: rootOf(c, publicUrl),
    waitUntil: waitUntil(c),
  };
}
