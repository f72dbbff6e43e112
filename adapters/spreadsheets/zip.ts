/**
 * Reads ZIP files with protection against decompression bombs. The uncompressed sizes that a file declares are not
 * trusted.
 *
 * Source: APPNOTE.TXT 6.3 of PKWARE, sections 4.3.7, 4.3.12, 4.3.16, 4.5.3.
 */
import { SheetError } from "./sheet_error.ts";

/** The limits of a ZIP file. A file over one of them is refused. */
export interface ZipLimits {
  readonly entries: number;
  /** Uncompressed bytes of one entry. */
  readonly entryBytes: number;
  /** Uncompressed bytes of all entries that are read, together. */
  readonly totalBytes: number;
  /**
   * The largest ratio of uncompressed to compressed size of an entry with more than `ratioFromBytes` uncompressed
   * bytes.
   */
  readonly ratio: number;
  /** Up to so many uncompressed bytes, an entry may have any ratio. */
  readonly ratioFromBytes: number;
}

/**
 * The default limits. A spreadsheet has dozens of entries. 100,000 rows of ten cells are 50 to 120 MB of XML, and at
 * most a tenth of that when compressed.
 */
export const ZIP_LIMITS: ZipLimits = {
  entries: 1_000,
  entryBytes: 256_000_000,
  totalBytes: 300_000_000,
  ratio: 200,
  ratioFromBytes: 5_000_000,
};

/** An entry of the central directory. */
interface ZipEntry {
  readonly method: number;
  readonly encrypted: boolean;
  readonly compressedSize: number;
  /** The offset of its local header. */
  readonly offset: number;
}

/** A ZIP file that is in memory, compressed. An entry's name is its path in the file. */
export interface Zip {
  has(name: string): boolean;
  /**
   * Yields the uncompressed bytes of an entry, in chunks of at most 64 kB.
   *
   * @throws {SheetError} when the entry is damaged, missing, encrypted or over a limit
   * @throws the signal's reason
   */
  open(name: string, signal: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

const END_SIGNATURE = 0x06054b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_LENGTH = 22;
const CENTRAL_LENGTH = 46;
const LOCAL_LENGTH = 30;
const MAX_COMMENT = 0xffff;
const STORED = 0;
const DEFLATED = 8;
const IN_ZIP64 = 0xffffffff;
const ZIP64_FIELD = 1;
/** The longest name of an entry, in bytes; a file with a longer one is refused as damaged. */
export const ZIP_MAX_NAME = 1_024;
/** The most bytes that are handed on at a time. */
const CHUNK_BYTES = 65_536;
/**
 * The most compressed bytes that are inflated at a time. They are inflated at once, to a thousand times as many at
 * most.
 */
const COMPRESSED_BYTES = 2_048;

const damaged = () => new SheetError({ kind: "damaged" });

function findEnd(view: DataView): number {
  const last = view.byteLength - END_LENGTH;
  for (let at = last; at >= 0 && at >= last - MAX_COMMENT; at--) {
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  }
  throw damaged();
}

/**
 * The zip64 field of an entry: uncompressed size, compressed size and offset, as far as they do not fit their own
 * fields.
 */
function readZip64(view: DataView, from: number, to: number): DataView | undefined {
  for (let at = from; at + 4 <= to;) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === ZIP64_FIELD && at + 4 + length <= to) {
      return new DataView(view.buffer, view.byteOffset + at + 4, length);
    }
    at += 4 + length;
  }
  return undefined;
}

interface Central {
  readonly name: string;
  readonly entry: ZipEntry;
  readonly next: number;
}

function readCentral(bytes: Uint8Array, view: DataView, at: number): Central {
  if (view.getUint32(at, true) !== CENTRAL_SIGNATURE) throw damaged();
  const nameLength = view.getUint16(at + 28, true);
  if (nameLength > ZIP_MAX_NAME) throw damaged();
  const nameEnd = at + CENTRAL_LENGTH + nameLength;
  const extraEnd = nameEnd + view.getUint16(at + 30, true);
  const name = new TextDecoder().decode(bytes.subarray(at + CENTRAL_LENGTH, nameEnd));
  const zip64 = readZip64(view, nameEnd, extraEnd);
  let used = 0;
  const size = (field: number) => {
    const written = view.getUint32(field, true);
    if (written !== IN_ZIP64 || zip64 === undefined) return written;
    used += 8;
    return Number(zip64.getBigUint64(used - 8, true));
  };
  // Read in the order of the zip64 field. The uncompressed size comes first; it is skipped because it is not trusted.
  size(at + 24);
  const compressedSize = size(at + 20);
  const offset = size(at + 42);
  const encrypted = (view.getUint16(at + 8, true) & 1) !== 0;
  const method = view.getUint16(at + 10, true);
  const next = extraEnd + view.getUint16(at + 32, true);
  return { name, entry: { method, encrypted, compressedSize, offset }, next };
}

