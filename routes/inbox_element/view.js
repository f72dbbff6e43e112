import { previewOf, timeOf } from "./messages.js";
import { toSafeNodes } from "./safe_nodes.js";
import { countText, localeOf, subjectOf, TEXTS } from "./texts.js";
import { createTimeFormat } from "./times.js";

/** Creates an element. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Writes a text only if it changed: screen readers would announce it twice. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A prefix that makes ids unique in the page, not only in the shadow tree. */
let lastPanel = 0;

/** The visible part of an inbox. Changes keep existing nodes in place, and so the focus. */
export class View {
  #root;
  #level;
  #press;
  #messages = new Map();
  #format;
  #formatLanguage;

  /**
   * @param {ShadowRoot} root
   * @param {number} level of the heading
   * @param {{filter: () => void, markAll: () => void, more: () => void, retry: () => void, message: (id: string) => void}} press
   */
  constructor(root, level, press) {
    this.#root = root;
    this.#level = level;
    this.#press = press;
    this.#build();
  }

  #build() {
    this.badgeNumber = make("span", { "aria-hidden": "true" });
    this.badgeText = make("span", { class: "unseen" });
    this.badge = make("span", { class: "badge", part: "badge" }, this.badgeNumber, this.badgeText);
    this.title = make("span");
    this.heading = make(
      `h${this.#level}`,
      { id: "heading", class: "heading", part: "heading", tabindex: "-1" },
      this.title,
      " ",
      this.badge,
    );
    this.filter = this.#makeButton("filter", this.#press.filter);
    this.markAll = this.#makeButton("mark-all", this.#press.markAll);
    this.more = this.#makeButton("more", this.#press.more);
    this.retry = this.#makeButton("retry", this.#press.retry);
    this.actions = make(
      "div",
      { class: "actions", part: "actions" },
      this.filter,
      this.markAll,
    );
    this.stateText = make("p");
    this.signIn = make("slot", { name: "sign-in" });
    this.state = make(
      "div",
      { class: "state", part: "state" },
      this.stateText,
      make("div", { class: "ways", part: "ways" }, this.signIn, this.retry),
    );
    this.note = make("p", { class: "note", part: "note", role: "status" });
    this.news = make("p", { class: "unseen", role: "status" });
    this.list = make("ul", {
      class: "list",
      part: "list",
      // Safari needs the role: it does not expose a list without bullets as one.
      role: "list",
      "aria-labelledby": "heading",
    });
    this.list.addEventListener("keydown", (event) => this.#steer(event));
    this.inbox = make(
      "section",
      { class: "inbox", part: "inbox", "aria-labelledby": "heading" },
      make("div", { class: "header", part: "header" }, this.heading, this.actions),
      this.note,
      this.state,
      this.list,
      this.more,
      this.news,
    );
    this.#root.replaceChildren(this.inbox);
  }

