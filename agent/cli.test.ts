import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { runCli } from './cli.ts';
import { systemIo } from './cli/io.ts';
import { sampleGroup, sampleStatus, sampleVm } from './control/testing/sampleStatus.ts';
import type { Status } from './protocol/control.ts';
import type { LogEvent } from './protocol/event.ts';
import { event, agent, terminal, never, run } from './cli/testing/terminal.ts';

test('the status of a healthy group reads well without colours', async () => {
  const { path } = await agent();
  const { code, out } = await run(path, 'status');
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "✓ Protected: If a host fails, another takes over its VMs within about 12 s and the time the VM needs to start.

    Host:       anna (alive, lease good for 3.4 s)
    Watchdog:   armed
    Store:      /srv/vms/.understudy/area (reachable, a renewal takes 2.1 ms, at most 14 ms)
    Hypervisor: libvirt 9.0.0
    Memory:     40000 MiB of 65536 MiB free
    Agent:      0.1.0-test

      VM   PROTECTION   BELONGS TO  ON THIS HOST  SHOULD BE  HOSTS       GOING ON
      web  ✓ Protected  anna        running       running    anna, bert

      HOST              STATE  LEASE  AGE     TAKEN OVER  WATCHDOG  AGENT
      anna (this host)  alive  fresh  300 ms  -           armed     0.1.0-test
      bert              alive  fresh  410 ms  in 12 s     armed     0.1.0-test

      HEARTBEATS    ADDRESS   STATE  HEARD       HEARD THERE  ROUND TRIP                 LOST   REFUSED
      bert, link 1  10.0.0.2  up     120 ms ago  370 ms ago   0.4 ms (0.2 ms to 2.5 ms)  0.0 %  0
      bert, link 2  10.0.1.2  up     120 ms ago  370 ms ago   0.4 ms (0.2 ms to 2.5 ms)  0.0 %  0

    1 VM of this host is not protected: scratch
    "
  `);
});

test('a status with trouble says what is wrong and what to do', async () => {
  const reason = {
    code: 'ready.definition-behind',
    weight: 'degraded',
    message: 'bert has an older definition.',
    fix: 'Wait, or see the events.',
  } as const;
  const { path } = await agent({
    ...sampleStatus,
    store: { ...sampleStatus.store, reachable: false, error: 'EIO' },
    vms: [{ ...sampleVm, readiness: { level: 'degraded', reasons: [reason] } }],
  });
  const { out } = await run(path, 'status');
  expect(out).toContain('! At risk: 1 VM would be failed over with less safety net; see below.');
  expect(out).toContain('NOT reachable: EIO');
  expect(out).toContain('web: bert has an older definition. [ready.definition-behind]');
  expect(out).toContain('What to do: Wait, or see the events.');
});

test.each<[string, Partial<Status>]>([
  ['? Not known', { self: { ...sampleStatus.self, keeperConnected: false } }],
  ['■ Not protected', { group: null }],
  [
    '‖ Paused: The group is disarmed, for another 20 min',
    {
      group: { ...sampleGroup, disarmed: true },
      pauses: [{ slot: null, endsInMs: 1_200_000, untilWallMs: null }],
    },
  ],
  ['‖ Paused', { group: { ...sampleGroup, disarmed: true } }],
  [
    '⟳ Working',
    { vms: [{ ...sampleVm, activity: { kind: 'switchover', step: 'shutdown', sinceMs: 4_599_000, to: 1 } }] },
  ],
  ['■ Not protected', { vms: [] }],
])('%s is the first word of the status it stands for', async (word, change) => {
  const { path } = await agent({ ...sampleStatus, ...change });
  expect((await run(path, 'status')).out.startsWith(word)).toBe(true);
});

test('with --json the answer is one JSON object and nothing else', async () => {
  const { path } = await agent();
  expect(JSON.parse((await run(path, 'status', '--json')).out)).toEqual(sampleStatus);
  expect(JSON.parse((await run(path, '--json', 'version')).out)).toMatchObject({ controlVersion: 2 });
  const failed = await run(path, 'unprotect', 'web', '--json');
  expect(failed.code).toBe(1);
  expect(JSON.parse(failed.out)).toMatchObject({ failure: { code: 'vm.not-protected' } });
});

test('events are shown one a line, and control characters in them forge nothing', async () => {
  const { path } = await agent();
  const { out } = await run(path, 'events', '--limit', '2');
  expect(out.split('\n')).toEqual([
    '     1  2026-01-01 10:00:00      web: began [31m forged [test.event]',
    '     2  2026-01-01 10:00:00  !!! web: ended [test.event]',
    '',
  ]);
});

test('followed events come as they happen, each once, until the user stops it', async () => {
  const { path, append, server } = await agent();
  let stop = (): void => undefined;
  const interrupted = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const { io, written } = terminal(() => Promise.resolve(connect(path)), { interrupted });
  const out = io.out;
  const follow = runCli(['events', '--follow', '--json'], {
    ...io,
    out: (text) => {
      out(text);
      if (text.includes('"seq":2')) {
        append(event(2, 'again'));
        append(event(3, 'new'));
      }
      if (text.includes('"seq":3')) stop();
    },
  });
  expect(await follow).toBe(130);
  const seen = written.out
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as LogEvent).seq);
  expect(seen).toEqual([1, 2, 3]);
  expect(server.consoles()).toBeLessThanOrEqual(1);
});

test('following ends with status 3 when the agent goes away', async () => {
  const { path, server } = await agent();
  const { io, written } = terminal(() => Promise.resolve(connect(path)));
  const out = io.out;
  const code = await runCli(['events', '--follow'], {
    ...io,
    out: (text) => {
      out(text);
      void server.close();
    },
  });
  expect(code).toBe(3);
  expect(written.err).toContain('[control.gone]');
});

test('commands are passed on with their options', async () => {
  const { path, asked } = await agent();
  await run(path, 'protect', 'web', '--hosts', 'anna,bert', '--order=5', '--window', '10');
  await run(path, 'protect', 'web');
  await run(path, 'switchover', 'web', '--to', 'bert');
  await run(path, 'start', 'web');
  await run(path, 'stop', '--', '-odd-name');
  await run(path, 'group', 'profile', 'steady');
  await run(path, 'disarm', '--for', '2h');
  await run(path, 'disarm');
  await run(path, 'arm');
  await run(path, 'maintenance', 'on', 'bert', '--for', '20m');
  await run(path, 'maintenance', 'off');
  await run(path, 'policy', 'web', '--order', '3');
  await run(path, 'policy', 'web', '--failback', '22-6', '--failback-how', 'live-or-shutdown');
  await run(path, 'policy', 'web', '--failback', 'never');
  await run(path, 'cancel', 'web');
  const { out, code } = await run(path, 'leave');
  expect([code, out]).toEqual([0, 'leave has begun.\n']);
  expect(asked).toEqual([
    ['protect', { vm: 'web', hosts: ['anna', 'bert'], policy: { order: 5, windowMs: 600_000 } }],
    ['protect', { vm: 'web' }],
    ['switchover', { vm: 'web', to: 'bert' }],
    ['start', { vm: 'web' }],
    ['stop', { vm: '-odd-name' }],
    ['profile', { profile: 'steady' }],
    ['disarm', { forMs: 7_200_000 }],
    ['disarm', {}],
    ['arm', {}],
    ['maintenance on', { host: 'bert', forMs: 1_200_000, how: 'shutdown' }],
    ['maintenance off', { host: 'anna' }],
    ['policy', { vm: 'web', policy: { order: 3 } }],
    [
      'policy',
      {
        vm: 'web',
        policy: { failback: { when: 'idle-hours', hours: { from: 22, to: 6 }, orShutDown: true } },
      },
    ],
    ['policy', { vm: 'web', policy: { failback: { when: 'never', orShutDown: false } } }],
    ['cancel', { vm: 'web' }],
    ['leave', {}],
  ]);
});

test('a refusal says what happened, what it means and what to do, and exits with 1', async () => {
  const { path } = await agent();
  const { code, err, out } = await run(path, 'unprotect', 'web');
  expect([code, out]).toEqual([1, '']);
  expect(err).toBe(
    'web is not protected. [vm.not-protected]\nNothing was changed.\nWhat to do: Look at the status.\n',
  );
});

test('a check exits with 1 only when something forbids protection', async () => {
  const { path } = await agent();
  expect(await run(path, 'check', 'web')).toMatchObject({ code: 0, out: 'web can be protected.\n' });
  expect(await run(path, 'check', 'db')).toMatchObject({
    code: 1,
    out: 'Forbids protection: Its disk is local. [vm.local-disk]\n',
  });
});

test('the group is shown with hosts, links and VMs', async () => {
  const { path } = await agent();
  const { out } = await run(path, 'group', 'show');
  expect(out).toContain('Group office, profile swift, generation 4');
  expect(out).toContain('1: 10.0.0.1 port 7790; 2: 10.0.1.1 port 7790');
  expect(out).toContain('1 in 10 min');
});

test.each([
  [['explode'], 'there is no command "explode"'],
  [['constructor'], 'there is no command "constructor"'],
  [['status', 'now'], '"now" is one word too many'],
  [['status', '--fast'], 'There is no option --fast'],
  [['protect'], 'VM is missing'],
  [['protect', 'web', '--order', 'high'], '--order must be a whole number from 0 to 1000, not "high"'],
  [['protect', 'web', '--order', '1', '--order', '2'], '--order is given twice'],
  [['switchover', 'web', '--to'], '--to needs a value'],
  [['events', '--limit', '0'], '--limit must be a whole number from 1 to 1000'],
  [['events', '--follow=yes'], '--follow takes no value'],
  [['group', 'profile', 'fast'], '"fast" is no profile'],
  [['group', 'explode'], '"explode" is neither show nor profile'],
  [['disarm', '--for', 'ever'], '--for must be a time such as 20m or 2h, from 10s to 30d, not "ever"'],
  [['disarm', '--for', '31d'], '--for must be a time'],
  [['maintenance'], 'on|off is missing'],
  [['maintenance', 'yes'], '"yes" is neither on nor off'],
  [['maintenance', 'off', 'anna', '--for', '1h'], '--for goes with on'],
  [['maintenance', 'off', 'anna', '--bring-back'], '--bring-back goes with on'],
  [['maintenance', 'on', 'anna', 'bert'], '"bert" is one word too many'],
  [['policy', 'web'], 'Say what is to change'],
  [['policy', 'web', '--failback', '22-24'], '--failback must be never, at-once, or two hours'],
  [['policy', 'web', '--failback', '6-6'], '--failback must be never, at-once, or two hours'],
  [['policy', 'web', '--failback', 'idle-hours'], '--failback must be never, at-once, or two hours'],
  [['policy', 'web', '--failback-how', 'live'], '--failback-how goes with --failback'],
  [['policy', 'web', '--room', 'yes'], '--room must be must or warn'],
  [['policy', 'web', '--failback', 'never', '--failback-how', 'slow'], 'live or live-or-shutdown'],
  [['group', 'show', 'x'], '"x" is one word too many'],
  [['help', 'explode'], 'there is no command "explode"'],
])('%j is refused with status 2 without asking the agent', async (words, message) => {
  const { io, written } = terminal(never);
  expect(await runCli(words, io)).toBe(2);
  expect(written.err).toContain(message);
  expect(written.out).toBe('');
});

test('an agent that is not there is told apart from a refusal', async () => {
  const { io, written } = terminal(() => systemIo('/nonexistent/agent.sock').connect());
  expect(await runCli(['status'], io)).toBe(3);
  expect(written.err).toContain('there is no agent running here. [control.unreachable]');
});

test('the program says its own version without an agent', async () => {
  const { io, written } = terminal(never);
  expect(await runCli(['--version'], io)).toBe(0);
  expect(written.out).toBe('understudy dev\n');
});