function readDirectory(
  bytes: Uint8Array,
  view: DataView,
  maxEntries: number,
): ReadonlyMap<string, ZipEntry> {
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  if (count > maxEntries) throw new SheetError({ kind: "too_many_entries", maxEntries });
  const entries = new Map<string, ZipEntry>();
  let at = view.getUint32(end + 16, true);
  for (let index = 0; index < count; index++) {
    const { name, entry, next } = readCentral(bytes, view, at);
    if (!entries.has(name)) entries.set(name, entry);
    at = next;
  }
  refuseOverlaps([...entries.values()]);
  return entries;
}

/** Refuses entries that share compressed bytes, which would be inflated once for each. */
function refuseOverlaps(entries: readonly ZipEntry[]): void {
  const sorted = entries.toSorted((a, b) => a.offset - b.offset);
  let end = 0;
  for (const { offset, compressedSize } of sorted) {
    if (offset < end) throw damaged();
    end = offset + LOCAL_LENGTH + compressedSize;
  }
}

function compressedBytes(
  bytes: Uint8Array<ArrayBuffer>,
  view: DataView,
  { offset, compressedSize }: ZipEntry,
): Uint8Array<ArrayBuffer> {
  if (view.getUint32(offset, true) !== LOCAL_SIGNATURE) throw damaged();
  const start = offset + LOCAL_LENGTH + view.getUint16(offset + 26, true) +
    view.getUint16(offset + 28, true);
  if (start + compressedSize > bytes.length) throw damaged();
  return bytes.subarray(start, start + compressedSize);
}

async function* inflate(
  compressed: Uint8Array<ArrayBuffer>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let at = 0;
  // A Blob would copy the compressed bytes.
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (at >= compressed.length) return controller.close();
      controller.enqueue(compressed.subarray(at, at + COMPRESSED_BYTES));
      at += COMPRESSED_BYTES;
    },
  }, { highWaterMark: 0 });
  const inflated = source.pipeThrough(new DecompressionStream("deflate-raw"));
  try {
    for await (const chunk of inflated) yield chunk;
  } catch {
    throw damaged();
  }
}

/** Cuts bytes into pieces that are parsed in a few milliseconds. */
function* cut(bytes: Uint8Array<ArrayBuffer>): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

/** Reports a read outside the file, which is a RangeError of the view, as a damaged file. */
function refuseOutOfRange<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof RangeError ? damaged() : error;
  }
}

/**
 * Reads the directory of a ZIP file. The entries are uncompressed only when they are opened. Of two entries with the
 * same name the first counts.
 *
 * @throws {SheetError} when the directory is missing or damaged, entries overlap, or there are too many
 */
export function readZip(bytes: Uint8Array<ArrayBuffer>, limits: ZipLimits = ZIP_LIMITS): Zip {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = refuseOutOfRange(() => readDirectory(bytes, view, limits.entries));
  let total = 0;
  return {
    has: (name) => entries.has(name),
    async *open(name, signal) {
      const entry = entries.get(name);
      if (entry === undefined) throw damaged();
      if (entry.encrypted) throw new SheetError({ kind: "password" });
      const compressed = refuseOutOfRange(() => compressedBytes(bytes, view, entry));
      if (entry.method !== STORED && entry.method !== DEFLATED) throw damaged();
      let size = 0;
      const isOver = (inflated: number) =>
        inflated > limits.ratioFromBytes && inflated > compressed.length * limits.ratio;
      for await (const whole of entry.method === STORED ? [compressed] : inflate(compressed)) {
        for (const chunk of cut(whole)) {
          signal.throwIfAborted();
          size += chunk.length;
          total += chunk.length;
          if (isOver(size) || size > limits.entryBytes || total > limits.totalBytes) {
            throw new SheetError({ kind: "inflates_too_much" });
          }
          yield chunk;
        }
      }
    },
  };
}
