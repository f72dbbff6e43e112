import assert from "node:assert/strict";
import { NEEDS_CHROMIUM } from "./chromium.ts";
import { heard, message, open, subjects, until, visit } from "./inbox_visit.ts";

Deno.test(
  "<hark-inbox>: follows the socket that its stream offers, continues it after a break, and pings it",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server, complaints } = visited;
      server.socket = "offered";
      server.add();
      const urls: string[] = [];
      page.on("websocket", (socket) => urls.push(socket.url()));
      await page.clock.install();
      await open(visited);
      await message(page, "Subject 1").waitFor();
      await until(() => server.firstMessages.length, 1);
      assert.deepEqual(server.firstMessages[0], { token: "ann", language: "en", lastEventId: "" });
      // The stream that offered it has ended, and the list was loaded once.
      await until(() => server.openStreams, 1);
      server.add();
      await message(page, "Subject 2").waitFor();
      await page.clock.runFor(31_000);
      await until(() => server.pings, 1);
      server.dropStreams();
      server.add();
      await page.clock.runFor(2_000);
      await until(() => subjects(page), ["*Subject 3", "*Subject 2", "*Subject 1"]);
      assert.equal(server.firstMessages[1]?.lastEventId, "2");
      assert.equal(server.asked("/stream").length, 1);
      assert.equal(server.asked(/^\?/).length, 1);
      const url = `${server.origin.replace("http", "ws")}/api/notifications/inbox/socket/3`;
      assert.deepEqual(urls, [url, url]);
      await page.evaluate('document.querySelector("hark-inbox").remove()');
      await until(() => server.openStreams, 0);
      assert.deepEqual(complaints, []);
    }),
);

Deno.test(
  "<hark-inbox>: connects a socket again with a new token after the first has ended, and ends the session without one",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.socket = "offered";
      server.add({}, "ann-2");
      await open(visited, "");
      await page.evaluate(`customElements.whenDefined("hark-inbox").then(() => {
        globalThis.given = 1;
        const inbox = document.createElement("hark-inbox");
        inbox.tokenProvider = () => "ann-" + given;
        document.querySelector("main").append(inbox);
      })`);
      await until(() => server.firstMessages.length, 1);
      await page.getByText("You have no messages.").waitFor();
      await page.evaluate("given = 2");
      server.refusedTokens.add("ann-1");
      server.dropStreams(4401);
      await until(() => server.firstMessages.at(-1)?.token, "ann-2");
      server.add({}, "ann-2");
      await message(page, "Subject 2").waitFor();
      assert.deepEqual(await heard(page, "hark-inbox-unauthorised"), []);
      server.refusedTokens.add("ann-2");
      server.dropStreams(4401);
      await page.getByText("Your session has ended").waitFor();
      assert.deepEqual(await subjects(page), []);
    }),
);

Deno.test(
  "<hark-inbox>: stays with the stream where sockets do not open, and where a gateway adds the token",
  NEEDS_CHROMIUM,
  () =>
    visit(async (visited) => {
      const { page, server } = visited;
      server.socket = "blocked";
      await open(visited);
      await until(() => server.asked("/stream").length, 2);
      await until(() => server.openStreams, 1);
      server.add();
      await message(page, "Subject 1").waitFor();
      assert.equal(server.asked("/stream").length, 2);
      server.gatewayCitizen = "ann";
      const other = await visited.browser.newPage();
      server.socket = "offered";
      await open({ ...visited, page: other }, "?gateway");
      await message(other, "Subject 1").waitFor();
      await until(() => server.openStreams, 2);
      server.add();
      await message(other, "Subject 2").waitFor();
      assert.deepEqual(server.firstMessages, []);
    }),
);
