/** What a viewer sees of messages. */
import assert from "node:assert/strict";
import { listMessages } from "../../../application/messages/seen_messages.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import type { MessageFilter, MessagePage } from "../../../domain/ports/message_pages.ts";

const SERVICE = "11111111-1111-4111-8111-111111111111" as ServiceId;
const EMPTY: MessagePage = {
  messages: [],
  readTo: undefined,
  names: { templates: [], keys: [], people: [] },
};

/** The filters that the store is asked for when a viewer searches for some terms. */
async function filtersRead(
  terms: readonly Pick<MessageFilter, "recipient" | "reference">[],
  seesRecipients: boolean,
): Promise<readonly MessageFilter[]> {
  const read: MessageFilter[] = [];
  const pages = {
    read: (_: ServiceId, filter: MessageFilter) => {
      read.push(filter);
      return Promise.resolve(EMPTY);
    },
  };
  for (const term of terms) {
    await listMessages(pages, { seesRecipients }, SERVICE, {
      filter: { statuses: [], ...term },
      position: {},
      limit: 50,
    });
  }
  return read;
}

Deno.test("listMessages: reads the same whatever one searches for who may not see recipients", async () => {
  const recipients = [{ recipient: "447900900123" }, { recipient: "ann@example.org" }];
  const references = [{ reference: "case 7" }, { reference: "447900900123" }];
  for (const terms of [recipients, references]) {
    const [first, second] = await filtersRead(terms, false);
    assert.notEqual(first, undefined);
    assert.deepEqual(first, second);
    assert.deepEqual(
      (await filtersRead(terms, true)).map(({ recipient, reference }) => recipient ?? reference),
      terms.flatMap((term) => Object.values(term)),
    );
  }
});
