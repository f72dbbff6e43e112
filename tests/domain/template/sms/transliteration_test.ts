import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { measureSms, renderSms } from "../../../../domain/template/sms/sms.ts";
import { parseTemplate } from "../../../../domain/template/parse_template.ts";
import { transliterateUkrainian } from "../../../../domain/template/sms/transliteration.ts";

/** The examples of the resolution's table, letter by letter, and those of its note on зг. */
const OFFICIAL = `
Алушта Alushta, Андрій Andrii, Борщагівка Borshchahivka, Борисенко Borysenko, Вінниця Vinnytsia, Володимир Volodymyr,
Гадяч Hadiach, Богдан Bohdan, Згурський Zghurskyi, Ґалаґан Galagan, Ґорґани Gorgany, Донецьк Donetsk, Дмитро Dmytro,
Рівне Rivne, Олег Oleh, Есмань Esman, Єнакієве Yenakiieve, Гаєвич Haievych, Короп'є Koropie, Житомир Zhytomyr,
Жанна Zhanna, Жежелів Zhezheliv, Закарпаття Zakarpattia, Казимирчук Kazymyrchuk, Медвин Medvyn, Михайленко Mykhailenko,
Іванків Ivankiv, Іващенко Ivashchenko, Їжакевич Yizhakevych, Кадиївка Kadyivka, Мар'їне Marine, Йосипівка Yosypivka,
Стрий Stryi, Олексій Oleksii, Київ Kyiv, Коваленко Kovalenko, Лебедин Lebedyn, Леонід Leonid, Миколаїв Mykolaiv,
Маринич Marynych, Ніжин Nizhyn, Наталія Nataliia, Одеса Odesa, Онищенко Onyshchenko, Полтава Poltava, Петро Petro,
Решетилівка Reshetylivka, Рибчинський Rybchynskyi, Суми Sumy, Соломія Solomiia, Тернопіль Ternopil, Троць Trots,
Ужгород Uzhhorod, Уляна Uliana, Фастів Fastiv, Філіпчук Filipchuk, Харків Kharkiv, Христина Khrystyna, Біла Bila,
Церква Tserkva, Стеценко Stetsenko, Чернівці Chernivtsi, Шевченко Shevchenko, Шостка Shostka, Кишеньки Kyshenky,
Щербухи Shcherbukhy, Гоща Hoshcha, Гаращенко Harashchenko, Юрій Yurii, Корюківка Koriukivka, Яготин Yahotyn,
Ярошенко Yaroshenko, Костянтин Kostiantyn, Знам'янка Znamianka, Феодосія Feodosiia, Згорани Zghorany, Розгон Rozghon
`.split(",").map((pair) => pair.trim().split(" "));

Deno.test("transliterateUkrainian: writes the official examples", () => {
  for (const [ukrainian = "", latin = ""] of OFFICIAL) {
    assert.equal(transliterateUkrainian(ukrainian), latin);
    assert.equal(transliterateUkrainian(ukrainian.toLowerCase()), latin.toLowerCase());
    assert.equal(transliterateUkrainian(ukrainian.toUpperCase()), latin.toUpperCase());
    assert.equal(transliterateUkrainian(ukrainian.normalize("NFD")), latin);
  }
});

const CASES: readonly (readonly [string, string])[] = [
  ["Щастя ЩАСТЯ КУЩ Я", "Shchastia SHCHASTIA KUSHCH Ya"],
  ["пів'яблука П’ЯТЬ пʼять", "piviabluka PIAT piat"],
  ["Івано-Яківка, (є) 5є", "Ivano-Yakivka, (ye) 5ye"],
  ["за́мок Я́БЛУКО́ я́блуко", "zamok YABLUKO yabluko"],
  ["'юрта' x'є (Юрій)'", "'yurta' x'ie (Yurii)'"],
  ["«Дія» № 5 за 100 ₴", '"Diia" No 5 za 100 UAH'],
  ["O'Neill's ‘Ünï’ 'слово'", "O'Neill's ‘Ünï’ 'slovo'"],
  ["ЗГОДА Згода", "ZGHODA Zghoda"],
  ["ы э ё ъ", "ы э ё ъ"],
  ["Hello, it's 5 € 😀", "Hello, it's 5 € 😀"],
];
for (const [text, expected] of CASES) {
  Deno.test(`transliterateUkrainian: makes ${expected} of ${text}`, () => {
    assert.equal(transliterateUkrainian(text), expected);
  });
}

Deno.test("transliterateUkrainian: leaves no Ukrainian letter, and does nothing the second time", () => {
  const text = fc.array(
    fc.constantFrom(..."абвгґдеєжзиіїйклмнопрстуфхцчшщьюяАЄЇЙЮЯЩЬ'’ -a5\u0301"),
    {
      maxLength: 40,
    },
  ).map((characters) => characters.join(""));
  fc.assert(fc.property(text, (text) => {
    const once = transliterateUkrainian(text);
    assert.doesNotMatch(once, /[а-яґєії]/i);
    assert.equal(transliterateUkrainian(once), once);
  }));
});

const BODY =
  "Шановна ((name)), Ваш запис на ((date)) підтверджено. Адреса: м. Київ, вул. Хрещатик, 36. " +
  "Візьміть із собою паспорт і довідку «Ф-1». Щоб змінити час, зателефонуйте нам.";
const VALUES = { name: "Софіє", date: "1 січня" };
const sms = parseTemplate({ channel: "sms", subject: null, body: BODY });

Deno.test("renderSms transliterates where asked: the values too, and the prefix", () => {
  const options = { prefix: "Дія", encoding: "unicode" } as const;
  const cyrillic = measureSms(renderSms(sms, VALUES, options));
  const text = renderSms(sms, VALUES, { ...options, transliterate: true });
  assert.ok(text.startsWith("Diia: Shanovna Sofiie, Vash zapys na 1 sichnia pidtverdzheno."), text);
  const latin = measureSms(text);
  assert.deepEqual([cyrillic.encoding, cyrillic.fragments], ["ucs2", 3]);
  assert.deepEqual([latin.encoding, latin.fragments, latin.nonGsm], ["gsm7", 2, []]);
});

Deno.test("renderSms: transliterates before it downgrades", () => {
  const text = renderSms(sms, VALUES, {
    prefix: undefined,
    encoding: "downgrade",
    transliterate: true,
  });
  assert.doesNotMatch(text, /\?/);
});

Deno.test("renderSms: transliterates no address", () => {
  const template = parseTemplate({
    channel: "sms",
    subject: null,
    body: "Дія: https://e.com/шлях, так",
  });
  const options = { prefix: undefined, transliterate: true } as const;
  assert.equal(
    renderSms(template, {}, { ...options, encoding: "unicode" }),
    "Diia: https://e.com/шлях, tak",
  );
  assert.equal(
    renderSms(template, {}, { ...options, encoding: "downgrade" }),
    "Diia: https://e.com/%D1%88%D0%BB%D1%8F%D1%85, tak",
  );
});
