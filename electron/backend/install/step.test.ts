import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FailureError } from '../../../agent/protocol/failure.ts';
import { Secret } from '../secret.ts';
import { type HostSession, openSession } from '../ssh/session.ts';
import { startTestServer, type TestServer } from '../ssh/testing/sshServer.ts';
import { readBundle } from './bundle.ts';
import { installSteps } from './install.ts';
import { hereSession } from '../testing/hereSession.ts';
import { withSession } from './reconnect.ts';
import { applySteps, planSteps, scriptStep, type Step, type StepEvent, undoSteps } from './step.ts';

let folder = '';
let server: TestServer;
const sessions: HostSession[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-steps-'));
  server = await startTestServer({ password: 'pw' });
});
afterEach(async () => {
  for (const session of sessions.splice(0)) session.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

async function open(): Promise<HostSession> {
  const session = await openSession(server.entry('a', { user: 'root' }), async () => new Secret('pw'));
  sessions.push(session);
  return session;
}

/** A step that makes one file, and notes each time it is applied. */
function fileStep(id: string, apply = ': >"$1"'): Step {
  const path = join(folder, id);
  return scriptStep({
    id,
    title: `the file ${id}`,
    changes: [path],
    args: [path, `${path}.applied`],
    done: '[ -e "$1" ]',
    apply: `printf x >>"$2"\n${apply}`,
    undo: 'rm -f -- "$1"',
  });
}

const states = (events: readonly StepEvent[]): string[] =>
  events.map((event) => `${event.step} ${event.state}`);

test('steps are applied once, the second run finds them done, and undo takes them back', async () => {
  const session = await open();
  const steps = [fileStep('one'), fileStep('two')];
  expect((await planSteps(session, steps)).map((step) => step.needed)).toEqual([true, true]);
  await applySteps(session, steps, () => undefined);
  const events: StepEvent[] = [];
  await applySteps(session, steps, (event) => events.push(event));
  expect(states(events)).toEqual(['one checking', 'one already-done', 'two checking', 'two already-done']);
  expect(readFileSync(join(folder, 'one.applied'), 'utf8')).toBe('x');
  await undoSteps(session, steps, () => undefined);
  expect(existsSync(join(folder, 'one'))).toBe(false);
  await undoSteps(session, steps, () => undefined);
});

test('a failing step stops the run, names itself, and leaves the rest alone', async () => {
  const session = await open();
  const steps = [fileStep('one'), fileStep('bad', 'echo "no way" >&2; exit 9'), fileStep('three')];
  const run = applySteps(session, steps, () => undefined);
  await expect(run).rejects.toThrowError(/the file bad failed \(exit status 9\): no way/);
  expect(readdirSync(folder).sort()).toEqual(['bad.applied', 'one', 'one.applied']);
});

test('a step without effect is a failure, not a success', async () => {
  const session = await open();
  await expect(applySteps(session, [fileStep('idle', 'true')], () => undefined)).rejects.toThrowError(
    /its result is not there/,
  );
});

test('a full disk is told as a full disk', async () => {
  const session = await open();
  const full = fileStep('full', 'echo "write error: No space left on device" >&2; exit 1');
  const run = applySteps(session, [full], () => undefined);
  await expect(run).rejects.toMatchObject({ failure: { code: 'host.disk-full' } });
});

test('a connection cut in the middle is taken up again where it stopped', async () => {
  const steps = [fileStep('one'), fileStep('two'), fileStep('three')];
  const waits: number[] = [];
  let cuts = 0;
  await withSession(
    open,
    (session) =>
      applySteps(session, steps, (event) => {
        if (event.step === 'two' && event.state === 'applying' && cuts < 2) {
          cuts += 1;
          server.cutAll();
        }
      }),
    async (ms) => void waits.push(ms),
  );
  expect(cuts).toBe(2);
  expect(waits).toHaveLength(2);
  expect(readFileSync(join(folder, 'one.applied'), 'utf8')).toBe('x');
  expect(existsSync(join(folder, 'three'))).toBe(true);
});

test('a failure that is not a lost connection is not tried again', async () => {
  let tries = 0;
  const run = withSession(open, async () => {
    tries += 1;
    throw new FailureError({ code: 'host.disk-full', message: 'full' });
  });
  await expect(run).rejects.toThrowError('full');
  expect(tries).toBe(1);
});

test('a bundle is read with its version, and a missing or damaged one is named', () => {
  const content = Buffer.from('console.log(1)\n');
  const packed = gzipSync(content);
  const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
  const home = join(folder, 'x64');
  const manifest = {
    version: '0.1.0-abc',
    architecture: 'x64',
    files: [
      {
        name: 'agent.cjs',
        mode: 0o644,
        sizeBytes: content.length,
        sha256: digest(content),
        compressedName: 'agent.cjs.gz',
        compressedSha256: digest(packed),
      },
    ],
  };
  expect(() => readBundle(folder, 'x86_64')).toThrowError(/missing or damaged/);
  expect(() => readBundle(folder, 'riscv64')).toThrowError(/no agent for riscv64/);
  mkdirSync(home);
  writeFileSync(join(home, 'agent.cjs.gz'), packed);
  writeFileSync(join(home, 'manifest.json'), JSON.stringify(manifest));
  expect(readBundle(folder, 'x86_64')).toMatchObject({
    version: '0.1.0-abc',
    files: [{ name: 'agent.cjs' }],
  });
  const escaping = { ...manifest, files: [{ ...manifest.files[0], compressedName: '../secret' }] };
  writeFileSync(join(home, 'manifest.json'), JSON.stringify(escaping));
  expect(() => readBundle(folder, 'x86_64')).toThrowError(/missing or damaged/);
});

test('the same steps come of the same facts, folders first, and a chained hook only for an old libvirt', () => {
  const ids = (minor: number, user: string): string[] =>
    installSteps({ libvirtVersion: [6, minor] }, { version: '1', files: [] }, user).map((step) => step.id);
  expect(ids(5, 'root')[0]).toBe('folders');
  expect(ids(5, 'root')).not.toContain('member');
  expect(ids(5, 'ops')).toContain('member');
  const hook = (minor: number): readonly string[] | undefined =>
    installSteps({ libvirtVersion: [6, minor] }, { version: '1', files: [] }, 'root').find(
      (step) => step.id === 'hook',
    )?.changes;
  expect(hook(5)).toEqual(['/etc/libvirt/hooks/qemu.d/understudy']);
  expect(hook(4)?.[0]).toBe('/etc/libvirt/hooks/qemu');
});

test('an update starts the unit that holds a shutdown up, on a host that works in a group and on no other', async () => {
  const steps = installSteps({ libvirtVersion: [6, 5] }, { version: '1', files: [] }, 'root');
  const ids = steps.map(({ id }) => id);
  expect(ids.indexOf('step-down')).toBeGreaterThan(ids.indexOf('running-version'));
  const systemctl = `for each; do unit=$each; done
case $1 in
  is-active) [ -e "${folder}/$unit" ] ;;
  start) : >"${folder}/$unit" ;;
  stop) rm "${folder}/$unit" ;;
esac`;
  writeFileSync(join(folder, 'systemctl'), `#!/bin/sh\n${systemctl}\n`);
  chmodSync(join(folder, 'systemctl'), 0o755);
  const session: HostSession = {
    ...hereSession,
    runAsRoot: (run) => hereSession.runAsRoot({ ...run, script: `PATH="${folder}:$PATH"\n${run.script}` }),
  };
  const own = steps.filter(({ id }) => id === 'step-down');
  const isActive = (): boolean => existsSync(join(folder, 'understudy-step-down.service'));
  await applySteps(session, own, () => undefined);
  expect(isActive()).toBe(false);
  writeFileSync(join(folder, 'understudy-keeper.service'), '');
  expect((await planSteps(session, own)).map(({ needed }) => needed)).toEqual([true]);
  await applySteps(session, own, () => undefined);
  expect(isActive()).toBe(true);
  await undoSteps(session, own, () => undefined);
  expect(isActive()).toBe(false);
});
