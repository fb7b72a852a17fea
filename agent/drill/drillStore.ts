import type { StatsFs } from 'node:fs';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FailureError } from '../protocol/failure.ts';

/** A directory on a store that hangs keeps a thread of Node's pool: at most one, however often it is asked. */
const DEADLINE_MS = 15_000;
/** Of the store this much stays free for the VMs that are on it, whatever a drill would like. */
const KEEP_FREE_BYTES = 1024 ** 3;
const KEEP_FREE_SHARE = 0.05;
/** The copy is written to while it runs, and no two file systems count alike. */
const ROOM_TO_GROW = 1.2;

type SpaceOf = (path: string) => Promise<Pick<StatsFs, 'bavail' | 'blocks' | 'bsize'>>;

/** Where copies of disks lie: beside the lease area, a folder for each host that drills, and in it one for each drill. */
export class DrillStore {
  readonly #root: string | null;
  readonly #spaceOf: SpaceOf;
  #isBusy = false;

  /** @param spaceOf - a seam for tests. */
  constructor(areaPath: string, spaceOf: SpaceOf = statfs) {
    this.#spaceOf = spaceOf;
    this.#root = areaPath.startsWith('/dev/') ? null : join(dirname(areaPath), 'drills');
  }

  /** Throws when the store has no place for files. */
  get root(): string {
    if (this.#root !== null) return this.#root;
    throw new FailureError({
      code: 'drill.no-folder',
      message:
        'The lease area of this group is a block device: there is no folder on the store for a copy of disks.',
    });
  }

  /** The folder of one drill of the host in this slot, made if it is not there. */
  async prepare(slot: number, drill: string): Promise<string> {
    const folder = join(this.#hostFolder(slot), drill);
    // QEMU's user passes through these, and owns only the files that libvirt gives it.
    await this.#once(() => mkdir(folder, { recursive: true, mode: 0o711 }));
    return folder;
  }

  /** Deletes all copies of the host in this slot. */
  async clear(slot: number): Promise<void> {
    await this.#once(() => rm(this.#hostFolder(slot), { recursive: true, force: true }));
  }

  /** Throws when the store has no room for copies of so many bytes. 0: for what is there already. */
  async checkRoom(bytes: number): Promise<void> {
    const { bavail, blocks, bsize } = await this.#once(() => this.#spaceOf(dirname(this.root)));
    const keepFree = Math.max(KEEP_FREE_BYTES, blocks * bsize * KEEP_FREE_SHARE);
    const needed = bytes * ROOM_TO_GROW + keepFree;
    if (bavail * bsize >= needed) return;
    throw new FailureError({
      code: 'drill.no-room',
      message: `The store has ${gib(bavail * bsize)} free; a drill needs ${gib(needed)}: for the copy of the disks, and ${gib(keepFree)} that stay free for the VMs.`,
      meaning: 'A drill never fills the store: VMs would stand still.',
    });
  }

  #hostFolder(slot: number): string {
    return join(this.root, `host-${slot}`);
  }

  async #once<Result>(act: () => Promise<Result>): Promise<Result> {
    if (this.#isBusy) throw hangs();
    this.#isBusy = true;
    const acting = act().finally(() => {
      this.#isBusy = false;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(hangs()), DEADLINE_MS);
    });
    try {
      return await Promise.race([acting, late]);
    } finally {
      clearTimeout(timer);
      // After the deadline nobody waits for it any more.
      acting.catch(() => {});
    }
  }
}

const hangs = (): FailureError =>
  new FailureError({
    code: 'drill.store-hangs',
    message: 'The folder for copies on the store does not answer.',
  });

const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
