import { readSync, writeSync } from 'node:fs';
import { BLOCK_BYTES } from '../core/record.ts';
import { AreaFile, type HeaderCheck } from './areaFile.ts';
import { type WriteResult, writeIoReport } from './ioReports.ts';
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
}

/**
 * Writes whose answer was sent but may not have been received: an answer can lie in the pipe while the keeper dies.
 * One keeper turn receives all that lies there, so a handful is enough.
 */
const MAX_RECENT_WRITES = 16;

const STDIN = 0;
const STDOUT = 1;

/**
 * The store-io child: takes one request after the other from stdin, carries it out with plain blocking calls and
 * answers on stdout. It may hang in the kernel for ever; it owns nothing that anybody would miss. When the keeper is
 * gone it finishes what it has, leaves a report of each write in /run, and returns.
 */
export function serveStoreIo(options: StoreIoOptions): void {
  const area = new AreaFile(options.areaPath, options.checkHeader, options.buffered);
  const header = Buffer.alloc(HEADER_BYTES);
  const payload = Buffer.alloc(MAX_BLOCKS * BLOCK_BYTES);
  const recent = new Map<number, WriteResult>();
  send({ kind: 'done', id: HELLO_ID, data: new Uint8Array(0) });
  while (readFully(header, HEADER_BYTES)) {
    const request = decodeRequestHeader(header);
    if (request.kind === 'quit') return;
    if (!readFully(payload, request.payloadBytes)) break;
    const reply = perform(area, request, payload);
    if (request.kind === 'write') remember(recent, reply);
    if (!send(reply)) break;
  }
  for (const [id, result] of recent) {
    writeIoReport(options.ioDir, { keeperPid: options.keeperPid, id, result });
  }
}

function perform(area: AreaFile, request: RequestHeader, payload: Buffer): StoreReply {
  try {
    if (request.kind === 'read') {
      return { kind: 'done', id: request.id, data: area.read(request.block, request.blocks) };
    }
    area.write(request.block, payload.subarray(0, request.payloadBytes));
    return { kind: 'done', id: request.id, data: new Uint8Array(0) };
  } catch (error) {
    return { kind: 'failed', id: request.id, error: describe(error) };
  }
}

function describe(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MAX_ERROR_CHARS);
}

function remember(recent: Map<number, WriteResult>, reply: StoreReply): void {
  recent.set(reply.id, reply.kind === 'done' ? { kind: 'written' } : { kind: 'failed', error: reply.error });
  if (recent.size <= MAX_RECENT_WRITES) return;
  for (const oldest of recent.keys()) {
    recent.delete(oldest);
    return;
  }
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
