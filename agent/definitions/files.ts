import { chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { BundledFile } from './bundle.ts';

/** Larger than any UEFI variable store or TPM state; more is not one. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Where libvirt keeps UEFI variables unless told otherwise; only there does the agent write them. */
const NVRAM_FOLDERS = ['/var/lib/libvirt/qemu/nvram/', '/var/lib/libvirt/images/', '/var/lib/libvirt/nvram/'];
export const TPM_FOLDER = '/var/lib/libvirt/swtpm';
/** Owner of a file whose owner this host does not know; libvirt hands both kinds over to QEMU at each start. */
const ROOT_ID = 0;

/** Folders of users and groups, as of this host. */
export interface Accounts {
  readonly userName: (id: number) => string | null;
  readonly groupName: (id: number) => string | null;
  readonly userId: (name: string) => number | null;
  readonly groupId: (name: string) => number | null;
}

/** Reads a file with its owner and mode, as it stands between two writes. Null when it is not there. */
export async function readBundled(path: string, as: string, accounts: Accounts): Promise<BundledFile | null> {
  const before = await stat(path).catch(() => null);
  if (before === null) return null;
  if (before.size > MAX_FILE_BYTES) throw new Error(`${path} has ${before.size} bytes`);
  const content = await readFile(path);
  const after = await stat(path);
  if (after.mtimeMs !== before.mtimeMs || content.length !== after.size) {
    throw new Error(`${path} is being written`);
  }
  return {
    path: as,
    mode: after.mode & 0o7777,
    user: accounts.userName(after.uid),
    group: accounts.groupName(after.gid),
    content: content.toString('base64'),
  };
}

/** The emulated TPM's files of a VM, with paths relative to its folder. */
export async function readTpm(vm: string, accounts: Accounts): Promise<BundledFile[]> {
  const folder = join(TPM_FOLDER, vm);
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files: BundledFile[] = [];
  for (const name of names.filter((one) => isTpmState(one))) {
    const file = await readBundled(join(folder, name), name, accounts);
    if (file !== null) files.push(file);
  }
  return files;
}

/** Permanent and volatile state; locks and sockets stay where they are. */
const isTpmState = (name: string): boolean =>
  /^tpm(?:1\.2|2)\/tpm[\w.-]+(?:permall|savestate|volatilestate)$/.test(name);

/** When the files that travel with a VM were last written, and how long they are: cheap to compare. */
export async function fileStamps(vm: string, nvram: string | null, hasTpm: boolean): Promise<string> {
  const folder = join(TPM_FOLDER, vm);
  const tpm = hasTpm ? await readdir(folder, { recursive: true }).catch(() => []) : [];
  const paths = [
    ...(nvram === null ? [] : [nvram]),
    ...tpm.filter(isTpmState).map((name) => join(folder, name)),
  ];
  const stamps = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path).catch(() => null);
      return `${path} ${found?.mtimeMs ?? 'none'} ${found?.size ?? 0}`;
    }),
  );
  return stamps.toSorted().join('\n');
}

/** Whether UEFI variables at this path may be written by the agent: a definition must not name any file it likes. */
export function mayPlaceNvram(path: string): boolean {
  return normalize(path) === path && NVRAM_FOLDERS.some((folder) => path.startsWith(folder));
}

export async function placeNvram(file: BundledFile, accounts: Accounts): Promise<void> {
  if (!mayPlaceNvram(file.path)) {
    throw new Error(`${file.path} is not where libvirt keeps UEFI variables`);
  }
  await mkdir(dirname(file.path), { recursive: true, mode: 0o711 });
  await place(file.path, file, accounts);
}

/** Puts the TPM's state in place of what is there. Never while its QEMU or swtpm runs. */
export async function placeTpm(vm: string, files: readonly BundledFile[], accounts: Accounts): Promise<void> {
  if (files.length === 0) return;
  const folder = join(TPM_FOLDER, vm);
  const wanted = new Set(files.map((file) => file.path));
  for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
    if (isTpmState(name) && !wanted.has(name)) await rm(join(folder, name), { force: true });
  }
  // As libvirt makes them: swtpm's user passes through these and owns only the innermost folder.
  await mkdir(folder, { recursive: true, mode: 0o711 });
  for (const file of files) {
    if (!isTpmState(file.path)) throw new Error(`${file.path} is no file of an emulated TPM`);
    const path = join(folder, file.path);
    await makeOwnedFolder(dirname(path), file, accounts);
    await place(path, file, accounts);
  }
}

async function makeOwnedFolder(path: string, like: BundledFile, accounts: Accounts): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o700 });
  if (made !== undefined) await chown(path, ...ownerOf(like, accounts));
}

async function place(path: string, file: BundledFile, accounts: Accounts): Promise<void> {
  const fresh = `${path}.understudy-new`;
  await writeFile(fresh, Buffer.from(file.content, 'base64'), { mode: 0o600, flush: true });
  await chown(fresh, ...ownerOf(file, accounts));
  await rename(fresh, path);
}

function ownerOf(file: BundledFile, accounts: Accounts): [number, number] {
  const user = file.user === null ? null : accounts.userId(file.user);
  const group = file.group === null ? null : accounts.groupId(file.group);
  return [user ?? ROOT_ID, group ?? ROOT_ID];
}

/** The accounts in /etc/passwd and /etc/group, which is where libvirt's packages put theirs. */
export async function localAccounts(): Promise<Accounts> {
  const users = await readAccounts('/etc/passwd');
  const groups = await readAccounts('/etc/group');
  return {
    userName: (id) => users.names.get(id) ?? null,
    groupName: (id) => groups.names.get(id) ?? null,
    userId: (name) => users.ids.get(name) ?? null,
    groupId: (name) => groups.ids.get(name) ?? null,
  };
}

async function readAccounts(path: string): Promise<{ names: Map<number, string>; ids: Map<string, number> }> {
  const names = new Map<number, string>();
  const ids = new Map<string, number>();
  for (const line of (await readFile(path, 'utf8').catch(() => '')).split('\n')) {
    const [name, , id] = line.split(':');
    if (name === undefined || name === '' || id === undefined) continue;
    names.set(Number(id), name);
    ids.set(name, Number(id));
  }
  return { names, ids };
}
