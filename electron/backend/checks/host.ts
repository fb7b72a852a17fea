import type { HostFacts } from '../facts/facts.ts';
import { type Check, failed, pass, warn } from './check.ts';

/** Node 24 needs it. */
const MIN_GLIBC: readonly [number, number] = [2, 28];
/** Two versions of the agent side by side (about 130 MiB each), and logs. */
const MIN_FREE_KIB: ReadonlyMap<string, number> = new Map([
  ['/opt', 300 * 1024],
  ['/etc', 4 * 1024],
  ['/var/lib', 64 * 1024],
]);
const MIN_SYSTEMD = 239;
const needed = ['sha256sum', 'gzip', 'timeout', 'sync', 'getent', 'groupadd'];

/** What the machine itself must be, whatever its role. Pure. */
export function hostChecks(facts: HostFacts): Check[] {
  return [
    architecture(facts),
    glibc(facts),
    systemd(facts),
    tools(facts),
    space(facts),
    identity(facts),
    bareMetal(facts),
    sleep(facts),
    otherSoftware(facts),
  ];
}

const about = (facts: HostFacts, id: string, title: string, group: Check['group'] = 'host') => ({
  id,
  title,
  group,
  host: facts.name,
});

function architecture(facts: HostFacts): Check {
  const base = about(facts, 'host.cpu', 'The processor is supported');
  if (facts.arch === 'x86_64' || facts.arch === 'aarch64')
    return pass(base, `${facts.arch}, ${facts.cpuModel}`);
  return failed(base, facts.arch, {
    code: 'host.cpu-unsupported',
    message: `${facts.name} has a ${facts.arch} processor.`,
    meaning: 'There is no agent for it.',
    fix: 'Use a host with an x86_64 or aarch64 processor.',
  });
}

function glibc(facts: HostFacts): Check {
  const base = about(facts, 'host.glibc', 'The C library is new enough');
  const [major, minor] = MIN_GLIBC;
  const found = facts.glibc;
  const evidence = found === null ? 'no glibc found' : `glibc ${found[0]}.${found[1]}`;
  if (found !== null && (found[0] > major || (found[0] === major && found[1] >= minor)))
    return pass(base, evidence);
  return failed(base, evidence, {
    code: 'host.glibc-too-old',
    message: `${facts.name} has ${evidence}; ${major}.${minor} or newer is needed.`,
    meaning: 'The agent could not start there.',
    fix: 'Update the host to a distribution of 2019 or later (Debian 10, RHEL 8, Ubuntu 20.04).',
  });
}

function systemd(facts: HostFacts): Check {
  const base = about(facts, 'host.systemd', 'systemd runs the services');
  const evidence =
    facts.init === 'systemd' ? `systemd ${facts.systemdVersion ?? '?'}` : `process 1 is ${facts.init}`;
  if (facts.init === 'systemd' && (facts.systemdVersion ?? 0) >= MIN_SYSTEMD) return pass(base, evidence);
  return failed(base, evidence, {
    code: 'host.no-systemd',
    message: `${facts.name}: ${evidence}; systemd ${MIN_SYSTEMD} or newer is needed.`,
    fix: 'Use a host whose services are run by systemd.',
  });
}

function tools(facts: HostFacts): Check {
  const base = about(facts, 'host.tools', 'The tools that the installer uses are there');
  const missing = needed.filter((tool) => !facts.tools.includes(tool));
  if (missing.length === 0) return pass(base, needed.join(', '));
  return failed(base, `missing: ${missing.join(', ')}`, {
    code: 'host.tools-missing',
    message: `${facts.name} lacks ${missing.join(', ')}.`,
    fix: 'Install coreutils, gzip and the shadow utilities (passwd) there.',
  });
}

function space(facts: HostFacts): Check {
  const base = about(facts, 'host.space', 'There is room for the agent');
  const short = [...MIN_FREE_KIB].filter(
    ([path, needKiB]) => (facts.freeKiB.get(path) ?? Infinity) < needKiB,
  );
  const evidence = [...facts.freeKiB]
    .map(([path, free]) => `${path} ${Math.floor(free / 1024)} MiB free`)
    .join(', ');
  if (short.length === 0) return pass(base, evidence);
  const what = short.map(([path, needKiB]) => `${needKiB / 1024} MiB in ${path}`).join(', ');
  return failed(base, evidence, {
    code: 'host.disk-full',
    message: `${facts.name} has too little free space: ${what} needed.`,
    fix: 'Free some space there.',
  });
}

