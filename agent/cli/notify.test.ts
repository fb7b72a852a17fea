import { expect, test } from 'vitest';
import { runCli } from '../cli.ts';
import { agent, run, terminal } from './testing/terminal.ts';

test('channels are shown with how they stand, and hosts with other settings are named', async () => {
  const { path } = await agent();
  const { out } = await run(path, 'notify', 'status');
  expect(out).toContain('mail');
  expect(out).toContain('The receiver of webhook chat answered 403.');
  expect(out).toContain('beta has OTHER settings');
  expect(await run(path, 'notify', 'status', '--json').then((got) => JSON.parse(got.out))).toMatchObject({
    settings: { mail: { password: true } },
  });
});

test('a test says how each channel took it, and ends with 1 when one did not', async () => {
  const { path, asked } = await agent();
  const { out, code } = await run(path, 'notify', 'test', 'mail');
  expect(asked).toEqual([['notify.test', { channel: 'mail' }]]);
  expect(out).toContain('mail: taken after 0.3 s');
  expect(out).toContain('[notify.login-refused]');
  expect(code).toBe(1);
});

test('anything else is refused without asking the agent', async () => {
  const { io, written } = terminal(() => Promise.reject(new Error('asked')));
  expect(await runCli(['notify', 'shout'], io)).toBe(2);
  expect(written.err).toContain('"shout" is neither status nor test');
});
