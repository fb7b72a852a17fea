import { expect, test } from 'vitest';
import { sampleStatus } from '../control/testing/sampleStatus.ts';
import type { Status } from '../protocol/control.ts';
import { agent, run } from './testing/terminal.ts';

const going = (vmsLeft: number): Status => ({
  ...sampleStatus,
  self: { ...sampleStatus.self, goingDown: { reason: 'shutdown', sinceMs: 1, vmsLeft } },
});

test('step-down returns when no VM is left', async () => {
  const { path, asked } = await agent(going(0));
  expect(await run(path, 'step-down')).toMatchObject({
    code: 0,
    out: 'No protected VM is left on this host.\n',
  });
  expect(asked).toEqual([['goingDown', { reason: 'shutdown' }]]);
});

test('step-down goes on when the time is over, and says how many are left', async () => {
  const { path } = await agent(going(2));
  expect(await run(path, 'step-down', '--within', '1s')).toEqual({
    code: 1,
    err: '2 VMs are still to leave.\n',
    out: '2 VMs are still on this host; the time to wait is over.\n',
  });
});

test('step-down fails when the agent ends meanwhile', async () => {
  const { path, server } = await agent(going(2));
  const ended = run(path, 'step-down');
  await expect.poll(() => server.consoles()).toBe(1);
  await server.close();
  expect((await ended).code).toBe(3);
});

test('step-down may leave at once', async () => {
  const { path } = await agent(going(2));
  expect(await run(path, 'step-down', '--no-wait')).toMatchObject({ code: 0, out: 'goingDown has begun.\n' });
});

test.each([
  ['on-battery', ['goingDown', { reason: 'on-battery' }]],
  ['low-battery', ['goingDown', { reason: 'low-battery' }]],
  ['power-back', ['stays', {}]],
])('a UPS says %s', async (word, call) => {
  const { path, asked } = await agent();
  expect((await run(path, 'ups', word)).code).toBe(0);
  expect(asked).toEqual([call]);
});

test.each([
  [['ups', 'gone'], '"gone" is no event of a UPS'],
  [['step-down', '--within', 'soon'], '--within must be a time'],
])('%j is refused before the agent is asked', async (words, text) => {
  const { path, asked } = await agent();
  const { code, err } = await run(path, ...words);
  expect({ code, asked }).toEqual({ code: 2, asked: [] });
  expect(err).toContain(text);
});

test('the status says of a host that it is about to go', async () => {
  const [self, ...others] = sampleStatus.hosts;
  if (!self) throw new Error('no host');
  const { path } = await agent({ ...sampleStatus, hosts: [{ ...self, goingDown: 'on-battery' }, ...others] });
  expect((await run(path, 'status')).out).toContain('alive, on battery');
});
