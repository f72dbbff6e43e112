import { createPlural, type PluralForms } from "./plural.ts";
import type { Texts } from "./texts.ts";

const plural = (forms: PluralForms) => createPlural("uk", forms);

/** The Ukrainian texts about what text messages cost. */
export const UK_PRICES: Pick<Texts, "prices"> = {
  prices: {
    cost: "Вартість",
    none: "Ціни не задано, тож показано лише кількість повідомлень.",
    howToSet: "Щоб бачити вартість, задайте SMS_PRICES у налаштуваннях розгортання.",
    noPriceFor: (country) => `${country}: ціни не задано`,
    otherCountries: "Скільки коштує до інших країн",
    everyOther: "Кожна інша країна",
    anyCountry: "Номер без країни",
    country: "Країна",
    fragments: "Частин",
    messages: "Повідомлень",
    each: "Кожне",
    together: "Разом",
    unknown: "немає ціни",
    fromTo: (least, most) => `від ${least} до ${most} за кожне`,
    eachOf: (amount) => `${amount} за кожне`,
    withoutPrice: plural({
      one: "Сюди не входить {n} повідомлення до країни, для якої немає ціни.",
      few: "Сюди не входять {n} повідомлення до країн, для яких немає ціни.",
      many: "Сюди не входять {n} повідомлень до країн, для яких немає ціни.",
      other: "Сюди не входить {n} повідомлення до країн, для яких немає ціни.",
    }),
    moreGroups: plural({
      one: "і ще {n}",
      few: "і ще {n}",
      many: "і ще {n}",
      other: "і ще {n}",
    }),
    atPrices: "за сьогоднішніми цінами",
  },
};
