import type { MessageActions } from "../../domain/ports/message_actions.ts";
import type { MessagePages } from "../../domain/ports/message_pages.ts";
import type { SearchTokens } from "../../domain/ports/search_tokens.ts";

/** The stores of what became of messages. */
export interface MessageStores {
  readonly pages: MessagePages;
  readonly actions: MessageActions;
  readonly searchTokens: SearchTokens;
}
