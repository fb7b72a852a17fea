import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { runCli } from '../cli.ts';
import { sampleStatus, sampleVm } from '../control/testing/sampleStatus.ts';
import { agent, event, run, terminal } from './testing/terminal.ts';

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

test('a person sees what happens to the VM while a command waits, and a script only its end', async () => {
  const { path, append } = await agent();
  const { io, written } = terminal(() => Promise.resolve(connect(path)), { interactive: true });
  const out = io.out;
  const watched = {
    ...io,
    out: (text: string) => out(`${written.err.includes('moves') ? 'after ' : ''}${text}`),
  };
  const err = (text: string): void => io.err(text);
  const stream = async (): Promise<Duplex> => {
    const socket = connect(path);
    const write = socket.write.bind(socket);
    socket.write = (line: string) => {
      if (line.includes('switchover')) append(event(9, 'web moves'));
      return write(line);
    };
    return Promise.resolve(socket);
  };
  expect(await runCli(['switchover', 'web'], { ...watched, err, connect: stream })).toBe(0);
  expect(written.err).toContain('web moves [test.event]');
  expect(written.out).toBe('after switchover has begun.\n');
  expect((await run(path, 'switchover', 'web')).err).toBe('');
});
