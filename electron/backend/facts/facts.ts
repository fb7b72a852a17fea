import { createHash } from 'node:crypto';
import { HostSettings } from '../../../agent/protocol/group.ts';
import { readTolerantly } from '../../../agent/protocol/tolerant.ts';
import { fail } from '../failures.ts';
import { type HostSession, runChecked } from '../ssh/session.ts';
import { factsScript } from './script.ts';

export interface Mount {
  readonly path: string;
  readonly type: string;
  readonly source: string;
  readonly options: string;
}
export interface BlockDevice {
  /** Stable path below /dev/disk/by-id. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly type: string;
  readonly fileSystem: string;
  readonly mounted: string;
}
export interface WatchdogFact {
  readonly device: string;
  readonly attributes: string;
  readonly timeoutSeconds: number | null;
  readonly nowayout: boolean | null;
  readonly identity: string;
}
export interface UnitFact {
  readonly loaded: boolean;
  readonly active: boolean;
  /** systemd's word: enabled, disabled, masked, static... */
  readonly fileState: string;
}

export interface GlusterVolume {
  readonly name: string;
  /** Copies of each file. */
  readonly replicas: number;
  /** `cluster.quorum-type`: none unless it was set. */
  readonly quorum: string;
}

/** What was read of one host, as it was; nothing here is trusted to be true or complete. */
export interface HostFacts {
  /** The name in the inventory. */
  readonly name: string;
  readonly arch: string;
  readonly os: string;
  readonly kernel: string;
  readonly glibc: readonly [number, number] | null;
  readonly init: string;
  readonly systemdVersion: number | null;
  readonly machineId: string;
  readonly dmiUuid: string;
  readonly bootId: string;
  readonly virtualization: string;
  readonly cpuModel: string;
  readonly memoryMiB: number | null;
  /** The host's wall clock minus this machine's, in ms, with the uncertainty of the round trip. */
  readonly clockOffsetMs: number;
  readonly clockUncertaintyMs: number;
  readonly clockSynchronized: boolean | null;
  readonly libvirtSocket: string | null;
  readonly libvirtDaemon: string | null;
  readonly libvirtVersion: readonly [number, number] | null;
  readonly qemu: string | null;
  /** The kernel's part of virtualization is there: it needs the processor's, switched on in the firmware. */
  readonly hasKvm: boolean;
  readonly tools: readonly string[];
  readonly watchdogs: readonly WatchdogFact[];
  readonly watchdogDevices: readonly string[];
  readonly watchdogHolders: readonly string[];
  readonly runtimeWatchdog: string;
  readonly units: ReadonlyMap<string, UnitFact>;
  readonly processes: ReadonlySet<string>;
  readonly freeKiB: ReadonlyMap<string, number>;
  readonly addresses: readonly string[];
  readonly mounts: readonly Mount[];
  readonly blocks: readonly BlockDevice[];
  readonly pools: readonly string[];
  readonly exports: readonly string[];
  /** GlusterFS volumes, where this host is one of their servers. */
  readonly glusterVolumes: readonly GlusterVolume[];
  readonly hooks: readonly string[];
  /** Version that `current` points to; null: the agent is not installed. */
  readonly installedVersion: string | null;
  readonly settings: HostSettings | null;
}

/** A slow host with hundreds of disks needs a few seconds. */
const FACTS_DEADLINE_MS = 45_000;

/** Reads a host's facts as root. Throws a FailureError; changes nothing. */
export async function gatherFacts(session: HostSession): Promise<HostFacts> {
  const sentAt = Date.now();
  const startedMs = performance.now();
  const output = await runChecked(
    session,
    { what: 'reading the state of the host', script: factsScript, deadlineMs: FACTS_DEADLINE_MS },
    'host.facts-failed',
  );
  return parseFacts(session.hostName, output, { sentAt, tookMs: performance.now() - startedMs });
}

