import type { Failure } from '../../../agent/protocol/failure.ts';
import type { HostFacts, Mount } from '../facts/facts.ts';

/** A place that all hosts have under the same name. Whether it is really the same is only known after the proof. */
export interface StoreCandidate {
  readonly kind: 'folder' | 'device';
  readonly path: string;
  readonly fileSystem: string;
  /** What is mounted there, where the hosts agree on it. */
  readonly source: string | null;
  /** What is wrong with it as far as it can be seen; with a problem it is not offered first. */
  readonly problems: readonly Failure[];
}

const sharedTypes =
  /^(nfs4?|gfs2|ocfs2|ceph|lustre|beegfs|gpfs|fuse\.(glusterfs|ceph|ceph-fuse|moosefs|juicefs))$/;
/** In memory, or only ever on one machine. */
const localTypes =
  /^(tmpfs|ramfs|proc|sysfs|devtmpfs|devpts|cgroup2?|overlay|squashfs|ext[234]|xfs|btrfs|zfs|f2fs|vfat|iso9660)$/;
/** 40 MiB for the lease area. */
const MIN_DEVICE_BYTES = 41_943_040;

/** Candidates common to all hosts, the most promising first. Pure. */
export function findStores(all: readonly HostFacts[]): StoreCandidate[] {
  const [first, ...others] = all;
  if (first === undefined) return [];
  const everywhere = (path: string): boolean => others.every((facts) => mountAt(facts, path) !== undefined);
  const mounted = first.mounts
    .filter((mount) => sharedTypes.test(mount.type) && everywhere(mount.path))
    .map((mount) => mount.path);
  const pools = first.pools.filter((path) => others.every((facts) => facts.pools.includes(path)));
  const folders = [...new Set([...mounted, ...pools])].map((path) => folder(path, all));
  return [...folders, ...devices(all)].sort((a, b) => a.problems.length - b.problems.length);
}

function folder(path: string, all: readonly HostFacts[]): StoreCandidate {
  const below = all.map((facts) => mountBelow(facts, path));
  const sources = new Set(below.map((mount) => mount?.source));
  return {
    kind: 'folder',
    path,
    fileSystem: below[0]?.type ?? 'unknown',
    source: sources.size === 1 ? (below[0]?.source ?? null) : null,
    problems: folderProblems(path, all),
  };
}

/** What can be seen to be wrong with a folder, host by host. Pure. */
export function folderProblems(path: string, all: readonly HostFacts[]): Failure[] {
  const mounts = all.flatMap((facts) => {
    const mount = mountBelow(facts, path);
    return mount === undefined ? [] : [{ facts, mount }];
  });
  const own = mounts.flatMap(({ facts, mount }) => mountProblems(facts, mount, path));
  return [...own, ...mounts.slice(0, 1).flatMap(({ mount }) => twoReplicas(mount, all))];
}

function mountProblems(facts: HostFacts, mount: Mount, path: string): Failure[] {
  const options = mount.options.split(',');
  const found: Failure[] = [];
  if (localTypes.test(mount.type)) {
    found.push({
      code: 'store.local-file-system',
      message: `On ${facts.name}, ${path} lies on ${mount.type}, which two machines can not share.`,
      meaning: 'Mounted on two hosts at once it would be destroyed.',
      fix: 'Use NFS, GFS2, OCFS2, GlusterFS or CephFS, or a block device of its own.',
    });
  }
  if (options.includes('nolock') || options.some((option) => /^local_lock=(all|posix|flock)$/.test(option))) {
    found.push({
      code: 'store.local-locks',
      message: `On ${facts.name}, ${mount.path} is mounted with locks that only that host sees.`,
      meaning: "QEMU's own guard against opening a disk twice does not work there.",
      fix: 'Mount it without nolock and local_lock.',
    });
  }
  if (options.includes('ro')) {
    found.push({
      code: 'store.not-writable',
      message: `On ${facts.name}, ${mount.path} is mounted read-only.`,
      fix: 'Mount it read-write.',
    });
  }
  return found;
}

/** A two-way replicated GlusterFS volume without quorum, as far as one of the hosts is its server. Pure. */
function twoReplicas(mount: Mount, all: readonly HostFacts[]): Failure[] {
  if (mount.type !== 'fuse.glusterfs') return [];
  const name = mount.source.replace(/^.*:\/?/, '');
  const volume = all.flatMap((facts) => facts.glusterVolumes).find((each) => each.name === name);
  if (volume === undefined || volume.replicas !== 2 || volume.quorum !== 'none') return [];
  return [
    {
      code: 'store.two-replicas',
      message: `The volume ${name} has two replicas and no quorum.`,
      meaning:
        'When its servers lose sight of each other both sides go on writing, and one side is lost afterwards.',
      fix: `Add an arbiter brick, or run gluster volume set ${name} cluster.quorum-type auto.`,
    },
  ];
}

/** Exports of the hosts themselves that would acknowledge writes before they are on a disk. Pure. */
export function asyncExports(all: readonly HostFacts[]): Failure[] {
  return all.flatMap((facts) =>
    facts.exports
      .filter((line) => /[(,]async[,)]/.test(line))
      .map((line) => ({
        code: 'store.async-export',
        message: `${facts.name} exports with async: ${line.trim().slice(0, 120)}`,
        meaning:
          'After a crash of the server acknowledged writes are gone: leases and disks go back in time.',
        fix: 'Export it with sync and run exportfs -ra.',
      })),
  );
}

function devices(all: readonly HostFacts[]): StoreCandidate[] {
  const [first, ...others] = all;
  if (first === undefined) return [];
  return first.blocks
    .filter(
      (device) => device.sizeBytes >= MIN_DEVICE_BYTES && device.fileSystem === '' && device.mounted === '',
    )
    .filter((device) =>
      others.every((facts) =>
        facts.blocks.some(
          (other) =>
            other.path === device.path &&
            other.sizeBytes === device.sizeBytes &&
            other.fileSystem === '' &&
            other.mounted === '',
        ),
      ),
    )
    .map(({ path, type }) => ({ kind: 'device', path, fileSystem: type, source: null, problems: [] }));
}

function mountAt(facts: HostFacts, path: string): Mount | undefined {
  return facts.mounts.findLast((mount) => mount.path === path);
}

/** The mount that a path lies on: the longest one that leads to it, the last mounted among equals. */
export function mountBelow(facts: HostFacts, path: string): Mount | undefined {
  const leads = (mount: Mount): boolean =>
    mount.path === '/' || path === mount.path || path.startsWith(`${mount.path}/`);
  return facts.mounts
    .filter(leads)
    .reduce<Mount | undefined>(
      (best, mount) => (best === undefined || mount.path.length >= best.path.length ? mount : best),
      undefined,
    );
}
