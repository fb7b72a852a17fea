import { readSync, writeSync } from 'node:fs';
import { BLOCK_BYTES } from '../core/record.ts';
import { AreaFile, type HeaderCheck } from './areaFile.ts';
import { IoNoteWriter } from './ioNotes.ts';
import type { ProcessId } from './procfs.ts';
import {
  decodeRequestHeader,
  encodeReply,
  HEADER_BYTES,
  HELLO_ID,
  MAX_BLOCKS,
  MAX_ERROR_CHARS,
  type RequestHeader,
  type StoreReply,
} from './storeFrames.ts';

export interface StoreIoOptions {
  readonly areaPath: string;
  readonly buffered: boolean;
  readonly checkHeader: HeaderCheck;
  readonly ioDir: string;
  readonly keeperPid: number;
  readonly self: ProcessId;
}

const STDIN = 0;
const STDOUT = 1;

/**
 * The store-io child: takes one request after the other from stdin, carries it out with plain blocking calls and
 * answers on stdout. It may hang in the kernel for ever; it owns nothing that anybody would miss. When the keeper is
 * gone it finishes what it has and returns; its note in /run tells the next keeper how that went.
 */
export function serveStoreIo(options: StoreIoOptions): void {
  const area = new AreaFile(options.areaPath, options.checkHeader, options.buffered);
  const notes = new IoNoteWriter(options.ioDir, options.keeperPid, options.self);
  const header = Buffer.alloc(HEADER_BYTES);
  const payload = Buffer.alloc(MAX_BLOCKS * BLOCK_BYTES);
  send({ kind: 'done', id: HELLO_ID, data: new Uint8Array(0) });
  while (readFully(header, HEADER_BYTES)) {
    const request = decodeRequestHeader(header);
    if (request.kind === 'quit') {
      notes.remove();
      return;
    }
    if (!readFully(payload, request.payloadBytes)) return;
    const reply = perform(area, notes, request, payload);
    if (!send(reply)) return;
  }
}

function perform(area: AreaFile, notes: IoNoteWriter, request: RequestHeader, payload: Buffer): StoreReply {
  try {
    if (request.kind === 'read') {
      notes.note({ kind: 'reading' });
      const data = area.read(request.block, request.blocks);
      notes.note({ kind: 'idle' });
      return { kind: 'done', id: request.id, data };
    }
    notes.note({ kind: 'writing', id: request.id });
    area.write(request.block, payload.subarray(0, request.payloadBytes));
    notes.note({ kind: 'written', id: request.id });
    return { kind: 'done', id: request.id, data: new Uint8Array(0) };
  } catch (error) {
    notes.note(request.kind === 'write' ? { kind: 'failed', id: request.id } : { kind: 'idle' });
    return { kind: 'failed', id: request.id, error: describe(error) };
  }
}

function describe(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MAX_ERROR_CHARS);
}

/** False at the end of the stream: the keeper is gone. */
function readFully(into: Buffer, bytes: number): boolean {
  let got = 0;
  while (got < bytes) {
    const more = readSync(STDIN, into, got, bytes - got, null);
    if (more === 0) return false;
    got += more;
  }
  return true;
}

/** False when nobody reads any more. */
function send(reply: StoreReply): boolean {
  const frame = encodeReply(reply);
  try {
    for (let sent = 0; sent < frame.byteLength; ) sent += writeSync(STDOUT, frame, sent);
    return true;
  } catch {
    return false;
  }
}
