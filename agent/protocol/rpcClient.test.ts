import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Failure, FailureError } from './failure.ts';
import { createRpcClient } from './rpcClient.ts';

function makeClient() {
  const sent: { id: number; method: string }[] = [];
  const faults: Failure[] = [];
  const notifications: unknown[] = [];
  const timers = new Map<() => void, number>();
  const client = createRpcClient({
    send: (line) => sent.push(JSON.parse(line) as { id: number; method: string }),
    after: (delayMs, action) => {
      timers.set(action, delayMs);
      return () => timers.delete(action);
    },
    onNotification: (notification) => notifications.push(notification),
    onFault: (failure) => faults.push(failure),
  });
  return { client, sent, faults, notifications, timers };
}

const version = { agentVersion: '1', controlVersion: 1, node: 'v24' };
const answer = (id: unknown, result: unknown): string =>
  `${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`;
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof FailureError ? error.failure.code : 'not a failure'),
  );

test('answers find their calls, in any order and in any pieces', async () => {
  const { client, timers } = makeClient();
  const [first, second] = [client.call('version', {}), client.call('checkVm', { vm: 'web' })];
  const stream = answer(2, { findings: [] }) + answer(1, version);
  for (const character of stream) client.receive(character);
  expect(await first).toEqual(version);
  expect(await second).toEqual({ findings: [] });
  expect(timers.size).toBe(0);
});

test("the agent's failure is what the call rejects with", async () => {
  const { client } = makeClient();
  const call = client.call('vm.start', { vm: 'web' });
  const failure = { code: 'vm.not-here', message: 'It runs on bert.', fix: 'Start it there.' };
  client.receive(
    `${JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32000, message: 'x', data: failure } })}\n`,
  );
  await expect(call).rejects.toMatchObject({ failure });
});

test('a call that is never answered ends at its deadline, and a late answer is ignored', async () => {
  const { client, timers, faults } = makeClient();
  const call = client.call('version', {}, 5000);
  const [[action, delayMs] = [() => undefined, 0]] = [...timers];
  expect(delayMs).toBe(5000);
  action();
  expect(await codeOf(call)).toBe('control.no-answer');
  client.receive(answer(1, version));
  expect(faults).toEqual([]);
});

test('an answer of the wrong shape rejects its call and nothing else', async () => {
  const { client } = makeClient();
  const [bad, good] = [client.call('version', {}), client.call('version', {})];
  client.receive(answer(1, { agentVersion: 7 }) + answer(2, version));
  expect(await codeOf(bad)).toBe('control.not-understood');
  expect(await good).toEqual(version);
});

test('when the stream ends, calls under way and later ones are rejected with the reason', async () => {
  const { client, timers } = makeClient();
  const call = client.call('version', {});
  client.closed({ code: 'control.gone', message: 'It is gone.' });
  expect(await codeOf(call)).toBe('control.gone');
  expect(await codeOf(client.call('version', {}))).toBe('control.gone');
  expect(timers.size).toBe(0);
});

test.each([
  'garbage\n',
  '[]\n',
  '{"jsonrpc":"2.0","method":"explode","params":{}}\n',
  `${'x'.repeat(1_048_577)}`,
])('a stream that does not speak the protocol is a fault, told once', async (text) => {
  const { client, faults } = makeClient();
  const call = client.call('version', {});
  client.receive(text);
  client.receive(text);
  expect(await codeOf(call)).toBe('control.not-understood');
  expect(faults.length).toBe(1);
});

test('too many calls at once are refused instead of queued', async () => {
  const { client } = makeClient();
  const calls = Array.from({ length: 64 }, () => codeOf(client.call('version', {})));
  expect(await codeOf(client.call('version', {}))).toBe('control.busy');
  client.closed({ code: 'control.gone', message: 'It is gone.' });
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['control.gone']));
});

test('an answer of a newer agent is read without what this console does not know', async () => {
  const { client } = makeClient();
  const call = client.call('version', {});
  client.receive(answer(1, { ...version, moon: 'full' }));
  expect(await call).toEqual(version);
});

test('whatever comes, every call ends once and nothing is thrown', async () => {
  const line = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({
        jsonrpc: fc.constant('2.0'),
        id: fc.oneof(fc.nat(5), fc.string(), fc.constant(null)),
        result: fc.jsonValue(),
      })
      .map((value) => JSON.stringify(value)),
    fc.nat(5).map((id) => answer(id, version).trimEnd()),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 20 }),
      fc.integer({ min: 1, max: 50 }),
      async (lines, size) => {
        const { client, timers } = makeClient();
        const calls = Array.from({ length: 3 }, () => codeOf(client.call('version', {})));
        const text = lines.map((one) => `${one}\n`).join('');
        for (let from = 0; from < text.length; from += size) client.receive(text.slice(from, from + size));
        client.closed({ code: 'control.gone', message: 'It is gone.' });
        expect((await Promise.all(calls)).every((code) => code !== 'not a failure')).toBe(true);
        expect(timers.size).toBe(0);
      },
    ),
    { numRuns: 500 },
  );
});
