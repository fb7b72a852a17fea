import { expect, test } from 'vitest';
import { runCli } from '../cli.ts';
import { never, run, terminal } from './testing/terminal.ts';

test('the program for guests is printed without an agent, and only for a system that there is one for', async () => {
  const linux = await run('/nowhere', 'heartbeat-script', 'linux');
  expect(linux).toMatchObject({ code: 0, err: '' });
  expect(linux.out).toMatch(/^#!\/bin\/sh\n/);
  expect((await run('/nowhere', 'heartbeat-script', 'windows')).out).toContain('Register-ScheduledTask');
  for (const system of ['dos', 'constructor', '--json', '']) {
    expect(await run('/nowhere', 'heartbeat-script', system)).toMatchObject({ code: 2, out: '' });
  }
});

test('every command has a page, under both spellings, that names its exit codes', async () => {
  const { io, written } = terminal(never);
  expect(await runCli(['--help'], io)).toBe(0);
  const names = [...written.out.matchAll(/^ {2}([a-z]+) {2,}/gm)].map((match) => match[1] ?? '');
  expect(names).toContain('switchover');
  for (const name of names) {
    const [page, same] = [terminal(never), terminal(never)];
    expect(await runCli([name, '--help'], page.io)).toBe(0);
    expect(await runCli(['help', name], same.io)).toBe(0);
    expect(page.written.out).toBe(same.written.out);
    expect(same.written.out).toContain('EXIT STATUS');
  }
});

test('pages fit a terminal of 120 columns', async () => {
  const { io, written } = terminal(never);
  for (const name of [
    'status',
    'events',
    'protect',
    'switchover',
    'group',
    'leave',
    'maintenance',
    'policy',
    'disarm',
  ])
    await runCli(['help', name], io);
  expect(Math.max(...written.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
});