function identity(facts: HostFacts): Check {
  const base = about(facts, 'host.identity', 'The machine has an identity of its own');
  if (/^[0-9a-f]{32}$/.test(facts.machineId)) {
    return pass(
      base,
      `machine id ${facts.machineId.slice(0, 8)}..., hardware ${facts.dmiUuid || 'not told'}`,
    );
  }
  return failed(base, facts.machineId || 'no /etc/machine-id', {
    code: 'host.no-machine-id',
    message: `${facts.name} has no valid /etc/machine-id.`,
    fix: 'Run systemd-machine-id-setup there.',
  });
}

function bareMetal(facts: HostFacts): Check {
  const base = about(facts, 'host.virtual', 'The host is a real machine');
  const kind = facts.virtualization;
  if (kind === '' || kind === 'none') return pass(base, 'no hypervisor below it');
  return warn(base, kind, {
    code: 'host.is-virtual',
    message: `${facts.name} is itself virtual (${kind}).`,
    meaning:
      'A hypervisor can pause it without its clocks noticing, so its VMs are taken over by time only if you accept that.',
    fix: 'Use real machines, or accept it when the group is made (in a terminal: --accept-software-watchdog).',
  });
}

function sleep(facts: HostFacts): Check {
  const base = about(facts, 'host.sleep', 'The host does not go to sleep');
  const targets = ['sleep.target', 'suspend.target', 'hibernate.target', 'hybrid-sleep.target'];
  const open = targets.filter((name) => facts.units.get(name)?.fileState !== 'masked');
  if (open.length === 0) return pass(base, 'sleep targets are masked');
  if (facts.installedVersion === null) return pass(base, 'will be masked by the installer');
  // What systemd did not tell of is not held against the host.
  const told = open.filter((name) => facts.units.has(name));
  if (told.length === 0) return pass(base, 'systemd tells of no sleep targets');
  return warn(base, `not masked: ${told.join(', ')}`, {
    code: 'host.may-sleep',
    message: `${facts.name} may go to sleep: somebody took back what the installer had set.`,
    meaning: 'A host that sleeps loses its lease, and its VMs are stopped or taken over.',
    fix: `Mask them again: systemctl mask ${told.join(' ')}`,
  });
}

const rivals: ReadonlyMap<string, string> = new Map([
  ['pacemaker.service', 'Pacemaker'],
  ['corosync.service', 'Corosync'],
  ['sanlock.service', 'sanlock'],
  ['wdmd.service', 'wdmd (sanlock)'],
  ['pve-ha-lrm.service', 'Proxmox VE HA'],
  ['pve-ha-crm.service', 'Proxmox VE HA'],
  ['ovirt-ha-agent.service', 'oVirt HA'],
  ['vdsmd.service', 'oVirt VDSM'],
  ['heartbeat.service', 'Heartbeat'],
]);
const rivalProcesses: ReadonlyMap<string, string> = new Map([
  ['pacemakerd', 'Pacemaker'],
  ['corosync', 'Corosync'],
  ['sanlock', 'sanlock'],
  ['wdmd', 'wdmd (sanlock)'],
  ['pve-ha-lrm', 'Proxmox VE HA'],
  ['pve-ha-crm', 'Proxmox VE HA'],
  ['vdsmd', 'oVirt VDSM'],
]);

function otherSoftware(facts: HostFacts): Check {
  const base = about(facts, 'other.ha', 'No other failover software manages VMs here', 'other-software');
  const units = [...rivals].filter(([unit]) => {
    const state = facts.units.get(unit);
    return state !== undefined && state.loaded && (state.active || state.fileState === 'enabled');
  });
  const processes = [...rivalProcesses].filter(([name]) => facts.processes.has(name));
  const found = [...new Set([...units, ...processes].map(([, name]) => name))];
  if (found.length === 0) return pass(base, 'none found');
  return failed(base, found.join(', '), {
    code: 'host.other-ha',
    message: `${facts.name} already has ${found.join(' and ')}.`,
    meaning: 'Two systems that start, stop and fence the same machines work against each other.',
    fix: `Take the VMs out of it and disable it (systemctl disable --now ...), or use that one instead of Understudy.`,
  });
}
