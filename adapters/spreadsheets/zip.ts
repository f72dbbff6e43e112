/**
 * The parts of a ZIP file, inflated one at a time and with care: what a file says of its sizes is not believed.
 *
 * Source: APPNOTE.TXT 6.3 of PKWARE, sections 4.3.7, 4.3.12, 4.3.16, 4.5.3.
 */
import { SheetError } from "./sheet_error.ts";

/** What a ZIP file may hold. */
export interface ZipLimits {
  readonly entries: number;
  /** Bytes of one part when it is inflated. */
  readonly entryBytes: number;
  /** Bytes of all parts that are read when they are inflated. */
  readonly totalBytes: number;
  /** How many times larger than its packed form a part may be, once it is larger than `ratioFromBytes`. */
  readonly ratio: number;
  /** Small parts may be packed as tightly as they like. */
  readonly ratioFromBytes: number;
}

/** Spreadsheets have some dozens of parts; XML of 100,000 rows of ten cells is 50 to 120 MB, packed to a tenth or less. */
export const ZIP_LIMITS: ZipLimits = {
  entries: 1_000,
  entryBytes: 256_000_000,
  totalBytes: 300_000_000,
  ratio: 200,
  ratioFromBytes: 5_000_000,
};

/** A part of a file. */
interface ZipEntry {
  readonly method: number;
  readonly encrypted: boolean;
  readonly packedSize: number;
  /** Where its local header stands. */
  readonly offset: number;
}

/** A ZIP file in memory. */
export interface Zip {
  has(name: string): boolean;
  /**
   * Inflates a part.
   *
   * @throws SheetError when it is damaged, absent, encrypted or beyond the limits
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
const STORED_PIECE = 65_536;

const damaged = () => new SheetError({ kind: "damaged" });

function findEnd(view: DataView): number {
  const last = view.byteLength - END_LENGTH;
  for (let at = last; at >= 0 && at >= last - MAX_COMMENT; at--) {
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  }
  throw damaged();
}

/** The sizes that are too long for their fields, or that a writer put here without need: plain, packed, offset. */
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
  const nameEnd = at + CENTRAL_LENGTH + view.getUint16(at + 28, true);
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
  // In the order in which zip64 lists them; the plain size comes first and is not believed.
  size(at + 24);
  const packedSize = size(at + 20);
  const offset = size(at + 42);
  const encrypted = (view.getUint16(at + 8, true) & 1) !== 0;
  const method = view.getUint16(at + 10, true);
  const next = extraEnd + view.getUint16(at + 32, true);
  return { name, entry: { method, encrypted, packedSize, offset }, next };
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
  return entries;
}

function packedBytes(
  bytes: Uint8Array<ArrayBuffer>,
  view: DataView,
  { offset, packedSize }: ZipEntry,
): Uint8Array<ArrayBuffer> {
  if (view.getUint32(offset, true) !== LOCAL_SIGNATURE) throw damaged();
  const start = offset + LOCAL_LENGTH + view.getUint16(offset + 26, true) +
    view.getUint16(offset + 28, true);
  if (start + packedSize > bytes.length) throw damaged();
  return bytes.subarray(start, start + packedSize);
}

async function* inflate(packed: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let at = 0;
  // Without a copy of what is packed, as a Blob would be.
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (at >= packed.length) return controller.close();
      controller.enqueue(packed.subarray(at, at + STORED_PIECE));
      at += STORED_PIECE;
    },
  }, { highWaterMark: 0 });
  const inflated = source.pipeThrough(new DecompressionStream("deflate-raw"));
  try {
    for await (const piece of inflated) yield piece;
  } catch {
    throw damaged();
  }
}

async function* pieces(packed: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < packed.length; at += STORED_PIECE) {
    yield await Promise.resolve(packed.subarray(at, at + STORED_PIECE));
  }
}

/** Reads outside the file are RangeErrors of the view, and mean no more than that the file is damaged. */
function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof RangeError ? damaged() : error;
  }
}

/**
 * Reads the directory of a ZIP file.
 *
 * @throws SheetError when it has none, or too many parts
 */
export function readZip(bytes: Uint8Array<ArrayBuffer>, limits: ZipLimits = ZIP_LIMITS): Zip {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = guarded(() => readDirectory(bytes, view, limits.entries));
  let total = 0;
  return {
    has: (name) => entries.has(name),
    async *open(name, signal) {
      const entry = entries.get(name);
      if (entry === undefined) throw damaged();
      if (entry.encrypted) throw new SheetError({ kind: "password" });
      const packed = guarded(() => packedBytes(bytes, view, entry));
      if (entry.method !== STORED && entry.method !== DEFLATED) throw damaged();
      let size = 0;
      for await (const piece of entry.method === STORED ? pieces(packed) : inflate(packed)) {
        signal.throwIfAborted();
        size += piece.length;
        total += piece.length;
        const tight = size > limits.ratioFromBytes && size > packed.length * limits.ratio;
        if (tight || size > limits.entryBytes || total > limits.totalBytes) {
          throw new SheetError({ kind: "inflates_too_much" });
        }
        yield piece;
      }
    },
  };
}
