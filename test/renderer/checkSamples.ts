import type { CheckLine, CheckReport } from '../../electron/ipc/setup/workViews.ts';
import { hostName } from './samples.ts';

/** Validation reports as the app publishes them. */

/** Reports are as old as the test. */
const NOW = Date.now();

const checkTitles: readonly (readonly [CheckLine['group'], string, string, string])[] = [
  ['host', 'host.cpu', 'The processor is supported', 'x86_64, AMD EPYC 3251'],
  ['host', 'host.glibc', 'The C library is new enough', 'glibc 2.36'],
  ['host', 'host.systemd', 'systemd runs the services', 'systemd 252'],
  ['host', 'host.space', 'There is room for the agent', '/opt 18230 MiB free'],
  ['hypervisor', 'hypervisor.libvirt', 'libvirt answers', 'libvirt 9.0.0'],
  ['hypervisor', 'hypervisor.kvm', 'The processor runs VMs', '/dev/kvm'],
  ['watchdog', 'watchdog.device', 'There is a watchdog', 'iTCO_wdt, 60 s'],
  ['network', 'network.udp', 'Heartbeats get through', '0.3 ms'],
  ['time', 'time.synchronized', 'The clock is synchronized', 'by NTP'],
  ['other-software', 'other.ha', 'No other failover software manages VMs here', 'none found'],
];

export const line = (more: Partial<CheckLine> = {}): CheckLine => ({
  key: 'host.cpu alpha',
  id: 'host.cpu',
  group: 'host',
  host: 'alpha',
  title: 'The processor is supported',
  state: 'passed',
  evidence: 'x86_64',
  whatToDo: null,
  fix: null,
  acceptable: false,
  accepted: false,
  checkedAt: NOW,
  running: false,
  ...more,
});
const goodLines = (hosts: number): readonly CheckLine[] =>
  Array.from({ length: hosts }, (_, slot) =>
    checkTitles.map(([group, id, title, evidence]) =>
      line({ key: `${id} ${hostName(slot)}`, id, group, host: hostName(slot), title, evidence }),
    ),
  ).flat();

/** One of each kind of trouble, as a first look at real hosts finds them. */
export const badLines: readonly CheckLine[] = [
  line({
    key: 'hypervisor.nested beta',
    id: 'hypervisor.kvm',
    group: 'hypervisor',
    host: 'beta',
    title: 'The processor runs VMs',
    state: 'failed',
    evidence: 'no /dev/kvm',
    whatToDo: {
      code: 'host.no-kvm',
      message: 'beta can not run VMs with hardware support.',
      meaning: 'Virtualization is switched off in its firmware, or it is itself a VM without it.',
      fix: 'Switch on VT-x or AMD-V in the firmware setup of beta.',
    },
  }),
  line({
    key: 'watchdog.device beta',
    id: 'watchdog.device',
    group: 'watchdog',
    host: 'beta',
    title: 'There is a watchdog',
    state: 'failed',
    evidence: 'no device; the module iTCO_wdt would fit',
    acceptable: true,
    whatToDo: {
      code: 'watchdog.none',
      message: 'beta has no watchdog.',
      meaning:
        'If beta hangs, nobody can be certain that its VMs have stopped, so they are not taken over by time.',
      fix: 'Load the driver of its watchdog.',
    },
    fix: {
      id: 'load-watchdog',
      label: 'Load the driver',
      consequence: 'Runs modprobe iTCO_wdt on beta now and at each start. Nothing is restarted.',
    },
  }),
  line({
    key: 'time.apart',
    id: 'time.apart',
    group: 'time',
    host: null,
    title: 'The clocks agree',
    state: 'warning',
    evidence: '4.2 s apart (measured to 0.1 s)',
    whatToDo: {
      code: 'hosts.clocks-apart',
      message: 'The clocks of the hosts are 4.2 s apart.',
      meaning: 'No decision depends on it, but the events of two hosts can not be read in order.',
      fix: 'Let both synchronize with the same time server (systemd-timesyncd or chrony).',
    },
  }),
  line({
    key: 'storage.async',
    id: 'storage.async',
    group: 'storage',
    host: null,
    title: 'Exports keep what they acknowledge',
    state: 'skipped',
    evidence: 'no host is a file server',
  }),
];

export const report = (more: Partial<CheckReport> = {}): CheckReport => ({
  groupId: null,
  hosts: ['alpha', 'beta'],
  lines: goodLines(2),
  running: false,
  startedAt: NOW - 9_000,
  finishedAt: NOW - 4_000,
  nextAt: null,
  failures: [],
  blocking: 0,
  ...more,
});
export const badReport = (more: Partial<CheckReport> = {}): CheckReport =>
  report({ lines: [...goodLines(2), ...badLines], blocking: 2, ...more });
export const hugeReport = (): CheckReport =>
  report({ hosts: Array.from({ length: 8 }, (_, slot) => hostName(slot)), lines: goodLines(8) });
