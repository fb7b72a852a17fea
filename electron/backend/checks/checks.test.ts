import { expect, test } from 'vitest';
import type { HostFacts } from '../facts/facts.ts';
import { sampleFacts } from '../testing/sampleFacts.ts';
import { blocking } from './check.ts';
import { requireNoFails, runChecks } from './checks.ts';

const none = new Map<string, never>();
const both = (changes: Partial<HostFacts>): HostFacts[] => [sampleFacts('a', changes), sampleFacts('b')];

function codes(facts: readonly HostFacts[], status: 'warn' | 'fail'): string[] {
  const found = runChecks(facts, none).filter((check) => check.status === status);
  return found.map((check) => check.failure?.code ?? 'none');
}

test('two good hosts pass everything', () => {
  const checks = runChecks([sampleFacts('a'), sampleFacts('b')], none);
  expect(checks.filter((check) => check.status !== 'pass')).toEqual([]);
  expect(new Set(checks.map((check) => `${check.id} ${check.host}`)).size).toBe(checks.length);
});

const rivalUnit = { loaded: true, active: true, fileState: 'enabled' };
const fails: readonly [string, Partial<HostFacts>][] = [
  ['host.cpu-unsupported', { arch: 'riscv64' }],
  ['host.glibc-too-old', { glibc: [2, 27] }],
  ['host.glibc-too-old', { glibc: null }],
  ['host.no-systemd', { init: 'openrc-init' }],
  ['host.no-systemd', { systemdVersion: 219 }],
  ['host.tools-missing', { tools: ['wdctl', 'timeout'] }],
  ['host.disk-full', { freeKiB: new Map([['/opt', 1000]]) }],
  ['host.no-machine-id', { machineId: 'uninitialized' }],
  ['host.no-libvirt', { libvirtDaemon: null }],
  ['host.libvirt-too-old', { libvirtVersion: [4, 5] }],
  ['host.libvirt-not-running', { libvirtSocket: null }],
  ['host.no-qemu', { qemu: null }],
  ['host.no-watchdog', { watchdogs: [], watchdogDevices: [] }],
  ['host.watchdog-in-use', { watchdogHolders: ['812 wdmd'] }],
  ['host.watchdog-in-use', { runtimeWatchdog: '30s' }],
  ['host.no-wdctl', { tools: ['sha256sum', 'gzip', 'timeout', 'sync', 'getent', 'groupadd'] }],
  ['host.other-ha', { units: new Map([['pacemaker.service', rivalUnit]]) }],
  ['host.other-ha', { units: new Map([['pve-ha-lrm.service', rivalUnit]]) }],
  ['host.other-ha', { processes: new Set(['sanlock']) }],
  ['hosts.same-machine-id', { machineId: sampleFacts('b').machineId }],
  ['hosts.same-machine-id', { dmiUuid: sampleFacts('b').dmiUuid }],
  ['hosts.same-machine-id', { bootId: sampleFacts('b').bootId }],
  ['hosts.clocks-apart', { clockOffsetMs: 90_000 }],
];

test.each(fails)('%s is a fail with a way out', (code, changes) => {
  const checks = runChecks(both(changes), none);
  const failure = checks.find((check) => check.status === 'fail' && check.failure?.code === code)?.failure;
  expect(failure?.message).not.toBe('');
  expect(failure?.fix).toMatch(/./);
});

test('what only lessens the safety warns', () => {
  expect(codes(both({ virtualization: 'kvm' }), 'warn')).toEqual(['host.is-virtual']);
  expect(codes(both({ clockOffsetMs: 5_000 }), 'warn')).toEqual(['hosts.clocks-apart']);
  const unmasked = new Map([
    ...sampleFacts('a').units,
    ['sleep.target', { ...rivalUnit, fileState: 'static' }],
  ]);
  expect(codes(both({ units: unmasked }), 'warn')).toEqual(['host.may-sleep']);
  expect(codes(both({ units: unmasked, installedVersion: null }), 'warn')).toEqual([]);
  const stepDown = (change: Partial<typeof rivalUnit>, keeper = true) =>
    new Map([
      ['understudy-keeper.service', { ...rivalUnit, active: keeper }],
      ['understudy-step-down.service', { loaded: true, active: true, fileState: 'enabled', ...change }],
    ]);
  for (const change of [{ loaded: false, fileState: '' }, { fileState: 'disabled' }, { active: false }]) {
    expect(codes(both({ units: stepDown(change) }), 'warn')).toEqual(['host.no-step-down']);
  }
  expect(codes(both({ units: stepDown({}) }), 'warn')).toEqual([]);
  expect(codes(both({ units: stepDown({ active: false }, false) }), 'warn')).toEqual([]);
  expect(codes(both({ clockSynchronized: null }), 'warn')).toEqual(['host.clock-not-synchronized']);
  expect(codes(both({ hasKvm: false }), 'warn')).toEqual(['host.no-kvm']);
  expect(codes(both({ cpuModel: 'Xeon' }), 'warn')).toEqual(['hosts.different-cpu']);
  const soft = { device: '/dev/watchdog0', attributes: '/sys/x', timeoutSeconds: 60, nowayout: false };
  const stubborn = { watchdogs: [{ ...soft, nowayout: true, identity: 'iTCO_wdt' }] };
  expect(codes(both(stubborn), 'warn')).toEqual(['host.watchdog-nowayout']);
  const software = { watchdogs: [{ ...soft, identity: 'Software Watchdog' }] };
  expect(codes(both(software), 'warn')).toEqual(['host.software-watchdog']);
});

test('clocks that only look apart because the measurement was slow do not warn', () => {
  expect(codes(both({ clockOffsetMs: 3_000, clockUncertaintyMs: 2_000 }), 'warn')).toEqual([]);
});

test('a watchdog that was named must be there', () => {
  const named = (device: string) =>
    runChecks([sampleFacts('a')], new Map([['a', { device, attributes: null }]]));
  expect(blocking(named('/dev/watchdog0'), new Set())).toEqual([]);
  expect(blocking(named('/dev/nope'), new Set()).map((check) => check.failure?.code)).toEqual([
    'host.watchdog-not-there',
  ]);
});

test('a disabled rival that does not run is no rival', () => {
  const off = { loaded: true, active: false, fileState: 'disabled' };
  expect(codes(both({ units: new Map([['corosync.service', off]]) }), 'fail')).toEqual([]);
});

test('the watchdog held by our own keeper is free for us', () => {
  expect(codes(both({ watchdogHolders: ['99 understudy-keep', '101 node'] }), 'fail')).toEqual([]);
});

test('only what may be accepted can be accepted, by its name', () => {
  const accepted = new Set(['watchdog.device', 'host.glibc']);
  const noWatchdog = runChecks(both({ watchdogs: [], watchdogDevices: [] }), none);
  expect(blocking(noWatchdog, new Set())).toHaveLength(1);
  expect(blocking(noWatchdog, accepted)).toEqual([]);
  expect(blocking(runChecks(both({ glibc: [2, 17] }), none), accepted)).toHaveLength(1);
  expect(() => requireNoFails(noWatchdog, new Set())).toThrowError(/no watchdog/);
});
