import assert from "node:assert/strict";
import { errorValueMessage, findErrorValue } from "../../../domain/csv/error_values.ts";

const ERRORS = [
  ..."#REF! #N/A #VALUE! #DIV/0! #NAME? #NULL! #NUM!".split(" "),
  ..."#SPILL! #CALC! #GETTING_DATA #FIELD! #BLOCKED! #CONNECT! #UNKNOWN! #BUSY! #EXTERNAL! #PYTHON!"
    .split(" "),
  ..."#ERROR! Err:502 Err:508 Err:522 Fehler:502 Ош:502 Помилка:508".split(" "),
  ..."#NV #BEZUG! #WERT! #ZAHL! #VALEUR! #NOM? #¡DIV/0! #¿NOMBRE? #Н/Д #ССЫЛКА! #ЗНАЧ! #ДЕЛ/0! #ИМЯ? #ЧИСЛО! #ДІЛ/0!"
    .split(" "),
  "#ІМ'Я?",
  "#n/a",
  "#ref!",
  " #REF!\t",
];

for (const text of ERRORS) {
  Deno.test(`findErrorValue: finds the error value ${JSON.stringify(text)}`, () => {
    assert.equal(findErrorValue(text), "formula");
  });
}

const VALUES = [
  "",
  "N/A",
  "#",
  "##",
  "#1",
  "#12!",
  "# 5",
  "#hashtag",
  "#Hashtag!",
  "#REF! and more",
  "Dear #REF!",
  "C#",
  "#1 High Street",
  "Err:",
  "Err:502 Main Street",
  "10:30",
  "#SHOUTED WORDS!",
  `#${"A".repeat(23)}!`,
];

for (const text of VALUES) {
  Deno.test(`findErrorValue: takes ${JSON.stringify(text)} for a value`, () => {
    assert.equal(findErrorValue(text), undefined);
  });
}

Deno.test("findErrorValue: finds a number that its column is too narrow for", () => {
  assert.equal(findErrorValue("###"), "narrow");
  assert.equal(findErrorValue("########"), "narrow");
  assert.match(errorValueMessage("########", "narrow"), /make the column wider/);
});

Deno.test("errorValueMessage: quotes the errors of Excel and LibreOffice only, and says what to do", () => {
  assert.equal(
    errorValueMessage("#REF!", "formula"),
    "The spreadsheet shows the error ‘#REF!’ here – correct the formula, or type the value in its place",
  );
  assert.match(errorValueMessage("Err:502", "formula"), /‘Err:502’/);
  assert(!errorValueMessage("#SMITH!", "formula").includes("SMITH"));
});
