import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { expect, test, vi } from 'vitest';
import type { CommandReply } from '../core/engine/types.ts';
import type { LiveMover } from '../hypervisor/hypervisor.ts';
import { Answers, type AnswersOptions } from './answers.ts';

const VM = 'aaaaaaaa-0000-4000-8000-000000000001';
const ask = `${JSON.stringify({ kind: 'ask', vm: VM, generation: 5, digest: null })}\n`;
const cancel = '{"kind":"cancel"}\n';
const mover: LiveMover = {
  send: () => Promise.reject(new Error('nothing is sent here')),
  receive: () => Promise.reject(new Error('nothing is received here')),
  departure: () => Promise.reject(new Error('nothing leaves here')),
  arrival: () => Promise.resolve([]),
};

const copyDisks = vi.fn<AnswersOptions['copyDisks']>();

function serve() {
  const asked: string[] = [];
  const ended: string[] = [];
  const { promise, resolve } = Promise.withResolvers<CommandReply>();
  const answers = new Answers({
    mover,
    hostName: () => 'beta',
    receive({ vm }) {
      asked.push(vm);
      return promise;
    },
    receiveEnd: (vm) => ended.push(vm),
    copyDisks,
  });
  const [here, there] = duplexPair();
  answers.serve(here, 0);
  let heard = '';
  there.on('data', (chunk: Buffer) => (heard += chunk.toString('utf8')));
  return {
    here,
    there,
    asked,
    ended,
    welcome: () => resolve({ kind: 'text', text: 'Yes.' }),
    heard: () => heard,
  };
}

test.each([
  ['a second request before the answer to the first', ask],
  ['one that is no request', 'x\n'],
  ['a second cancellation', cancel + cancel],
])('%s ends the connection: nothing queues up', async (_what, lines) => {
  const { here, there, asked, ended, welcome } = serve();
  there.write(ask);
  await expect.poll(() => asked).toEqual([VM]);
  there.write(lines);
  await once(here, 'close');
  welcome();
  await expect.poll(() => ended).toEqual([VM]);
  expect(asked).toEqual([VM]);
});

test('a cancellation may come before the answer', async () => {
  const { here, there, ended, welcome, heard } = serve();
  there.write(ask + cancel);
  welcome();
  await expect.poll(() => heard().trim().split(/\n+/)).toEqual(['{"ok":true}', '{"ok":true}']);
  expect(ended).toEqual([VM]);
  there.write(ask);
  await expect.poll(() => heard().trim().split(/\n+/).length).toBe(3);
  here.destroy();
});

test('copying for a drill ends with the connection that asked for it', async () => {
  const { here, there, heard } = serve();
  const ended = Promise.withResolvers<void>();
  copyDisks.mockImplementationOnce(async ({ signal }) => {
    await once(signal, 'abort');
    ended.resolve();
    throw new Error('nobody waits');
  });
  there.write(`${JSON.stringify({ kind: 'copyDisks', vm: VM, drill: VM })}\n`);
  await expect.poll(() => copyDisks.mock.calls.length).toBe(1);
  expect(copyDisks.mock.calls[0]?.[0]).toMatchObject({ vm: VM, drill: VM, from: 0 });
  here.destroy();
  await ended.promise;
  expect(heard().trim()).toBe('');
});
