import { createPlural, type PluralForms } from "./plural.ts";

const plural = (forms: PluralForms) => createPlural("uk", forms);

/** The Ukrainian texts of the overview's counts, of lists, replies and suppressed recipients. */
export const UK_OUTCOMES = {
  chart: {
    delivered: "Доставлено",
    other: "У дорозі чи надіслано",
    failed: "Невдача",
    asTable: "Те саме таблицею",
    day: "День",
  },
  jobStatuses: {
    pending: "Починається",
    scheduled: "Заплановано",
    "ready to send": "Чекає на старт",
    "in progress": "Надсилається",
    finished: "Усе передано",
    cancelled: "Скасовано",
    "sending limits exceeded": "Перевищено ліміт",
    error: "Зупинено через збій",
  },
  outcomes: {
    totals: "Повідомлення",
    period: "Період",
    today: "Сьогодні",
    days: plural({
      one: "Останній {n} день",
      few: "Останні {n} дні",
      many: "Останні {n} днів",
      other: "Останні {n} дня",
    }),
    sent: "Надіслано",
    delivered: "Доставлено",
    failed: "Невдача",
    scheduled: (n: string) => `Чекає на пізніший час: ${n}`,
    utc: "Дні рахуються за UTC.",
    tooMany: "Підрахунків забагато, щоб скласти їх за весь час. Вони є в статистиці API.",
    byDay: "Повідомлення за днями",
    why: "Чому повідомлення не доставлено за останні 30 днів",
    reason: "Причина",
    whatToDo: "Що робити",
    number: "Повідомлень",
    running: "Списки, що надсилаються",
    progress: (accepted: string, rows: string) => `${accepted} з ${rows}`,
    templates: "Шаблони за останні 7 днів",
    replies: (n: string) => `Відповідей за останні 7 днів: ${n}`,
    used: (used: string, limit: string) => `використано ${used} з ${limit} на сьогодні.`,
    limits: {
      sms: "СМС",
      international_sms: "СМС в інші країни",
      email: "Листи",
      inbox: "Повідомлення у скриньку",
      diia: "Повідомлення в Дію",
    },
  },
} as const;
