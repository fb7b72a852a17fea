import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * The control group (version 2) that libvirt makes for one VM: `machine-qemu....scope` with systemd-machined,
 * `qemu-....libvirt-qemu` without. Everything in it belongs to the VM: swtpm, virtiofsd, and what they start.
 */

/** Groups below a VM's own that are looked into: `libvirt`, `libvirt/emulator` and the like. */
const MAX_DEPTH = 2;
const MAX_GROUPS = 64;

/** Where the version 2 hierarchy is mounted, from the text of /proc/self/mounts; null when there is none. */
export function findCgroupRoot(mounts: string): string | null {
  for (const line of mounts.split('\n')) {
    const [, path, kind] = line.split(' ');
    if (kind === 'cgroup2' && path !== undefined) return path;
  }
  return null;
}

/** The VM's own group in a process's path, or null: the process shares its group with others. */
export function ownScope(path: string): string | null {
  const parts = path.split('/');
  const at = parts.findIndex(
    (part) => /^machine-qemu.*\.scope$/.test(part) || part.endsWith('.libvirt-qemu'),
  );
  return at < 0 || parts.includes('..') ? null : parts.slice(0, at + 1).join('/');
}

export class Scopes {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Pids in the group and below. A threaded group can't list its processes: its domain above lists them. */
  members(scope: string): readonly number[] {
    const pids: number[] = [];
    const open = [{ path: join(this.#root, scope), depth: 0 }];
    for (let looked = 0; looked < MAX_GROUPS; looked += 1) {
      const group = open.shift();
      if (group === undefined) break;
      pids.push(...readPids(join(group.path, 'cgroup.procs')));
      if (group.depth < MAX_DEPTH) {
        for (const child of subgroups(group.path)) {
          open.push({ path: join(group.path, child), depth: group.depth + 1 });
        }
      }
    }
    return pids;
  }

  /** Every task in the group is held by the freezer: none is in user mode or inside a system call. */
  frozen(scope: string): boolean {
    try {
      return /^frozen 1$/m.test(readFileSync(join(this.#root, scope, 'cgroup.events'), 'latin1'));
    } catch {
      return false;
    }
  }

  /** False when the kernel has no freezer there. */
  setFrozen(scope: string, frozen: boolean): boolean {
    return this.#write(scope, 'cgroup.freeze', frozen ? '1' : '0');
  }

  /** Kills everything in the group at once, also what is being forked (Linux 5.14). False when it can't. */
  kill(scope: string): boolean {
    return this.#write(scope, 'cgroup.kill', '1');
  }

  #write(scope: string, name: string, text: string): boolean {
    try {
      writeFileSync(join(this.#root, scope, name), text, { flag: 'r+' });
      return true;
    } catch {
      return false;
    }
  }
}

function readPids(path: string): readonly number[] {
  try {
    return readFileSync(path, 'latin1').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function subgroups(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !/^vcpu\d|^iothread\d/.test(basename(entry.name)))
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
