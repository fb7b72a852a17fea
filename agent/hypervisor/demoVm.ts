import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder, writeState } from './demoVmState.ts';

/** What a demo VM does for a living: one record this often, so that any double run shows in the file. */
const WRITE_EVERY_MS = 250;

/** Command line after the role: marker, uuid, root, then these. */
export interface DemoVmArguments {
  readonly vm: string;
  readonly root: string;
  readonly name: string;
  readonly hostName: string;
  readonly bootId: string;
  readonly diskFolder: string;
}

export function demoVmCommand(marker: readonly string[], more: DemoVmArguments): readonly string[] {
  return [...marker, more.name, more.hostName, more.bootId, more.diskFolder];
}

/**
 * A stand-in for a VM: a process that starts paused, runs from SIGUSR2 on, appends records to its disk file on the
 * store, and shuts down on SIGTERM. It outlives the agent. Never returns normally.
 */
export function demoVmMain(argv: readonly string[]): Promise<number> {
  const [, vm = '', root = '', name = '', host = '', boot = '', diskFolder = ''] = argv;
  mkdirSync(stateFolder(root), { recursive: true });
  mkdirSync(diskFolder, { recursive: true });
  const disk = join(diskFolder, `${name}.log`);
  let seq = 0;
  const write = (): void => {
    seq += 1;
    const record = { vm: name, boot, host, pid: process.pid, seq, time: new Date().toISOString() };
    appendFileSync(disk, `${JSON.stringify(record)}\n`);
  };
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | null = null;
    // Keeps the process while it is paused: signals alone do not.
    const life = setInterval(() => {}, 60_000);
    process.on('SIGUSR2', () => {
      if (timer !== null) return;
      timer = setInterval(write, WRITE_EVERY_MS);
      write();
      writeState(root, vm, { pid: process.pid, state: 'running', reason: 'booted' });
    });
    process.on('SIGTERM', () => {
      if (timer !== null) clearInterval(timer);
      clearInterval(life);
      writeState(root, vm, { pid: process.pid, state: 'stopped', reason: 'shutdown' });
      resolve(0);
    });
    writeState(root, vm, { pid: process.pid, state: 'paused', reason: 'user' });
  });
}