/** `sentAt` (wall clock, ms) and how long it took bound the moment at which the host read its own clock. */
export function parseFacts(
  name: string,
  output: string,
  timing: { readonly sentAt: number; readonly tookMs: number },
): HostFacts {
  const { one, many } = split(output);
  if (one.get('finished') !== 'yes') {
    throw fail({
      code: 'host.facts-failed',
      message: `${name} did not tell its whole state.`,
      meaning: 'The script that reads it was cut off or something printed into it.',
      fix: 'Check that root has a POSIX sh and that nothing in its profile prints.',
    });
  }
  const text = (key: string): string => (one.get(key) ?? '').trim();
  const list = (key: string): readonly string[] => (many.get(key) ?? []).filter((line) => line.trim() !== '');
  const hostTimeMs = Number(text('time')) * 1000;
  return {
    name,
    arch: text('arch'),
    os: text('os'),
    kernel: text('kernel'),
    glibc: version(text('glibc')),
    init: text('init'),
    systemdVersion: version(text('systemd').replace(/^systemd (\d+).*/, '$1.0'))?.[0] ?? null,
    machineId: text('machineId'),
    dmiUuid: text('dmiUuid').toLowerCase(),
    bootId: text('bootId'),
    virtualization: text('virtualization'),
    cpuModel: text('cpuModel'),
    memoryMiB: Number(text('memoryKiB')) > 0 ? Math.round(Number(text('memoryKiB')) / 1024) : null,
    clockOffsetMs: Math.round(hostTimeMs - (timing.sentAt + timing.tookMs / 2)),
    clockUncertaintyMs: Math.round(timing.tookMs / 2),
    clockSynchronized: { yes: true, no: false }[text('clockSynchronized')] ?? null,
    libvirtSocket: text('libvirtSocket') || null,
    libvirtDaemon: text('libvirtDaemon') || null,
    libvirtVersion: version(text('libvirtVersion')),
    qemu: text('qemu') || null,
    hasKvm: text('kvm') === 'yes',
    tools: list('tools'),
    watchdogs: list('watchdogs').map(watchdog),
    watchdogDevices: list('watchdogDevices'),
    watchdogHolders: list('watchdogHolders'),
    runtimeWatchdog: text('runtimeWatchdog'),
    units: units(list('units')),
    processes: new Set(list('processes')),
    freeKiB: new Map(
      list('space')
        .map((line) => pair(line))
        .map(([path, free]) => [path, Number(free)]),
    ),
    addresses: list('addresses').map((line) => (line.split(' ')[2] ?? '').replace(/\/\d+$/, '')),
    mounts: list('mounts').flatMap(mount),
    blocks: blocks(list('blocks'), list('blockIds')),
    pools: list('pools'),
    exports: list('exports'),
    glusterVolumes: glusterVolumes(list('gluster')),
    hooks: list('hooks'),
    installedVersion: text('installed').replace(/^.*\//, '') || null,
    settings: settings(text('hostSettings')),
  };
}

/** What identifies the machine itself, whatever its name: the same formula on every side (agent/protocol, HardwareId). */
export function hardwareId(facts: Pick<HostFacts, 'machineId' | 'dmiUuid'>): string {
  return createHash('sha256').update(`${facts.machineId}\n${facts.dmiUuid}\n`).digest('hex');
}

function split(output: string): { one: Map<string, string>; many: Map<string, string[]> } {
  const one = new Map<string, string>();
  const many = new Map<string, string[]>();
  let open: string[] | undefined;
  for (const line of output.split('\n')) {
    if (line.startsWith('|')) open?.push(line.slice(1));
    else if (line.startsWith('@')) {
      open = [];
      many.set(line.slice(1), open);
    } else {
      const at = line.indexOf('=');
      if (at > 0) one.set(line.slice(0, at), line.slice(at + 1));
    }
  }
  return { one, many };
}

function version(text: string): readonly [number, number] | null {
  const found = /(\d+)\.(\d+)/.exec(text);
  return found === null ? null : [Number(found[1]), Number(found[2])];
}

function pair(line: string): readonly [string, string] {
  const at = line.indexOf(' ');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

function watchdog(line: string): WatchdogFact {
  const [name = '', timeout = '', nowayout = '', ...identity] = line.split(' ');
  return {
    device: `/dev/${name}`,
    attributes: `/sys/class/watchdog/${name}`,
    timeoutSeconds: /^\d+$/.test(timeout) ? Number(timeout) : null,
    nowayout: /^[01]$/.test(nowayout) ? nowayout === '1' : null,
    identity: identity.join(' '),
  };
}

/** `systemctl show` prints one `Key=value` block a unit, each begun by one of the asked properties, ended by a blank. */
function units(lines: readonly string[]): ReadonlyMap<string, UnitFact> {
  const found = new Map<string, UnitFact>();
  let block = new Map<string, string>();
  const finish = (): void => {
    const id = block.get('Id');
    if (id !== undefined) {
      found.set(id, {
        loaded: block.get('LoadState') === 'loaded' || block.get('LoadState') === 'masked',
        active: block.get('ActiveState') === 'active' || block.get('ActiveState') === 'activating',
        fileState: block.get('UnitFileState') || (block.get('LoadState') ?? ''),
      });
    }
    block = new Map();
  };
  for (const line of lines) {
    const at = line.indexOf('=');
    const key = line.slice(0, at);
    if (block.has(key)) finish();
    block.set(key, line.slice(at + 1));
  }
  finish();
  return found;
}

/** A line of /proc/self/mountinfo (proc(5)); octal escapes stand for blanks in paths. */
function mount(line: string): Mount[] {
  const [left = '', right = ''] = line.split(' - ');
  const path = left.split(' ')[4];
  const [type, source, superOptions = ''] = right.split(' ');
  if (path === undefined || type === undefined || source === undefined) return [];
  const plain = (text: string): string =>
    text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
  const options = `${left.split(' ')[5] ?? ''},${superOptions}`;
  return [{ path: plain(path), type, source: plain(source), options }];
}

function blocks(lines: readonly string[], ids: readonly string[]): BlockDevice[] {
  const devices = new Map<string, Omit<BlockDevice, 'path'>>();
  for (const line of lines) {
    const fields = new Map(
      [...line.matchAll(/([A-Z]+)="([^"]*)"/g)].map((match) => [match[1], match[2] ?? '']),
    );
    devices.set(fields.get('KNAME') ?? '', {
      sizeBytes: Number(fields.get('SIZE') ?? 0),
      type: fields.get('TYPE') ?? '',
      fileSystem: fields.get('FSTYPE') ?? '',
      mounted: fields.get('MOUNTPOINT') ?? '',
    });
  }
  return ids.flatMap((line) => {
    const [id, target] = pair(line);
    const device = devices.get(target.replace(/^.*\//, ''));
    return device === undefined ? [] : [{ path: `/dev/disk/by-id/${id}`, ...device }];
  });
}

/** `gluster volume info`: a volume begins with its name; `Number of Bricks: 1 x 2 = 2` or `1 x (2 + 1) = 3`. */
function glusterVolumes(lines: readonly string[]): GlusterVolume[] {
  const found: GlusterVolume[] = [];
  for (const line of lines) {
    const [key = '', value = ''] = line.split(/:\s+/, 2);
    const last = found.pop();
    if (key === 'Volume Name')
      found.push(...(last === undefined ? [] : [last]), { name: value, replicas: 1, quorum: 'none' });
    else if (last !== undefined) {
      const replicas = /^\d+ x (?:\((\d+) \+ (\d+)\)|(\d+)) = /.exec(value);
      const bricks = Number(replicas?.[3] ?? Number(replicas?.[1]) + Number(replicas?.[2]));
      if (key === 'Number of Bricks' && replicas !== null) found.push({ ...last, replicas: bricks });
      else if (key === 'cluster.quorum-type') found.push({ ...last, quorum: value.trim() });
      else found.push(last);
    }
  }
  return found;
}

function settings(text: string): HostSettings | null {
  try {
    const read = readTolerantly(HostSettings, JSON.parse(text));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}
