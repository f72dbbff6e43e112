import type { Hono } from "hono";
import { createKey } from "../../../application/services/create_key.ts";
import { parseKeyId } from "../../../domain/ids.ts";
import { nameFaultOf } from "../../../domain/service/one_line_name.ts";
import { dayRange } from "../../../domain/time/day_range.ts";
import { KEY_KINDS } from "../../../domain/service/service.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { actorOf, serviceOf, type WebContext, type WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import type { Texts } from "../texts/texts.ts";
import { AlreadyCreatedPage, CreatedKeyPage } from "./created_key_pages.tsx";
import { KeysPage, NewKeyPage, RevokeKeyPage } from "./keys_pages.tsx";

/** Adds the pages of a service's API keys. */
export function addKeyPages(app: Hono<WebEnv>, ports: WebPorts): void {
  const { accounts, clock, management } = ports;

  app.get(PAGES.keys.path, async (c) => {
    const service = serviceOf(c);
    const { keys, creations } = await accounts.services.keys(service.id);
    const creators = new Map(creations.map((entry) => [entry.subject, entry]));
    const page = <KeysPage view={c.var.view} service={service} keys={keys} creators={creators} />;
    return answerPage(c, page);
  });

  app.get(
    PAGES.newKey.path,
    (c) =>
      answerPage(c, <NewKeyPage view={c.var.view} service={serviceOf(c)} id={clock.newId()} />),
  );
  app.post(PAGES.newKey.path, async (c) => await addKey(c, ports));

  app.get(PAGES.revokeKey.path, async (c) => {
    const service = serviceOf(c);
    const key = (await management.listKeys(service.id)).find(({ id }) =>
      id === parseKeyId(c.req.param("key_id"))
    );
    if (key === undefined) throw new PageError(404);
    if (key.revokedAt !== undefined) return c.redirect(toKeys(c), 303);
    return answerPage(
      c,
      <RevokeKeyPage view={c.var.view} service={service} keyName={key.name} />,
    );
  });
  app.post(PAGES.revokeKey.path, async (c) => {
    await readForm(c);
    const id = parseKeyId(c.req.param("key_id"));
    const { id: chain } = serviceOf(c);
    const key = id && await management.revokeKey(chain, id, clock.now(), {
      chain,
      actor: actorOf(c),
      action: "key-revoked",
      subject: id,
    });
    if (key === undefined) throw new PageError(404);
    return c.redirect(toKeys(c), 303);
  });
}

/** Creates a key and shows it, or shows what the form lacks. */
async function addKey(c: WebContext, ports: WebPorts): Promise<Response> {
  const { clock, management: store } = ports;
  const form = await readForm(c);
  const service = serviceOf(c);
  const { view } = c.var;
  const id = parseKeyId(form.text("id"));
  if (id === undefined) throw new PageError(403);
  const name = form.text("name").trim();
  const kind = KEY_KINDS.find((one) => one === form.text("kind"));
  const lastDay = form.text("last_day").trim();
  const { time_zone: zone } = service.settings;
  const expiresAt = lastDay === "" ? undefined : dayRange(lastDay, zone)?.until;
  const faults = faultsOf(name, kind !== undefined, view.texts);
  if (lastDay !== "" && (expiresAt === undefined || expiresAt <= clock.now())) {
    faults.push({ field: "last_day", message: view.texts.keys.lastDayNotValid });
  }
  if (kind !== undefined && faults.length === 0) {
    const created = await createKey({ clock, store }, service.id, {
      id,
      name,
      kind,
      expiresAt,
    }, actorOf(c));
    if (created.ok) {
      const [template] = await store.listTemplates(service.id, "sms");
      c.header("Cache-Control", "no-store");
      const page = (
        <CreatedKeyPage
          view={view}
          service={service}
          text={created.value.text}
          root={c.var.root}
          templateId={template?.id}
        />
      );
      return await answerPage(c, page);
    }
    const { refusal } = created;
    if (refusal.kind === "service-not-found") throw new PageError(404);
    if (refusal.kind === "already-created") {
      return await answerPage(c, <AlreadyCreatedPage view={view} service={service} keyId={id} />);
    }
    faults.push({ field: "name", message: view.texts.keys.nameTaken });
  }
  const page = (
    <NewKeyPage
      view={view}
      service={service}
      id={id}
      name={name}
      {...(kind === undefined ? {} : { kind })}
      lastDay={lastDay}
      faults={faults}
    />
  );
  return await answerPage(c, page, 422);
}

function faultsOf(name: string, hasKind: boolean, { keys }: Texts): FormFault[] {
  const nameFault = nameFaultOf(name);
  const messages = {
    missing: keys.nameMissing,
    "too-long": keys.nameTooLong,
    "not-one-line": keys.nameNotOneLine,
    invisible: keys.nameInvisible,
  } as const;
  return [
    ...(nameFault === undefined ? [] : [{ field: "name", message: messages[nameFault] }]),
    ...(hasKind ? [] : [{ field: "kind", message: keys.kindMissing }]),
  ];
}

function toKeys(c: WebContext): string {
  return pathOf(PAGES.keys, { service_id: serviceOf(c).id });
}
