import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

/** Every page of documentation, by its path below the root. */
function pages(): readonly string[] {
  const inFolder = (folder: string) =>
    [...Deno.readDirSync(new URL(folder, ROOT))].flatMap((entry): readonly string[] => {
      if (entry.isDirectory) return inFolder(`${folder}${entry.name}/`);
      return entry.name.endsWith(".md") ? [`${folder}${entry.name}`] : [];
    });
  return ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", ...inFolder("docs/")];
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchors(text: string): ReadonlySet<string> {
  const headings = text.split("\n").filter((line) => /^#+ /.test(line));
  return new Set(
    headings.map((line) =>
      line.replace(/^#+ /, "").toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
    ),
  );
}

Deno.test("documentation: every relative link leads to a file, and to a heading of it", () => {
  for (const page of pages()) {
    const text = Deno.readTextFileSync(new URL(page, ROOT));
    for (const [, link = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? new URL(page, ROOT) : new URL(path, new URL(page, ROOT));
      const stat = Deno.statSync(target);
      if (anchor === undefined) continue;
      assert.ok(stat.isFile, `${page}: ${link} is not a file`);
      const headings = anchors(Deno.readTextFileSync(target));
      assert.ok(headings.has(anchor), `${page}: ${link} names no heading`);
    }
  }
});

Deno.test("documentation: every path of the source that is named exists", () => {
  const PATH = /`((?:adapters|application|domain|routes|runtime|tests|docs)\/[\w./-]+)`/g;
  for (const page of pages().filter((name) => name !== "CHANGELOG.md")) {
    const text = Deno.readTextFileSync(new URL(page, ROOT));
    for (const [, path = ""] of text.matchAll(PATH)) {
      assert.doesNotThrow(() => Deno.statSync(new URL(path, ROOT)), `${page}: ${path} is missing`);
    }
  }
});

Deno.test("documentation: no page has the marks of a merge that was not resolved", () => {
  for (const page of pages()) {
    const text = Deno.readTextFileSync(new URL(page, ROOT));
    assert.doesNotMatch(text, /<{7} |={7}(?:\s|$)|>{7} /, page);
  }
});
