import type { Hono } from "hono";
import { accessTo } from "../../../domain/accounts/account.ts";
import { may } from "../../../domain/accounts/roles.ts";
import { parseJobId } from "../../../domain/ids.ts";
import type { JobProgress } from "../../../domain/jobs/job.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { actorOf, serviceOf, sessionOf, type WebContext, type WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { ListPage } from "./list_page.tsx";
import { ListProgress } from "./list_progress.tsx";

/** Adds the page of a list that is sent: its progress, and the ways to stop, pause, resume and cancel it. */
export function addJobPages(app: Hono<WebEnv>, ports: WebPorts): void {
  app.get(PAGES.list.path, async (c) => {
    const job = await loadJob(c, ports);
    const service = serviceOf(c);
    const session = sessionOf(c);
    const isOwn = job.authorId === session.user.id;
    const author = job.authorId === undefined || isOwn
      ? undefined
      : await ports.accounts.members.get(service.id, job.authorId);
    const page = (
      <ListPage
        view={c.var.view}
        service={service}
        job={job}
        now={ports.clock.now()}
        isOwn={isOwn}
        authorName={author?.name}
        maySend={may(accessTo(session, service.id), "send") && service.active}
        isTooLate={c.req.query("too_late") !== undefined}
      />
    );
    return await answerPage(c, page);
  });

  app.get(PAGES.listProgress.path, async (c) => {
    const job = await loadJob(c, ports);
    return c.html(<ListProgress view={c.var.view} service={serviceOf(c)} job={job} />);
  });

  app.post(PAGES.changeList.path, async (c) => {
    const form = await readForm(c);
    const job = await loadJob(c, ports);
    const isDone = await change(c, ports, job, form.text("action"));
    const path = pathOf(PAGES.list, { service_id: job.serviceId, job_id: job.id });
    return c.redirect(isDone ? path : `${path}?too_late=1`, 303);
  });
}

/** @throws PageError 404 when the service has no such list */
async function loadJob(c: WebContext, { jobs }: Pick<WebPorts, "jobs">): Promise<JobProgress> {
  const id = parseJobId(c.req.param("job_id"));
  const job = id && await jobs.get(serviceOf(c).id, id);
  if (job === undefined) throw new PageError(404);
  return job;
}

/**
 * Does what a button says. A form that is sent twice finds it done.
 *
 * @returns whether the list is as the button says, by this form or an earlier one
 */
async function change(
  c: WebContext,
  { clock, jobs }: Pick<WebPorts, "clock" | "jobs">,
  { serviceId, id }: JobProgress,
  action: string,
): Promise<boolean> {
  const now = clock.now();
  const entry = { chain: serviceId, actor: actorOf(c), subject: id } as const;
  const isNow = async (isDone: (job: JobProgress) => boolean) => {
    const current = await jobs.get(serviceId, id);
    return current !== undefined && isDone(current);
  };
  switch (action) {
    case "stop":
      return await jobs.withdraw(serviceId, id, now, { ...entry, action: "job-withdrawn" }) ||
        await isNow(({ status, startedAt }) => status === "cancelled" && startedAt === null);
    case "cancel":
      return await jobs.cancel(serviceId, id, now, { ...entry, action: "job-cancelled" }) ||
        await isNow(({ status }) => status === "cancelled");
    case "pause":
      return await jobs.pause(serviceId, id, now, { ...entry, action: "job-paused" }) ||
        await isNow(({ status }) => status === "paused");
    case "resume":
      return await jobs.resume(serviceId, id, now, { ...entry, action: "job-resumed" }) ||
        await isNow(({ status }) => status !== "paused");
    default:
      throw new PageError(403);
  }
}
