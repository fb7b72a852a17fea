import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HostSession } from '../ssh/session.ts';
import { hereSession } from '../testing/hereSession.ts';
import { installSteps } from './install.ts';
import { previousVersion } from './programSteps.ts';
import { checkedCurrentStep } from './selfCheck.ts';
import { applySteps } from './step.ts';

const line = (change: object): string =>
  `${JSON.stringify({ selfCheck: 1, version: '2', ok: true, parts: [], ...change })}\n`;

interface Said {
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** A host whose new version says this of itself, and whose link moves when it is told to. */
function hostOn(current: string, said: Said) {
  const host = { current, checks: 0, removed: false };
  const session: HostSession = {
    ...hereSession,
    hostName: 'alpha',
    runAsRoot: async ({ script }) => {
      const end = { exitCode: 0, signal: null, stdout: '', stderr: '' };
      if (script.includes('look() {')) return { ...end, stdout: host.current === '2' ? 'yes' : 'no' };
      if (script.includes('self-check')) {
        host.checks += 1;
        return { ...end, ...said };
      }
      if (script.includes('rm -rf')) host.removed = true;
      else if (script.includes('ln -sfn')) host.current = '2';
      return end;
    },
  };
  return { host, run: () => applySteps(session, [checkedCurrentStep('2')], () => undefined) };
}

test('a version that passes its own check becomes current; one that is current already is not checked', async () => {
  const { host, run } = hostOn('1', { stdout: `(node) a warning\n${line({})}` });
  await run();
  expect(host).toEqual({ current: '2', checks: 1, removed: false });
  await run();
  expect(host.checks).toBe(1);
});

const refused: readonly (readonly [string, Said, RegExp])[] = [
  [
    'one part of it failed',
    {
      exitCode: 1,
      stdout: line({ ok: false, parts: [{ part: 'rehearsal', ok: false, note: 'the keeper ended with 1' }] }),
    },
    /rehearsal: the keeper ended with 1/,
  ],
  ['it says nothing', { exitCode: 1, stderr: 'SyntaxError: Unexpected token' }, /Unexpected token/],
  ['it can not be started', { exitCode: 127, stderr: 'node: not found' }, /ended with 127.*not found/],
  ['it hangs', { exitCode: 124 }, /did not end within 90 s/],
  ['it is another version', { stdout: line({ version: '3' }) }, /ended with 0/],
  ['it is well but ends badly', { exitCode: 1, stdout: line({}) }, /ended with 1/],
  ['it prints nonsense', { stdout: '{"ok":true}' }, /ended with 0 and said no result/],
];

test.each(refused)('the link is not moved when %s', async (_why, said, message) => {
  const { host, run } = hostOn('1', said);
  await expect(run()).rejects.toMatchObject({
    failure: { code: 'install.self-check-failed', message: expect.stringMatching(message) },
  });
  expect(host).toMatchObject({ current: '1', removed: true });
});

test('nobody goes back to a version that has not passed its check', async () => {
  const home = mkdtempSync(join(tmpdir(), 'understudy-versions-'));
  const put = (version: string, secondsAgo: number, ...more: readonly string[]): void => {
    mkdirSync(join(home, version));
    for (const name of ['node', 'agent.cjs', 'understudy-keeper', ...more])
      writeFileSync(join(home, version, name), '', { mode: 0o755 });
    const at = Date.now() / 1000 - secondsAgo;
    utimesSync(join(home, version), at, at);
  };
  put('1', 30);
  put('2', 20, '.unproven');
  put('3', 10);
  symlinkSync('3', join(home, 'current'));
  const session: HostSession = {
    ...hereSession,
    runAsRoot: (run) => hereSession.runAsRoot({ ...run, args: [home] }),
  };
  expect(await previousVersion(session)).toBe('1');
  rmSync(home, { recursive: true });
});

test('an installation checks before it swaps, and everything that the check needs is there by then', () => {
  const ids = installSteps({ libvirtVersion: [9, 0] }, { version: '2', files: [] }, 'root').map(
    ({ id }) => id,
  );
  expect(ids.indexOf('current')).toBeGreaterThan(ids.indexOf('programs'));
  expect(ids.indexOf('current')).toBeLessThan(ids.indexOf('running-version'));
});
