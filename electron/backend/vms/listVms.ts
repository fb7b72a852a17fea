import type { DomainDescription, HostPlaces } from '../../../agent/core/engine/description.ts';
import { describeDomain } from '../../../agent/hypervisor/domainXml.ts';
import { type Mount, parseMounts, placements } from '../../../agent/hypervisor/places.ts';
import { fail } from '../failures.ts';
import { type HostSession, runChecked } from '../ssh/session.ts';

/** 400 definitions of 20 KiB; a definition of libvirt's own making is half of that. */
const OUTPUT_LIMIT_BYTES = 8 * 1_048_576;
const DEADLINE_MS = 30_000;
const MAX_VMS = 512;

/**
 * libvirt's own files are read, and libvirt is not asked: it may be down, and its shell may not be installed. Only
 * persistent definitions are there; a transient VM can't be protected anyway.
 */
const script = String.raw`set +e
echo "@memory"; sed -n 's/^\(MemTotal\|MemAvailable\): *\([0-9]*\).*/|\1 \2/p' /proc/meminfo
echo "@mounts"; sed 's/^/|/' /proc/self/mountinfo
echo "@bridges"
for bridge in /sys/class/net/*/bridge; do
  [ -d "$bridge" ] || continue
  name=$(basename "$(dirname "$bridge")")
  ports=$(ls "/sys/class/net/$name/brif" 2>/dev/null | grep -cvE '^(vnet|tap|macvtap)')
  printf '|%s %s\n' "$name" "$ports"
done
echo "@networks"
for file in /etc/libvirt/qemu/networks/*.xml; do [ -f "$file" ] && printf '|%s\n' "$(basename "$file" .xml)"; done
echo "@started"
for file in /run/libvirt/network/*.xml; do [ -f "$file" ] && printf '|%s\n' "$(basename "$file" .xml)"; done
echo "@running"
for file in /run/libvirt/qemu/*.pid; do [ -f "$file" ] && printf '|%s\n' "$(basename "$file" .pid)"; done
echo "@autostart"
for file in /etc/libvirt/qemu/autostart/*.xml; do [ -e "$file" ] && printf '|%s\n' "$(basename "$file" .xml)"; done
echo "@snapshots"
for folder in /var/lib/libvirt/qemu/snapshot/*/; do
  [ -n "$(ls -A "$folder" 2>/dev/null)" ] && printf '|%s\n' "$(basename "$folder")"
done
count=0
for file in /etc/libvirt/qemu/*.xml; do
  [ -f "$file" ] || continue
  count=$((count + 1)); [ "$count" -le ${MAX_VMS} ] || break
  printf '@xml %s\n' "$(basename "$file" .xml)"
  head -c 1000000 "$file" | sed 's/^/|/'; echo
done
echo "@end"`.replaceAll('${MAX_VMS}', String(MAX_VMS));

export interface Bridge {
  readonly name: string;
  /** It has a port that is no VM's: most likely the way out of the host. */
  readonly hasUplink: boolean;
}
export interface ListedVm {
  readonly description: DomainDescription;
  readonly running: boolean;
  readonly vcpus: number | null;
}
/** What one host has, as its files say. */
export interface HostVms {
  readonly host: string;
  readonly vms: readonly ListedVm[];
  readonly bridges: readonly Bridge[];
  readonly networks: readonly string[];
  /** Those of them that are defined and not started: libvirt starts no VM on them. */
  readonly stoppedNetworks: readonly string[];
  readonly memoryTotalMiB: number | null;
  readonly memoryFreeMiB: number | null;
}

/** Reads the VMs of a host and what they could use there; changes nothing. Throws a FailureError. */
export async function listVms(session: HostSession, areaPath: string): Promise<HostVms> {
  const output = await runChecked(
    session,
    {
      what: 'listing the VMs',
      script,
      deadlineMs: DEADLINE_MS,
      outputLimitBytes: OUTPUT_LIMIT_BYTES,
    },
    'host.facts-failed',
  );
  return parseVms(session.hostName, output, areaPath);
}

/** Pure. A definition that can't be read is left out: libvirt would not start it either. */
export function parseVms(host: string, output: string, areaPath: string): HostVms {
  const sections = split(output);
  if (!sections.has('end')) {
    throw fail({
      code: 'host.facts-failed',
      message: `${host} did not tell all its VMs.`,
      meaning: 'The script that reads them was cut off or something printed into it.',
    });
  }
  const list = (key: string): readonly string[] => sections.get(key) ?? [];
  const mounts = parseMounts(list('mounts').join('\n'));
  const memory = new Map(
    list('memory').map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]),
  );
  const mib = (key: string): number | null => {
    const kib = memory.get(key);
    return kib === undefined || !Number.isFinite(kib) ? null : Math.round(kib / 1024);
  };
  return {
    host,
    vms: [...sections].flatMap(([key, lines]) => {
      const about = { key, areaPath, mounts, sections };
      return key.startsWith('xml ') ? vm(lines.join('\n'), about) : [];
    }),
    bridges: list('bridges').map((line) => ({
      name: line.split(' ')[0] ?? '',
      hasUplink: Number(line.split(' ')[1]) > 0,
    })),
    networks: list('networks'),
    stoppedNetworks: list('networks').filter((name) => !list('started').includes(name)),
    memoryTotalMiB: mib('MemTotal'),
    memoryFreeMiB: mib('MemAvailable'),
  };
}

interface About {
  readonly key: string;
  readonly areaPath: string;
  readonly mounts: readonly Mount[];
  readonly sections: ReadonlyMap<string, readonly string[]>;
}

function vm(xml: string, { key, areaPath, mounts, sections }: About): ListedVm[] {
  const name = key.slice('xml '.length);
  const among = (section: string): boolean => sections.get(section)?.includes(name) === true;
  try {
    const description = describeDomain(xml, {
      autostart: among('autostart'),
      hasSnapshots: among('snapshots'),
      placementOf: placements(areaPath, mounts),
    });
    const vcpus = Number(/<vcpu[^>]*>\s*(\d+)\s*</.exec(xml)?.[1]);
    return [{ description, running: among('running'), vcpus: vcpus > 0 ? vcpus : null }];
  } catch {
    return [];
  }
}

export const placesOf = ({ bridges, networks, stoppedNetworks }: HostVms): HostPlaces => ({
  bridges: bridges.map(({ name }) => name),
  networks: networks.filter((name) => !stoppedNetworks.includes(name)),
});

/** `@name` begins a section; its lines begin with `|`. */
function split(output: string): ReadonlyMap<string, readonly string[]> {
  const sections = new Map<string, string[]>();
  let open: string[] = [];
  for (const line of output.split('\n')) {
    if (line.startsWith('|')) open.push(line.slice(1));
    else if (line.startsWith('@')) {
      open = [];
      sections.set(line.slice(1), open);
    }
  }
  return sections;
}
