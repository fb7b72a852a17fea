import { lstatSync, statfsSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { formatArea, inspectArea } from './areaProbe.ts';
import { DirectFile, PROBE_BLOCK_BYTES, PROOF_MARK } from './directFile.ts';
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

/** Bounded by the number of writes and by the time limit, whichever comes first; at least one write is made. */
function latency(path: string, writes: number, limitMs: number): Record<string, unknown> {
  const file = new DirectFile(path, 'create');
  const timesMs: number[] = [];
  const block = Buffer.alloc(PROBE_BLOCK_BYTES);
  const begunMs = performance.now();
  try {
    for (let index = 0; index < writes; index += 1) {
      block.writeUInt32BE(index, 0);
      const startedMs = performance.now();
      // Overwriting the same few blocks is what a lease does; the first round also allocates them.
      file.write((index % 8) * PROBE_BLOCK_BYTES, block);
      timesMs.push(Math.round((performance.now() - startedMs) * 1000) / 1000);
      if (performance.now() - begunMs > limitMs) break;
    }
  } finally {
    file.close();
    unlinkSync(path);
  }
  return { timesMs };
}

function wipe(path: string): Record<string, unknown> {
  if (nonceIn(path, 'direct') === null) return { wiped: false };
  const file = new DirectFile(path, 'write');
  try {
    file.write(0, new Uint8Array(PROBE_BLOCK_BYTES));
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