  /** Marks a button as unavailable with `aria-disabled`, because `disabled` would remove the focus. */
  #makeButton(part, press) {
    const button = make("button", { type: "button", class: "button", part: `button ${part}` });
    button.addEventListener("click", () => {
      if (button.ariaDisabled !== "true") press();
    });
    return button;
  }

  /** Announces a text to screen readers. */
  announce(text) {
    write(this.news, text);
  }

  /** Whether the focus is on the "more" button, or where it moves when that button disappears. */
  get isAtEnd() {
    return [this.more, this.heading].includes(this.#root.activeElement);
  }

  /** Moves the focus to a message, or to the heading where the message is missing. */
  focusMessage(id) {
    (this.#messages.get(id)?.toggle ?? this.heading).focus();
  }

  /**
   * Renders a state.
   *
   * @param {{language: "uk" | "en", now: Date, state: "loading" | "ready" | "failed" | "signed-out",
   *   hadToken: boolean, list: import("./messages.js").MessageList, note: string, isFetchingMore: boolean}} model
   */
  render(model) {
    const { language, state, list, note, isFetchingMore } = model;
    const texts = TEXTS[language];
    const focused = this.#root.activeElement;
    const at = [...this.list.children].indexOf(focused?.closest("li"));
    this.inbox.lang = language;
    write(this.title, texts.heading);
    const unread = list.count?.unread ?? 0;
    this.badge.hidden = unread === 0;
    write(this.badgeNumber, String(unread));
    write(this.badgeText, countText(language, unread, texts.unreadCount));
    this.actions.hidden = state === "signed-out";
    write(this.filter, texts.unreadOnly);
    this.filter.ariaPressed = String(list.unreadOnly);
    write(this.markAll, texts.markAll);
    this.markAll.ariaDisabled = String(!list.hasUnread);
    write(this.note, texts[note] ?? "");
    this.#renderState(model, texts, focused);
    this.list.hidden = state !== "ready" || list.shown.length === 0;
    this.list.ariaBusy = String(isFetchingMore);
    this.#renderList(model, texts);
    write(this.more, texts.more);
    this.more.hidden = this.list.hidden || !list.hasMore;
    this.more.ariaDisabled = String(isFetchingMore);
    if (focused === null) return;
    // The focus of a removed node moves to the nearest remaining one.
    if (focused.isConnected && focused.closest("[hidden]") === null) return;
    const near = at < 0 ? undefined : list.shown[Math.min(at, list.shown.length - 1)];
    this.focusMessage(near?.id);
  }

  #renderState({ state, list, hadToken }, texts, focused) {
    this.state.hidden = state === "ready" && list.shown.length > 0;
    const isFault = state === "failed" || state === "signed-out";
    this.stateText.role = isFault ? "alert" : null;
    write(
      this.stateText,
      {
        "loading": texts.loading,
        "failed": texts.failed,
        "signed-out": hadToken ? texts.signedOut : texts.signIn,
        "ready": list.unreadOnly ? texts.emptyUnread : texts.empty,
      }[state],
    );
    this.signIn.hidden = state !== "signed-out";
    // The pressed button stays during the attempt, so that it keeps the focus.
    this.retry.hidden = !isFault && !(state === "loading" && focused === this.retry);
    this.retry.ariaDisabled = String(state === "loading");
    write(this.retry, texts.retry);
  }

  #renderList({ list, language, now }, texts) {
    const ids = new Set(list.shown.map(({ id }) => id));
    for (const [id, { item }] of this.#messages) {
      if (ids.has(id)) continue;
      item.remove();
      this.#messages.delete(id);
    }
    if (this.#formatLanguage !== language) {
      this.#formatLanguage = language;
      this.#format = createTimeFormat(localeOf(language), texts);
    }
    let next = this.list.firstElementChild;
    for (const message of list.shown) {
      let shown = this.#messages.get(message.id);
      if (shown === undefined) {
        shown = this.#makeMessage(message.id);
        this.#messages.set(message.id, shown);
      }
      // Nodes already in place are not moved.
      if (shown.item === next) next = next.nextElementSibling;
      else this.list.insertBefore(shown.item, next);
      this.#renderMessage(shown, message, { isOpen: list.open.has(message.id), now, texts });
    }
  }

  #makeMessage(id) {
    const panelId = `panel-${++lastPanel}`;
    const unread = make("span", { class: "unseen" });
    const subject = make("span", { class: "subject", part: "subject", dir: "auto" });
    const time = make("time", { class: "time", part: "time" });
    const toggle = make(
      "button",
      { type: "button", class: "toggle", part: "message-button", "aria-controls": panelId },
      make("span", { class: "marker", part: "marker", "aria-hidden": "true" }),
      make("span", {}, unread, subject),
      make("span", { class: "chevron", "aria-hidden": "true" }),
      time,
    );
    // Outside the button, whose name and heading it would make long. A click on it is a convenience of the mouse.
    const preview = make("p", { class: "preview", part: "preview", dir: "auto" });
    for (const target of [toggle, preview]) {
      target.addEventListener("click", () => this.#press.message(id));
    }
    const panel = make("div", { id: panelId, class: "content", part: "content", dir: "auto" });
    const title = make(`h${this.#level + 1}`, { class: "title" }, toggle);
    const item = make("li", { class: "message" }, title, preview, panel);
    return { item, toggle, unread, subject, preview, time, panel, isFilled: false };
  }

  #renderMessage(shown, message, { isOpen, now, texts }) {
    const { item, toggle, unread, subject, preview, time, panel } = shown;
    const isUnread = !message.isAcknowledged;
    item.classList.toggle("unread", isUnread);
    item.classList.toggle("closed", !isOpen);
    item.setAttribute("part", isUnread ? "message message-unread" : "message");
    write(unread, isUnread ? `${texts.unread} ` : "");
    write(subject, subjectOf(message, texts));
    for (const element of [subject, preview, panel]) {
      if (message.language !== undefined) element.lang = message.language;
    }
    const at = timeOf(message);
    write(time, at === undefined ? "" : this.#format(at, now));
    if (at !== undefined) time.dateTime = at.toISOString();
    shown.firstWords ??= previewOf(message.text ?? toSafeNodes(message.message).textContent);
    write(preview, isOpen ? "" : shown.firstWords);
    toggle.ariaExpanded = String(isOpen);
    if (isOpen && !shown.isFilled) {
      panel.replaceChildren(toSafeNodes(message.message, Math.min(6, this.#level + 2)));
      shown.isFilled = true;
    }
    panel.hidden = !isOpen;
  }

  /** Arrow keys, Home and End move between messages. */
  #steer(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const toggles = [...this.list.querySelectorAll(".toggle")];
    const at = toggles.indexOf(event.target);
    const to = {
      ArrowDown: Math.min(at + 1, toggles.length - 1),
      ArrowUp: Math.max(at - 1, 0),
      Home: 0,
      End: toggles.length - 1,
    }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    toggles[to].focus();
  }
}
