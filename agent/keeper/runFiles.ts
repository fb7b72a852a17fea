import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { GateEntry } from '../core/keeper/types.ts';
import { RunFile } from '../protocol/keeperLink.ts';
import type { Paths } from '../paths.ts';

/**
 * The keeper's files in /run, which is in memory and empty after a boot. They are written synchronously and take each
 * other's place by rename: a keeper that is killed at any instant leaves either the old or the new one.
 */

/** Kept aside in /run and given up when it is full: a keeper must be able to record a lapse even then. */
const BALLAST_BYTES = 262_144;

export function makeRunFolders(paths: Paths): void {
  mkdirSync(paths.runDir, { recursive: true, mode: 0o755 });
  for (const dir of [dirname(paths.gateFile), paths.startsDir, paths.ioDir]) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  }
  try {
    writeFileSync(ballastOf(paths), Buffer.alloc(BALLAST_BYTES), { mode: 0o600 });
  } catch {
    // /run is full already: a keeper without a reserve is better than none.
  }
}

function ballastOf(paths: Paths): string {
  return `${paths.keeperRunFile}.ballast`;
}

function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Throws when even giving up the ballast does not help: then nothing that needs the record may be done. */
export function saveRunFile(paths: Paths, file: RunFile): void {
  const text = JSON.stringify(file);
  try {
    replaceFile(paths.keeperRunFile, text);
  } catch {
    rmSync(ballastOf(paths), { force: true });
    replaceFile(paths.keeperRunFile, text);
  }
}

export type LoadedRunFile =
  | { readonly kind: 'none' }
  | { readonly kind: 'loaded'; readonly file: RunFile }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** The run file of this boot. One of another boot counts as none; only a demo host can have one. */
export function loadRunFile(paths: Paths, bootId: string): LoadedRunFile {
  let text: string;
  try {
    text = readFileSync(paths.keeperRunFile, 'utf8');
  } catch (error) {
    return isMissing(error) ? { kind: 'none' } : { kind: 'unreadable', reason: String(error) };
  }
  try {
    const parsed = RunFile.safeParse(JSON.parse(text));
    if (!parsed.success) {
      return { kind: 'unreadable', reason: parsed.error.issues[0]?.message ?? 'not valid' };
    }
    return parsed.data.bootId === bootId ? { kind: 'loaded', file: parsed.data } : { kind: 'none' };
  } catch (error) {
    return { kind: 'unreadable', reason: String(error) };
  }
}

/** What the libvirt hook reads; see agent/install/hook.ts for the reader. An entry that is missing is closed. */
export function saveGate(paths: Paths, bootId: string, open: readonly GateEntry[]): void {
  const lines = open.map(
    ({ vm, epoch, generation, notAfterMs, incoming }) =>
      `${vm} ${epoch} ${generation} ${Math.floor(notAfterMs)}${incoming ? ' incoming' : ''}\n`,
  );
  replaceFile(paths.gateFile, `${bootId}\n${lines.join('')}`);
}

/** Until when a wrapper that starts anew may open the watchdog device, which pets it. */
export function saveWatchdogUntil(paths: Paths, untilMs: number): void {
  replaceFile(paths.watchdogUntilFile, `${Math.floor(untilMs)}\n`);
}

/** Null: no right to pet was ever recorded in this boot, so that nothing of this boot can have gone wrong yet. */
export function loadWatchdogUntil(paths: Paths): number | null {
  try {
    const untilMs = Number(readFileSync(paths.watchdogUntilFile, 'utf8').trim());
    return Number.isFinite(untilMs) ? untilMs : 0;
  } catch (error) {
    return isMissing(error) ? null : 0;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
