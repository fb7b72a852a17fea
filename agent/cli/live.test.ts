import { connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import { runCli } from '../cli.ts';
import { sampleStatus, sampleVm } from '../control/testing/sampleStatus.ts';
import type { Status } from '../protocol/control.ts';
import { agent, run, terminal } from './testing/terminal.ts';

const MIB = 1_048_576;

function moving(percent: number): Status {
  const progress = {
    percent,
    sentBytes: 100 * MIB,
    leftBytes: 310 * MIB,
    elapsedMs: 3000,
    bytesPerSecond: 112.4 * MIB,
    dirtyBytesPerSecond: 1.5 * MIB,
    slowedPercent: 20,
  };
  const activity = { kind: 'switchover', step: 'migrate', sinceMs: 4_599_000, to: 1, progress } as const;
  return { ...sampleStatus, vms: [{ ...sampleVm, activity }] };
}

test('how far a live move is stands in the status', async () => {
  const { path } = await agent(moving(42.7));
  const { out } = await run(path, 'status');
  expect(out).toContain(
    '42 %, 310 MiB of its memory left, 112 MiB/s; the guest writes 1.5 MiB/s, slowed down by 20 %',
  );
});

test('and is told to a person who waits for the end of it', async () => {
  const { path } = await agent(moving(42.7));
  const { io, written } = terminal(
    () => {
      const socket = connect(path);
      const write = socket.write.bind(socket);
      socket.write = (line: string) => {
        if (!line.includes('switchover')) return write(line);
        void vi.waitFor(() => expect(written.err).not.toBe(''), { timeout: 20_000 }).then(() => write(line));
        return true;
      };
      return Promise.resolve(socket);
    },
    { interactive: true },
  );
  expect(await runCli(['switchover', 'web', '--live'], io)).toBe(0);
  expect(written.err).toContain('  42 %, 310 MiB of its memory left');
});

test('a host is emptied while its VMs run where that is possible, unless something else is said', async () => {
  const { path, asked } = await agent({
    ...sampleStatus,
    self: { ...sampleStatus.self, movesLive: true },
  });
  await run(path, 'maintenance', 'on');
  await run(path, 'maintenance', 'on', '--live');
  await run(path, 'maintenance', 'on', '--or-shutdown');
  await run(path, 'maintenance', 'on', '--shutdown');
  await run(path, 'policy', 'web', '--live-limit', '40');
  const on = (how: string): unknown => ['maintenance on', { host: 'anna', how }];
  expect(asked).toEqual([
    on('live'),
    on('live'),
    on('live-or-shutdown'),
    on('shutdown'),
    ['policy', { vm: 'web', policy: { liveMebibytesPerSecond: 40 } }],
  ]);
});

test.each([
  [['maintenance', 'off', 'anna', '--live'], '--live goes with on'],
  [
    ['maintenance', 'on', 'anna', '--live', '--shutdown'],
    '--shutdown goes with neither --live nor --or-shutdown',
  ],
  [['policy', 'web', '--live-limit', 'fast'], '--live-limit must be a whole number'],
])('%j is refused without asking the agent', async (words, message) => {
  const { path, asked } = await agent();
  const { io, written } = terminal(() => Promise.resolve(connect(path)));
  expect(await runCli(words, io)).toBe(2);
  expect(written.err).toContain(message);
  expect(asked).toEqual([]);
});
