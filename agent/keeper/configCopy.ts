import { mkdir, open, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Paths } from '../paths.ts';
import { GroupConfig } from '../protocol/group.ts';
import type { Log } from './stderrLog.ts';

/** A copy is some KiB to 1 MiB: 64 VMs and 8 hosts with room. */
const MAX_CONFIG_BYTES = 1_048_576;

/**
 * Keeps the decided configuration on this host's own disk: the copy that a keeper starts from while the store is
 * away, and the list of VMs that the libvirt hook guards. Asynchronous, because a disk may hang; one save at a time,
 * and of those that wait only the newest counts.
 */
export class ConfigCopy {
  readonly #paths: Paths;
  readonly #log: Log;
  #next: GroupConfig | null = null;
  #saving = false;

  constructor(paths: Paths, log: Log) {
    this.#paths = paths;
    this.#log = log;
  }

  /** A save has not come back: a process with a blocked thread can't exit in the ordinary way. */
  get busy(): boolean {
    return this.#saving;
  }

  save(config: GroupConfig): void {
    this.#next = config;
    if (!this.#saving) void this.#work();
  }

  async #work(): Promise<void> {
    this.#saving = true;
    for (let config = this.#next; config !== null; config = this.#next) {
      this.#next = null;
      try {
        await saveConfig(this.#paths, config);
      } catch (error) {
        this.#log('keeper.config-copy-failed', { generation: config.generation, error: String(error) });
      }
    }
    this.#saving = false;
  }
}

async function saveConfig(paths: Paths, config: GroupConfig): Promise<void> {
  await guardVms(paths, config);
  await mkdir(dirname(paths.groupConfig), { recursive: true, mode: 0o755 });
  const file = await open(`${paths.groupConfig}.new`, 'w', 0o640);
  try {
    await file.writeFile(`${JSON.stringify(config)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${paths.groupConfig}.new`, paths.groupConfig);
}

/** New VMs are guarded before the configuration is kept, dropped ones are let go last. */
async function guardVms(paths: Paths, config: GroupConfig): Promise<void> {
  await mkdir(paths.protectedDir, { recursive: true, mode: 0o755 });
  const wanted = new Set(config.vms.map((vm) => vm.vm));
  for (const vm of wanted) await writeFile(join(paths.protectedDir, vm), '', { mode: 0o644 });
  for (const name of await readdir(paths.protectedDir)) {
    if (!wanted.has(name)) await unlink(join(paths.protectedDir, name));
  }
}

/** The copy of an earlier run; null when there is none or it can't be read: the store will tell. */
export async function loadConfigCopy(paths: Paths, log: Log): Promise<GroupConfig | null> {
  try {
    const text = await readFile(paths.groupConfig, 'utf8');
    const parsed = GroupConfig.safeParse(JSON.parse(text.slice(0, MAX_CONFIG_BYTES)));
    if (parsed.success) return parsed.data;
    log('keeper.config-copy-unreadable', { reason: parsed.error.issues[0]?.message ?? 'not valid' });
  } catch (error) {
    log('keeper.config-copy-unreadable', { reason: String(error) });
  }
  return null;
}
