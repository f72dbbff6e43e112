/** What every route is sent: the longest, deepest and most numerous values at each place of its requests, and breaks. */
import { parseJson } from "../../domain/json/parse_json.ts";
import { pathsOf, putJsonText } from "../fuzz/json_paths.ts";
import { type FuzzRequest, ODD_DELIVERIES } from "../fuzz/request.ts";

/** A valid request of a route, made hostile in one way. */
export interface RouteCase {
  readonly name: string;
  readonly request: FuzzRequest;
}

/** JSON texts that stand in place of each value of a body. */
const VALUES: Readonly<Record<string, string>> = {
  "a text of 100 kB": JSON.stringify("a".repeat(100_000)),
  "100 kB of escapes": `"${"\\u0000".repeat(17_000)}"`,
  "20,000 unpaired surrogates": `"${"\\ud800".repeat(20_000)}"`,
  "a number of 100,000 digits": "9".repeat(100_000),
  "20,000 nested lists": "[".repeat(20_000) + "]".repeat(20_000),
  "5,000 nested objects": '{"a":'.repeat(5_000) + "1" + "}".repeat(5_000),
  "a list of 20,000": `[${"1,".repeat(19_999)}1]`,
  "an object of 5,000 keys": `{${
    Array.from({ length: 5_000 }, (_, at) => `"k${at}":${at}`).join(",")
  }}`,
};

/** Whole bodies. */
const BODIES: Readonly<Record<string, string>> = {
  "5 MB of blanks": " ".repeat(5_000_000),
  "2 MB of nested lists": "[".repeat(2_000_000),
  "a list of a million zeros": `[${"0,".repeat(999_999)}0]`,
};

const LONG = "a".repeat(3_000);

const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ["Idempotency-Key", LONG],
  ["Accept-Language", "uk-UA;q=0.9,".repeat(250)],
  ["Accept", "text/html;q=0.1,".repeat(200)],
  ["If-None-Match", '"a",'.repeat(700)],
  ["Last-Event-ID", "9".repeat(3_000)],
  ["Content-Type", `multipart/form-data; boundary=${"b".repeat(1_000)}`],
  ["X-Forwarded-For", "1.2.3.4, ".repeat(300)],
  ["X-Access-Token", `${LONG}.${LONG}.${LONG}`],
  ["Authorization", `Bearer ${LONG}.${LONG}.${LONG}`],
  ["Cookie", "a=b; ".repeat(600)],
];

const ENCODER = new TextEncoder();

/** The cases of one route. @param valid a valid request of it */
export function casesOfRoute(valid: FuzzRequest): readonly RouteCase[] {
  return [
    ...ODD_DELIVERIES.map((delivery) => ({ name: delivery, request: { ...valid, delivery } })),
    ...casesOfBody(valid),
    ...casesOfTarget(valid),
    ...HEADERS.map(([name, value]) => ({
      name: `${name} of ${value.length} characters`,
      request: {
        ...valid,
        headers: [
          ...valid.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase()),
          [name, value] as const,
        ],
      },
    })),
  ];
}

/** Every value stands at some place, and every place has some value: all pairs would take minutes. */
function casesOfBody(valid: FuzzRequest): readonly RouteCase[] {
  if (valid.body.length === 0) return [];
  const whole = Object.entries(BODIES).map(([name, text]) => ({
    name,
    request: { ...valid, body: ENCODER.encode(text) },
  }));
  const json = parseJson(new TextDecoder().decode(valid.body));
  if (json === undefined) return whole;
  const paths = firstOfEachField(json);
  const values = Object.entries(VALUES);
  const placed = Array.from({ length: Math.max(paths.length, values.length) }, (_, at) => {
    const path = paths[at % paths.length] ?? [];
    const [name, text] = values[at % values.length] ?? ["nothing", ""];
    return {
      name: `${name} at ${path.join(".")}`,
      request: { ...valid, body: ENCODER.encode(putJsonText(json, path, text)) },
    };
  });
  return [...whole, ...placed];
}

/** The paths of all values, without repetitions among the items of a list. */
function firstOfEachField(json: unknown) {
  return pathsOf(json).filter((path) => path.every((key) => typeof key === "string" || key === 0));
}

function casesOfTarget(valid: FuzzRequest): readonly RouteCase[] {
  const [path = "", query = ""] = valid.target.split("?", 2);
  const segments = path.split("/");
  const inPath = segments.flatMap((_, at) =>
    at === 0
      ? []
      : [LONG, "%00", "%F0%9F%98%80".repeat(200), ".%2e", "%2f".repeat(500)].map((odd) => ({
        name: `${odd.slice(0, 10)}… in segment ${at}`,
        request: { ...valid, target: segments.with(at, odd).join("/") },
      }))
  );
  const names = query.split("&").flatMap((parameter) => parameter.split("=", 1));
  const inQuery = [...names, "page", "older_than", "limit"].filter(Boolean).flatMap((name) => [
    { name: `a long ${name}`, request: { ...valid, target: `${path}?${name}=${LONG}` } },
    {
      name: `${name} 500 times`,
      request: { ...valid, target: `${path}?${`${name}=1&`.repeat(500)}` },
    },
  ]);
  return [...inPath, ...inQuery];
}
