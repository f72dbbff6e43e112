import type { Hono } from "hono";
import {
  bearerTokenFaultOf,
  CALLBACK_KINDS,
  type CallbackRef,
} from "../../../domain/callbacks/callback.ts";
import { parseCallbackUrl } from "../../../domain/callbacks/callback_url.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { actorOf, serviceOf, type WebContext, type WebEnv } from "../context.ts";
import { type Form, readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { CallbackPage, type CallbackPageProps } from "./callback_page.tsx";
import { CallbacksPage } from "./callbacks_page.tsx";

/** How many calls a page lists. */
const PAGE_CALLS = 50;
/** The number of a delivery in the address of a page. */
const NUMBER = /^[0-9]{1,15}$/;

type Shown = Partial<
  Pick<CallbackPageProps, "url" | "isSaved" | "isReplaced" | "secret" | "test" | "faults">
>;

/** Adds the pages of a service's callbacks. */
export function addCallbackPages(app: Hono<WebEnv>, { callbacks, clock }: WebPorts): void {
  const { callbacks: store, manage, test, allowance } = callbacks;

  async function show(c: WebContext, ref: CallbackRef, shown: Shown): Promise<Response> {
    const typed = c.req.query("before") ?? "";
    const before = NUMBER.test(typed) ? Number(typed) : undefined;
    const [callback, found] = await Promise.all([
      store.get(ref),
      store.readLog(ref, before, PAGE_CALLS + 1),
    ]);
    const deliveries = found.slice(0, PAGE_CALLS);
    const { faults = [] } = shown;
    const page = (
      <CallbackPage
        view={c.var.view}
        service={serviceOf(c)}
        kind={ref.kind}
        callback={callback}
        deliveries={deliveries}
        before={found.length > PAGE_CALLS ? deliveries.at(-1)?.number : undefined}
        now={clock.now()}
        url={callback?.url ?? ""}
        isSaved={c.req.query("saved") !== undefined}
        isReplaced={false}
        {...shown}
        faults={faults}
      />
    );
    return await answerPage(c, page, faults.length === 0 ? 200 : 422);
  }

  async function save(c: WebContext, ref: CallbackRef, form: Form): Promise<Response> {
    const url = form.text("url").trim();
    const bearerToken = form.text("bearer_token").trim();
    const { callbacks: texts } = c.var.view.texts;
    const faults: FormFault[] = [
      ...(parseCallbackUrl(url, allowance).ok
        ? []
        : [{ field: "url", message: texts.urlNotValid }]),
      ...(bearerTokenFaultOf(bearerToken) === undefined
        ? []
        : [{ field: "bearer_token", message: texts.tokenNotValid }]),
    ];
    if (faults.length > 0) return await show(c, ref, { url, faults });
    const set = await manage.set(actorOf(c), ref, { url, bearerToken });
    if (set === undefined) throw new PageError(404);
    if (set.secret === undefined) return c.redirect(`${c.req.path}?saved=1`, 303);
    c.header("Cache-Control", "no-store");
    return await show(c, ref, { isSaved: true, secret: set.secret });
  }

  /** Replaces the signing secret, once for a page: a second click would hide the secret that the first one shows. */
  async function rotate(c: WebContext, ref: CallbackRef, form: Form): Promise<Response> {
    const seen = form.text("previous_until");
    const previousUntil = NUMBER.test(seen) ? Number(seen) : undefined;
    const rotated = await manage.rotateSeen(actorOf(c), ref, previousUntil);
    if (rotated === undefined) throw new PageError(404);
    if (rotated === "replaced") {
      return await show(c, ref, { faults: [{ message: c.var.view.texts.callbacks.isReplaced }] });
    }
    c.header("Cache-Control", "no-store");
    return await show(c, ref, { secret: rotated.secret, isReplaced: true });
  }

  app.get(
    PAGES.callbacks.path,
    (c) => answerPage(c, <CallbacksPage view={c.var.view} service={serviceOf(c)} />),
  );
  app.get(PAGES.callback.path, (c) => show(c, refOf(c), {}));
  app.post(PAGES.callback.path, async (c) => {
    const form = await readForm(c);
    const ref = refOf(c);
    switch (form.text("action")) {
      case "save":
        return await save(c, ref, form);
      case "test": {
        const result = await test(ref);
        if (result === undefined) throw new PageError(404);
        if (result !== "busy") return await show(c, ref, { test: result });
        return await show(c, ref, { faults: [{ message: c.var.view.texts.callbacks.busy }] });
      }
      case "rotate":
        return await rotate(c, ref, form);
      case "remove":
        await manage.delete(actorOf(c), ref);
        return c.redirect(c.req.path, 303);
      default:
        throw new PageError(403);
    }
  });
}

/** @throws PageError 404 for a kind that does not exist */
function refOf(c: WebContext): CallbackRef {
  const kind = CALLBACK_KINDS.find((one) => one === c.req.param("kind"));
  if (kind === undefined) throw new PageError(404);
  return { serviceId: serviceOf(c).id, kind };
}
