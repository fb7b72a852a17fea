import { expect, test } from 'vitest';
import { shellSyntax } from '../testing/hereSession.ts';
import { sampleFacts } from '../testing/sampleFacts.ts';
import type { Check } from './check.ts';
import { runChecks } from './checks.ts';
import { applyFix, fixFor } from './fixes.ts';
import { reportHtml, reportJson } from './savedReport.ts';
import type { HostSession, RootRun } from '../ssh/session.ts';

const facts = [sampleFacts('a', { os: '<b>', cpuModel: '<script>alert(1)</script>' }), sampleFacts('b')];
const checks = runChecks(facts, new Map()).map((check) => ({ ...check, accepted: false }));
const report = { hosts: ['a', 'b'], at: '2026-01-01T00:00:00Z', appVersion: '0.2.0', checks };

test('a saved page has every line and runs nothing that a host said', () => {
  const page = reportHtml(report);
  for (const { title } of checks) expect(page).toContain(title.replaceAll("'", '&#39;'));
  expect(page).not.toContain('<script');
  expect(page).not.toContain('<b>&lt;');
  expect(page).toContain('&lt;script&gt;');
});

test('a saved file says the same to a machine', () => {
  const saved = JSON.parse(reportJson(report)) as { checks: unknown[]; counts: Record<string, number> };
  expect(saved.checks).toHaveLength(checks.length);
  expect(saved.counts).toMatchObject({ failed: 0, warning: 1 });
});

const failing = (changes: Parameters<typeof sampleFacts>[1], code: string): Check => {
  const found = runChecks([sampleFacts('a', changes)], new Map()).find((each) => each.failure?.code === code);
  if (found === undefined) throw new Error(`no ${code}`);
  return found;
};

test('only causes that can be taken away safely from here have a fix', () => {
  const idOf = (check: Check): string | null => fixFor(check, 7677)?.id ?? null;
  expect(idOf(failing({ libvirtSocket: null }, 'host.libvirt-not-running'))).toBe('start-libvirt');
  expect(idOf(failing({ watchdogs: [], watchdogDevices: [] }, 'host.no-watchdog'))).toBe('load-watchdog');
  expect(idOf(failing({ runtimeWatchdog: '30s' }, 'host.watchdog-in-use'))).toBe('free-watchdog');
  expect(idOf(failing({ watchdogHolders: ['812 wdmd'] }, 'host.watchdog-in-use'))).toBeNull();
  expect(idOf(failing({ processes: new Set(['sanlock']) }, 'host.other-ha'))).toBeNull();
  expect(idOf(failing({ glibc: [2, 17] }, 'host.glibc-too-old'))).toBeNull();
});

test('every fix is a script that sh understands', () => {
  const found = [
    failing({ libvirtSocket: null }, 'host.libvirt-not-running'),
    failing({ watchdogs: [], watchdogDevices: [] }, 'host.no-watchdog'),
    failing({ runtimeWatchdog: '30s' }, 'host.watchdog-in-use'),
  ].flatMap((each) => fixFor(each, 7677) ?? []);
  expect(found.map(({ script }) => shellSyntax(script))).toEqual(['', '', '']);
});

test('a fix runs with bounds, and one that fails says that nothing else was changed', async () => {
  const runs: RootRun[] = [];
  const session = {
    hostName: 'a',
    runAsRoot: async (run: RootRun) => {
      runs.push(run);
      return { exitCode: 1, signal: null, stdout: '', stderr: 'modprobe: FATAL: Module softdog not found' };
    },
  } as unknown as HostSession;
  const fix = fixFor(failing({ watchdogs: [], watchdogDevices: [] }, 'host.no-watchdog'), 7677);
  if (fix === null) throw new Error('no fix');
  await expect(applyFix([session], fix)).rejects.toMatchObject({
    failure: { code: 'check.fix-failed', message: expect.stringContaining('softdog not found') },
  });
  expect(runs).toHaveLength(1);
  expect(runs[0]?.deadlineMs).toBeGreaterThan(0);
});
