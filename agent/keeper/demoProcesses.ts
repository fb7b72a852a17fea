import { basename } from 'node:path';
import type { VmKind } from './vmKind.ts';

/** Marks a process as the stand-in for a VM of the demo group. */
const MARKER = 'understudy-demo-vm';

/** What a demo VM's command line must contain, one after the other: the keeper of that demo host finds it by them. */
export function demoVmArguments(root: string, vm: string): readonly string[] {
  return [MARKER, vm, root];
}

/** The demo VMs of one demo host: several demo hosts live on one machine, told apart by their roots. */
export function demoVms(root: string, program: string = process.execPath): VmKind {
  const name = basename(program).replaceAll(/[^A-Za-z0-9]/g, '\\$&');
  return {
    programs: new RegExp(`^${name}$`),
    vmOf: (args) => {
      const at = args.indexOf(MARKER);
      return at >= 0 && args[at + 2] === root ? (args[at + 1] ?? null) : null;
    },
    onlyUser: process.getuid?.(),
  };
}
