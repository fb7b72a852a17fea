import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { pathsUnder } from '../paths.ts';

/** What a demo VM's process says of itself: it writes this file, everybody else reads it. */
export const DemoVmState = z.strictObject({
  pid: z.int(),
  state: z.enum(['paused', 'running', 'stopped']),
  reason: z.enum(['user', 'booted', 'shutdown', 'destroyed', 'failed']),
});
export type DemoVmState = z.infer<typeof DemoVmState>;

export const stateFolder = (root: string): string => join(pathsUnder(root).runDir, 'demo-vms');
const stateFile = (root: string, vm: string): string => join(stateFolder(root), `${vm}.json`);

/** Null when the VM was never started in this boot. */
export function readState(root: string, vm: string): DemoVmState | null {
  try {
    const parsed = DemoVmState.safeParse(JSON.parse(readFileSync(stateFile(root, vm), 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export function writeState(root: string, vm: string, state: DemoVmState): void {
  const path = stateFile(root, vm);
  writeFileSync(`${path}.new`, JSON.stringify(state));
  renameSync(`${path}.new`, path);
}
