import { expect, test } from 'vitest';
import { errorCode, LibvirtError } from '../node-libvirt/index.ts';
import { GuestPrograms } from './guestPrograms.ts';

const check = { path: '/usr/local/bin/check', args: [] };

/** A guest agent: each program runs until it is ended, and its end is told once. */
function guest() {
  const running = new Map<number, number | null>();
  let starts = 0;
  const ask = (execute: string, { pid }: Readonly<Record<string, unknown>>): Promise<unknown> => {
    if (execute === 'guest-exec') {
      starts += 1;
      running.set(starts, null);
      return Promise.resolve({ pid: starts });
    }
    const status = running.get(Number(pid));
    if (status === undefined)
      return Promise.reject(new LibvirtError('agent', errorCode.internal, 19, "Invalid parameter 'pid'"));
    if (status === null) return Promise.resolve({ exited: false });
    running.delete(Number(pid));
    return Promise.resolve({ exited: true, exitcode: status });
  };
  // The deadline has passed after the first look.
  return { line: { ask, leftMs: () => 1 }, running, starts: () => starts };
}

test('a program that does not end is not started again while it runs', async () => {
  const { line, running, starts } = guest();
  const programs = new GuestPrograms();
  await expect(programs.run('web', check, line)).rejects.toThrow('did not end in time');
  for (let round = 0; round < 3; round += 1)
    await expect(programs.run('web', check, line)).rejects.toThrow('has not ended');
  expect(starts()).toBe(1);
  running.set(1, 0);
  await expect(programs.run('web', check, line)).rejects.toThrow('did not end in time');
  expect(starts()).toBe(2);
});

test('it holds up no other program, and none in another VM', async () => {
  const { line, starts } = guest();
  const programs = new GuestPrograms();
  for (const [vm, path, args] of [
    ['web', '/bin/a', []],
    ['web', '/bin/b', []],
    ['web', '/bin/a', ['-v']],
    ['mail', '/bin/a', []],
  ] as const)
    await expect(programs.run(vm, { path, args }, line)).rejects.toThrow('did not end in time');
  expect(starts()).toBe(4);
});

test('a guest that was started again knows nothing of it: the program is started anew', async () => {
  const { line, running, starts } = guest();
  const programs = new GuestPrograms();
  await expect(programs.run('web', check, line)).rejects.toThrow('did not end in time');
  running.clear();
  await expect(programs.run('web', check, line)).rejects.toThrow('did not end in time');
  expect(starts()).toBe(2);
});

test('an agent that does not answer says nothing of the program', async () => {
  const { line, starts } = guest();
  const programs = new GuestPrograms();
  await expect(programs.run('web', check, line)).rejects.toThrow('did not end in time');
  const gone = new LibvirtError('agent', errorCode.agentUnresponsive, 19, 'not connected');
  const silent = { ...line, ask: () => Promise.reject(gone) };
  await expect(programs.run('web', check, silent)).rejects.toBe(gone);
  await expect(programs.run('web', check, line)).rejects.toThrow('has not ended');
  expect(starts()).toBe(1);
});
