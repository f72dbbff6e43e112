/** Writes what the bench measured into its document, between markers. */

/** A generated part of the document. */
export interface Section {
  /** The name in its markers: `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`. */
  readonly name: string;
  /** Markdown. */
  readonly text: string;
}

/** A drawing beside the document. */
export interface DrawnPlot {
  readonly file: string;
  readonly svg: string;
}

/** What a part of the bench reports. */
export interface Report {
  readonly sections: readonly Section[];
  readonly plots: readonly DrawnPlot[];
}

/** Replaces what stands between the markers of each section. @throws when a section has no markers */
export function replaceSections(document: string, sections: readonly Section[]): string {
  return sections.reduce((text, { name, text: body }) => {
    const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end, from);
    if (from === -1 || to === -1) throw new Error(`no markers of ${name}`);
    return `${text.slice(0, from + begin.length)}\n\n${body.trim()}\n\n${text.slice(to)}`;
  }, document);
}

const DOCS = new URL("../../../docs/", import.meta.url);

/** Writes the sections and the plots, formatted as `deno fmt` wants them. */
export async function writeReport(reports: readonly Report[]): Promise<void> {
  const sections = reports.flatMap((report) => report.sections);
  const plots = reports.flatMap((report) => report.plots);
  const page = new URL("performance.md", DOCS);
  await Deno.writeTextFile(page, replaceSections(await Deno.readTextFile(page), sections));
  await Deno.mkdir(new URL("performance/", DOCS), { recursive: true });
  for (const { file, svg } of plots) {
    await Deno.writeTextFile(new URL(`performance/${file}`, DOCS), svg);
  }
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", page.pathname, new URL("performance/", DOCS).pathname],
  }).output();
  if (!success) throw new Error("deno fmt failed on what the bench has written");
}
