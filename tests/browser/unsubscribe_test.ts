import axe, { type AxeResults } from "npm:axe-core@4.14.1";
import assert from "node:assert/strict";
import type { NotificationId, ServiceId } from "../../domain/ids.ts";
import type { UnsubscribeLink } from "../../domain/ports/unsubscribe_store.ts";
import { createUnsubscribe } from "../../routes/unsubscribe/app.tsx";
import { createClock } from "../../adapters/clock.ts";
import { Hono } from "hono";
import type { AppEnv } from "../../routes/http/context.ts";
import { serveOnLoopback } from "../support/http.ts";
import { launchChromium, NEEDS_CHROMIUM } from "./chromium.ts";

/** Serves the pages over valid (`token`), expired and forged links, and counts the requests to unsubscribe. */
function serveLinks() {
  const clock = createClock();
  const notificationId: NotificationId = clock.newNotificationId();
  const ref = { serviceId: clock.newId() as ServiceId, notificationId };
  const serviceName = "Служба <b>«Місто»</b> " + "long".repeat(40);
  let used = 0;
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set("requestLog", { requestId: "1" });
    await next();
  });
  app.route(
    "/",
    createUnsubscribe({
      clock,
      unsubscribes: {
        find: (_id, token): Promise<UnsubscribeLink> =>
          Promise.resolve(
            token === "token"
              ? { kind: "message", ref, serviceName, requested: used > 0 }
              : token === "gone"
              ? { kind: "gone" }
              : { kind: "forged" },
          ),
        request: () => Promise.resolve(++used > 0),
      },
    }),
  );
  const server = serveOnLoopback(app);
  return {
    server,
    serviceName,
    used: () => used,
    urlOf: (token: string) => `${server.origin}/unsubscribe/${notificationId}/${token}`,
  };
}

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(
    `GET /unsubscribe/{id}/{token}: has no fault that axe finds and works without scripts (${colorScheme})`,
    {
      ...NEEDS_CHROMIUM,
    },
    async () => {
      const { server, urlOf, used, serviceName } = serveLinks();
      const browser = await launchChromium();
      try {
        const page = await browser.newPage({ colorScheme, viewport: { width: 320, height: 640 } });
        const complaints: string[] = [];
        page.on("console", (message) => {
          const expected = /404 \(Not Found\)|favicon/;
          if (message.type() === "error" && !expected.test(message.text())) {
            complaints.push(message.text());
          }
        });
        for (const token of ["token", "gone", "forged"]) {
          await page.goto(urlOf(token));
          await page.evaluate(axe.source);
          const { violations } = await page.evaluate<AxeResults>("axe.run(document)");
          assert.deepEqual(violations.map(({ id }) => id), [], token);
          const width = await page.evaluate<number>("document.documentElement.scrollWidth");
          assert.ok(width <= 320, `${token} is ${width} wide`);
        }
        await page.close();

        const plain = await browser.newPage({ colorScheme, javaScriptEnabled: false });
        await plain.goto(urlOf("token"));
        assert.equal(await plain.locator("strong").textContent(), serviceName);
        assert.equal(used(), 0, "looking at it changes nothing");
        await plain.keyboard.press("Tab");
        await plain.keyboard.press("Enter");
        await plain.getByRole("heading", { name: "You have unsubscribed" }).waitFor();
        assert.equal(used(), 1);
        await plain.reload();
        assert.ok(await plain.getByRole("heading", { name: "You have unsubscribed" }).isVisible());
        assert.deepEqual(complaints, []);
      } finally {
        await browser.close();
        await server[Symbol.asyncDispose]();
      }
    },
  );
}
