import { readFileSync } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import type { DiskDescription } from '../core/engine/description.ts';
import type { PlacementOf } from './domainXml.ts';

/** File systems that several hosts may mount read-write at once. Host-local ones are everything else. */
const SHARED_FILE_SYSTEMS = new Set([
  'nfs',
  'nfs4',
  'gfs2',
  'ocfs2',
  'ceph',
  'lustre',
  'gpfs',
  'beegfs',
  'fuse.glusterfs',
  'fuse.ceph',
  'fuse.moosefs',
]);
/** Names of block devices that mean the same LUN on every host; /dev/sda does not. */
const COMMON_DEVICE_NAMES = /^\/dev\/(?:disk\/by-(?:id|path|uuid|partuuid)|mapper|drbd|rbd|[\w.+-]+)\/./;
const MOUNTINFO = '/proc/self/mountinfo';

export interface Mount {
  readonly point: string;
  readonly type: string;
}

/** Mounts as the kernel lists them, escapes resolved. Later ones cover earlier ones. */
export function parseMounts(mountinfo: string): readonly Mount[] {
  const mounts: Mount[] = [];
  for (const line of mountinfo.split('\n')) {
    const fields = line.split(' ');
    const separator = fields.indexOf('-');
    const point = fields[4];
    const type = fields[separator + 1];
    if (separator < 0 || point === undefined || type === undefined) continue;
    const resolved = point.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    mounts.push({ point: resolved, type });
  }
  return mounts;
}

/**
 * Judges where disks lie from the mount table and their names alone: nothing on the store is touched, since a hung
 * store would hang the asker. Links in paths are therefore not followed.
 */
export function placements(areaPath: string, mounts: readonly Mount[]): PlacementOf {
  const mountOf = (path: string): Mount | undefined => {
    let best: Mount | undefined;
    for (const mount of mounts) {
      const covers = mount.point === '/' || path === mount.point || path.startsWith(`${mount.point}/`);
      if (covers && (best === undefined || mount.point.length >= best.point.length)) best = mount;
    }
    return best;
  };
  const storeMount = areaPath.startsWith('/dev/') ? undefined : mountOf(areaPath);
  return (path: string, source: DiskDescription['source']) => {
    if (source === 'block' || path.startsWith('/dev/'))
      return COMMON_DEVICE_NAMES.test(path) ? 'shared' : 'local';
    if (source !== 'file') return source === 'network' ? 'unknown' : 'local';
    const mount = mountOf(path);
    if (mount === undefined) return 'unknown';
    if (storeMount !== undefined && mount.point === storeMount.point) return 'store';
    return SHARED_FILE_SYSTEMS.has(mount.type) ? 'shared' : 'local';
  };
}

/** The same for this host as it is now. */
export function placementsHere(areaPath: string): PlacementOf {
  return placements(areaPath, parseMounts(readFileSync(MOUNTINFO, 'utf8')));
}

/** Names of this host's bridges; Open vSwitch ones are not among them. */
export async function bridgesHere(): Promise<readonly string[]> {
  const names = await readdir('/sys/class/net').catch(() => []);
  const checked = await Promise.all(
    names.map(async (name) => ((await exists(`/sys/class/net/${name}/bridge`)) ? name : null)),
  );
  return checked.filter((name) => name !== null);
}

/** Whether libvirt keeps snapshots of this domain: it stores what it knows of them in files on the host. */
export async function hasSnapshotsHere(name: string): Promise<boolean> {
  return (await readdir(`/var/lib/libvirt/qemu/snapshot/${name}`).catch(() => [])).length > 0;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
