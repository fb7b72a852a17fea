import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { labDir, machineDir } from './layout.ts';
import { LabError } from './run.ts';

/** Of util-linux: Node itself can't lock files. */
const lockProgram = 'flock';

/**
 * Takes an exclusive lock. It is held by a child that ends when this process does, however it does, so that a crash
 * never leaves a lock behind.
 */
export async function takeLock(file: string, waitMs: number): Promise<() => Promise<void>> {
  mkdirSync(dirname(file), { recursive: true });
  const child = spawn(lockProgram, ['-w', String(waitMs / 1000), file, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
    child.on('error', () => resolve());
  });
  const held = await new Promise<boolean>((resolve) => {
    child.stdout.once('data', () => resolve(true));
    void ended.then(() => resolve(false));
  });
  if (!held) throw new LabError('locked', `${file} is locked by another process.`);
  return async () => {
    child.stdin.end();
    await ended;
  };
}

export async function withLock<T>(file: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const release = await takeLock(file, waitMs);
  try {
    return await work();
  } finally {
    await release();
  }
}

const userFile = join(machineDir, 'user');
const ownerFile = join(machineDir, 'owner');

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return otherwise;
  }
}

/**
 * Takes the whole lab for this process: one `up`, `down` or test run at a time on this machine.
 * @throws LabError `lab-in-use` after `waitMs`, naming who has it.
 */
export async function takeLab(waitMs: number): Promise<() => Promise<void>> {
  let release: () => Promise<void>;
  try {
    release = await takeLock(join(machineDir, 'lock'), waitMs);
  } catch {
    throw new LabError(
      'lab-in-use',
      `The lab is in use by ${readOr(userFile, 'another process')}.`,
      'Try again later.',
    );
  }
  writeFileSync(userFile, `process ${process.pid} (${process.argv.slice(1, 4).join(' ')})\n`);
  return release;
}

/** The folder whose lab is up on this machine, or null. */
export function labOwner(): string | null {
  const owner = readOr(ownerFile, '');
  return owner === '' ? null : owner;
}

export function claimLab(): void {
  mkdirSync(machineDir, { recursive: true });
  writeFileSync(ownerFile, `${labDir}\n`);
}

export function disclaimLab(): void {
  rmSync(ownerFile, { force: true });
}
