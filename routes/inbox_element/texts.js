/** The element's texts, by language. */
export const TEXTS = {
  uk: {
    heading: "Повідомлення",
    unread: "Непрочитане:",
    unreadCount: { one: "непрочитане", few: "непрочитані", other: "непрочитаних" },
    unreadOnly: "Лише непрочитані",
    markAll: "Позначити всі прочитаними",
    more: "Показати ще",
    loading: "Завантаження повідомлень…",
    empty: "Повідомлень немає.",
    emptyUnread: "Непрочитаних повідомлень немає.",
    failed: "Не вдалося завантажити повідомлення.",
    retry: "Спробувати ще раз",
    signedOut: "Ваш сеанс завершено. Увійдіть ще раз, щоб побачити повідомлення.",
    lost: "Немає зв’язку. Нові повідомлення з’являться, щойно його буде відновлено.",
    ackFailed: "Не вдалося позначити прочитаним. Спробуйте ще раз пізніше.",
    moreFailed: "Не вдалося завантажити більше повідомлень. Спробуйте ще раз.",
    allRead: "Усі повідомлення позначено прочитаними.",
    signIn: "Увійдіть, щоб побачити повідомлення.",
    today: "Сьогодні",
    yesterday: "Учора",
    noSubject: "Без теми",
    arrived: "Нове повідомлення:",
    arrivedCount: {
      one: "нове повідомлення",
      few: "нові повідомлення",
      other: "нових повідомлень",
    },
  },
  en: {
    heading: "Messages",
    unread: "Unread:",
    unreadCount: { one: "unread", few: "unread", other: "unread" },
    unreadOnly: "Unread only",
    markAll: "Mark all as read",
    more: "Show more",
    loading: "Loading your messages…",
    empty: "You have no messages.",
    emptyUnread: "You have no unread messages.",
    failed: "Your messages could not be loaded.",
    retry: "Try again",
    signedOut: "Your session has ended. Sign in again to see your messages.",
    lost: "The connection is lost. New messages will appear when it is back.",
    ackFailed: "This could not be marked as read. Try again later.",
    moreFailed: "More messages could not be loaded. Try again.",
    allRead: "All messages are marked as read.",
    signIn: "Sign in to see your messages.",
    today: "Today",
    yesterday: "Yesterday",
    noSubject: "No subject",
    arrived: "New message:",
    arrivedCount: { one: "new message", few: "new messages", other: "new messages" },
  },
};

/**
 * The language of an element: its own `lang`, else that of the nearest ancestor, else the browser's; English where the
 * element has no texts in that language.
 *
 * @param {Element} element
 * @returns {"uk" | "en"}
 */
export function languageOf(element) {
  let tag = "";
  for (let at = element; at instanceof Element && tag === "";) {
    const near = at.closest("[lang]");
    tag = near?.getAttribute("lang") ?? "";
    // Continue outside the shadow tree.
    at = near === null ? at.getRootNode().host : near.parentElement;
  }
  const [language] = (tag === "" ? navigator.language : tag).toLowerCase().split(/[-_]/);
  return Object.hasOwn(TEXTS, language) ? language : "en";
}

/**
 * The locale for dates and numbers.
 *
 * @returns {string} the first of the browser's languages that is `language` with or without a region, else `language`
 */
export function localeOf(language) {
  return navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
}

/** @returns {string} a number with its noun in the right plural form */
export function countText(language, count, forms) {
  const form = new Intl.PluralRules(language).select(count);
  return `${count} ${forms[form] ?? forms.other}`;
}

/** @returns {string} the subject of a message, or a placeholder text without one */
export function subjectOf({ subject }, texts) {
  return subject === "" ? texts.noSubject : subject;
}
