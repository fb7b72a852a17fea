import { expect, test } from 'vitest';
import { sampleStatus, sampleVm } from '../control/testing/sampleStatus.ts';
import { agent, run } from './testing/terminal.ts';

test('the events of one story are told apart by its name', async () => {
  const { path } = await agent();
  const { out } = await run(path, 'events', '--incident', 'web-g2');
  expect(out).toBe('     3  2026-01-01 10:00:00      web: moved [test.event web-g2]\n');
});

test('a host in maintenance is shown with the time that is left, and what keeps a VM there', async () => {
  const { path } = await agent({
    ...sampleStatus,
    pauses: [{ slot: 1, endsInMs: 7_200_000, untilWallMs: null }],
    vms: [{ ...sampleVm, staysBecause: { code: 'vm.nowhere-to-go', message: 'No other host is ready.' } }],
  });
  const { out } = await run(path, 'status');
  expect(out).toContain('in maintenance, for another 2 h');
  expect(out).toContain('web: No other host is ready. [vm.nowhere-to-go]');
});
