/** The messages of accounts that are about a service: of going live, and of reply-to addresses. */
export const OWN_SERVICE_MESSAGES = {
  "go-live-asked": {
    number: 21,
    channel: "email",
    texts: {
      en: {
        subject: "A service asks to go live on Hark",
        body: "The team of the service ((service)) asks to go live. The request waits for an " +
          "operator’s answer.\n\n((link))",
      },
      uk: {
        subject: "Сервіс у Hark просить перевести його в робочий режим",
        body: "Команда сервісу ((service)) просить перевести його в робочий режим. Запит чекає " +
          "на відповідь оператора.\n\n((link))",
      },
    },
  },
  "go-live-approved": {
    number: 22,
    channel: "email",
    texts: {
      en: {
        subject: "Your service on Hark is live",
        body: "The service ((service)) is live: it can send to everybody, with a live key.\n\n" +
          "((reason))\n\n((link))",
      },
      uk: {
        subject: "Ваш сервіс у Hark переведено в робочий режим",
        body: "Сервіс ((service)) у робочому режимі: він може надсилати повідомлення всім, з " +
          "робочим ключем.\n\n((reason))\n\n((link))",
      },
    },
  },
  "go-live-refused": {
    number: 23,
    channel: "email",
    texts: {
      en: {
        subject: "Your service on Hark does not go live yet",
        body: "The service ((service)) stays in trial mode. The operator’s reason:\n\n" +
          "((reason))\n\nYou can change what is missing and ask again.\n\n((link))",
      },
      uk: {
        subject: "Ваш сервіс у Hark поки лишається в тестовому режимі",
        body: "Сервіс ((service)) лишається в тестовому режимі. Причина оператора:\n\n" +
          "((reason))\n\nВи можете виправити те, чого бракує, і попросити знову.\n\n((link))",
      },
    },
  },
  "reply-to-proof": {
    number: 24,
    channel: "email",
    texts: {
      en: {
        subject: "Confirm this address for replies",
        body: "The service ((service)) wants replies to its emails to come to this address. Open " +
          "this page to allow it:\n\n((link))\n\nThe link works once and for one day. If you do " +
          "not know the service, do nothing.",
      },
      uk: {
        subject: "Підтвердьте цю адресу для відповідей",
        body: "Сервіс ((service)) хоче, щоб відповіді на його листи надходили на цю адресу. " +
          "Відкрийте цю сторінку, щоб дозволити це:\n\n((link))\n\nПосилання діє один раз і один " +
          "день. Якщо ви не знаєте цього сервісу, нічого не робіть.",
      },
    },
  },
} as const;
