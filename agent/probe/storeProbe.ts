import { lstatSync, statfsSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { formatArea, inspectArea } from './areaProbe.ts';
import { DirectFile, isProof, PROBE_BLOCK_BYTES, PROOF_BLOCKS, PROOF_MARK } from './directFile.ts';
import { readRequest, StoreProbeRequest } from './probeInput.ts';
import { syncFolder } from './syncFolder.ts';

/**
 * `agent.cjs store-probe`: what the console needs done on a store by a process of the host, with direct I/O. Answers one
 * JSON line: `{"ok": true, ...}` or `{"ok": false, "errno": "EINVAL", "message": "..."}`; exit status 0 for both.
 */
export function runStoreProbe(_argv: readonly string[]): Promise<number> {
  return storeProbe(process.stdin, (line) => void process.stdout.write(line));
}

export async function storeProbe(
  input: AsyncIterable<Uint8Array>,
  print: (line: string) => void,
): Promise<number> {
  try {
    const request = StoreProbeRequest.parse(await readRequest(input));
    print(`${JSON.stringify({ ok: true, ...answer(request) })}\n`);
  } catch (fault) {
    const errno = fault instanceof Error && 'code' in fault ? String(fault.code) : null;
    const message = fault instanceof Error ? fault.message : String(fault);
    print(`${JSON.stringify({ ok: false, errno, message: message.slice(0, 1000) })}\n`);
  }
  return 0;
}

function answer(request: StoreProbeRequest): Record<string, unknown> {
  switch (request.action) {
    case 'place':
      return place(request.path, request.nonce, request.create);
    case 'look':
      return look(request.path, request.warm);
    case 'latency':
      return latency(request.path, request.writes, request.limitMs);
    case 'remove':
      return remove(request.path);
    case 'wipe':
      return wipe(request.path);
    case 'inspect':
      return { area: inspectArea(request.path) };
    case 'format':
      return formatArea(request.path, request.header, request.config);
  }
}

function place(path: string, nonce: string, create: boolean): Record<string, unknown> {
  const block = Buffer.alloc(PROBE_BLOCK_BYTES);
  block.write(`${PROOF_MARK}${nonce}\n`);
  const file = new DirectFile(path, create ? 'create' : 'write');
  try {
    file.write(0, block);
  } finally {
    file.close();
  }
  if (create) syncFolder(dirname(path));
  return { fileSystemType: statfsSync(dirname(path)).type };
}

function look(path: string, warm: boolean): Record<string, unknown> {
  let found: string | null;
  try {
    found = nonceIn(path, 'direct');
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'ENOENT')
      return { nonce: null, absent: true };
    throw fault;
  }
  if (warm) nonceIn(path, 'buffered');
  return { nonce: found, absent: false };
}

function nonceIn(path: string, caching: 'direct' | 'buffered'): string | null {
  const file = new DirectFile(path, 'read', caching);
  try {
    const text = file.read(0, PROBE_BLOCK_BYTES).toString('latin1');
    if (!text.startsWith(PROOF_MARK)) return null;
    return /^[0-9a-f]{32}/.exec(text.slice(PROOF_MARK.length))?.[0] ?? null;
  } finally {
    file.close();
  }
}

/**
 * Bounded by the number of writes and by the time limit, whichever comes first; at least one write is made. On a file
 * system a file of its own is made and removed; a device must be blank there, and is zero again afterwards.
 */
function latency(path: string, writes: number, limitMs: number): Record<string, unknown> {
  const onDevice = path.startsWith('/dev/');
  const file = new DirectFile(path, onDevice ? 'write' : 'create');
  try {
    if (!onDevice) return { timesMs: timeWrites(file, writes, limitMs) };
    if (!isUnused(file.read(0, PROOF_BLOCKS * PROBE_BLOCK_BYTES))) throw new Error(`${path} is not blank`);
    const timesMs = timeWrites(file, writes, limitMs);
    file.write(0, new Uint8Array(PROOF_BLOCKS * PROBE_BLOCK_BYTES));
    return { timesMs };
  } finally {
    file.close();
    if (!onDevice) unlinkSync(path);
  }
}

/** Zero, or left behind by a probe that was cut off. */
function isUnused(data: Buffer): boolean {
  const zero = Buffer.alloc(PROBE_BLOCK_BYTES);
  for (let at = 0; at < data.length; at += PROBE_BLOCK_BYTES) {
    const block = data.subarray(at, at + PROBE_BLOCK_BYTES);
    if (!block.equals(zero) && !isProof(block)) return false;
  }
  return true;
}

function timeWrites(file: DirectFile, writes: number, limitMs: number): readonly number[] {
  const timesMs: number[] = [];
  const block = Buffer.alloc(PROBE_BLOCK_BYTES);
  block.write(PROOF_MARK);
  const begunMs = performance.now();
  for (let index = 0; index < writes; index += 1) {
    block.writeUInt32BE(index, PROBE_BLOCK_BYTES - 4);
    const startedMs = performance.now();
    file.write((index % PROOF_BLOCKS) * PROBE_BLOCK_BYTES, block);
    timesMs.push(Math.round((performance.now() - startedMs) * 1000) / 1000);
    if (performance.now() - begunMs > limitMs) break;
  }
  return timesMs;
}

function wipe(path: string): Record<string, unknown> {
  const file = new DirectFile(path, 'write');
  try {
    const data = Buffer.from(file.read(0, PROOF_BLOCKS * PROBE_BLOCK_BYTES));
    if (!isProof(data) || !isUnused(data)) return { wiped: false };
    file.write(0, new Uint8Array(PROOF_BLOCKS * PROBE_BLOCK_BYTES));
  } finally {
    file.close();
  }
  return { wiped: true };
}

function remove(path: string): Record<string, unknown> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return { removed: false };
  if (!stat.isFile()) throw new Error(`${path} is not a plain file`);
  unlinkSync(path);
  return { removed: true };
}
