import { Duplex, duplexPair } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Status } from '../../agent/protocol/control.ts';
import type { LogEvent } from '../../agent/protocol/event.ts';
import { FailureError } from '../../agent/protocol/failure.ts';
import { status } from '../../test/renderer/samples.ts';
import { AgentLink } from './agentLink.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

const event = (seq: number): LogEvent => ({
  seq,
  bootId: '00000000-0000-4000-8000-000000000001',
  atBootMs: seq,
  wallTime: '2026-11-21T07:00:00.000Z',
  host: 'alpha',
  code: 'test.event',
  level: 'info',
  text: 'Something.',
});

/** An agent that answers by the book, on the other end of a stream. */
function agent(stream: Duplex, lastSeq: number): { readonly asked: Request[]; push(line: unknown): void } {
  const asked: Request[] = [];
  const push = (line: unknown): void => void stream.write(`${JSON.stringify(line)}\n`);
  const answers: Record<string, (request: Request) => unknown> = {
    subscribe: () => ({ status: status(0) }),
    events: ({ params }) => {
      const after = typeof params['afterSeq'] === 'number' ? params['afterSeq'] : lastSeq - 1;
      const seqs = Array.from({ length: lastSeq + 1 }, (_, seq) => seq).filter((seq) => seq > after);
      return { events: seqs.slice(0, 200).map(event), lastSeq, firstSeq: 0 };
    },
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    for (const line of text.split('\n').filter((part) => part !== '')) {
      const request = JSON.parse(line) as Request;
      asked.push(request);
      const result = answers[request.method]?.(request);
      if (result !== undefined) push({ jsonrpc: '2.0', id: request.id, result });
    }
  });
  return { asked, push };
}

function linked(open: () => Promise<Duplex>) {
  const statuses: Status[] = [];
  const events: number[] = [];
  const link = new AgentLink({
    hostName: 'alpha',
    consoleName: 'test',
    open,
    onStatus: (value) => statuses.push(value),
    onEvents: (values) => events.push(...values.map(({ seq }) => seq)),
    onChange: () => undefined,
  });
  return { link, statuses, events };
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(20);

test('it subscribes, catches up on the newest events, and takes what is pushed', async () => {
  const [near, far] = duplexPair();
  const remote = agent(far, 450);
  const { link, statuses, events } = linked(async () => near);
  await settle();
  expect(link.view(0)).toEqual({ kind: 'connected' });
  expect(events).toEqual(Array.from({ length: 200 }, (_, index) => 251 + index));
  remote.push({ jsonrpc: '2.0', method: 'event', params: event(451) });
  remote.push({ jsonrpc: '2.0', method: 'status', params: status(0) });
  await settle();
  expect(events.at(-1)).toBe(451);
  expect(statuses.length).toBe(2);
  link.close();
});

test('an agent that falls silent is lost to this app, though its stream looks open, and is tried again', async () => {
  const opened: Duplex[] = [];
  const { link } = linked(async () => {
    const [near, far] = duplexPair();
    agent(far, 0);
    opened.push(near);
    return near;
  });
  await settle();
  await vi.advanceTimersByTimeAsync(6_100);
  expect(link.view(performance.now())).toMatchObject({ kind: 'lost' });
  await vi.advanceTimersByTimeAsync(600);
  expect(opened.length).toBe(2);
  expect(link.view(performance.now())).toEqual({ kind: 'connected' });
  link.close();
});

test('a host that never answers is given up at the deadline, and a late stream is destroyed', async () => {
  let arrive: (stream: Duplex) => void = () => undefined;
  const { link } = linked(() => new Promise((resolve) => (arrive = resolve)));
  expect(link.view(0)).toEqual({ kind: 'connecting' });
  await vi.advanceTimersByTimeAsync(20_100);
  expect(link.view(performance.now())).toMatchObject({
    kind: 'lost',
    failure: { code: 'console.not-connected' },
  });
  const [late] = duplexPair();
  arrive(late);
  await settle();
  expect(late.destroyed).toBe(true);
  link.close();
});

test('a stream that does not speak the protocol is closed, and calls meanwhile are refused', async () => {
  const [near, far] = duplexPair();
  far.resume();
  const { link } = linked(async () => near);
  await settle();
  far.write('SSH-2.0-OpenSSH_9.2\r\n');
  await settle();
  expect(near.destroyed).toBe(true);
  expect(link.view(performance.now())).toMatchObject({
    kind: 'lost',
    failure: { code: 'control.not-understood' },
  });
  await expect(link.call('checkVm', { vm: 'mail' })).rejects.toMatchObject({
    failure: { code: 'control.not-understood' },
  });
  link.close();
});

test('a refused login is not tried again for two minutes, so that no host locks its user out', async () => {
  let tries = 0;
  const { link } = linked(async () => {
    tries += 1;
    throw new FailureError({ code: 'ssh.auth-refused', message: 'alpha does not accept this key.' });
  });
  await vi.advanceTimersByTimeAsync(119_000);
  expect(tries).toBe(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(tries).toBe(2);
  link.close();
});

test('a host that is away is tried ever more rarely, and at once when this computer wakes up', async () => {
  const triedAtMs: number[] = [];
  const beganMs = performance.now();
  const { link } = linked(async () => {
    triedAtMs.push(Math.round(performance.now() - beganMs));
    throw new FailureError({ code: 'ssh.unreachable', message: 'alpha does not answer.' });
  });
  await vi.advanceTimersByTimeAsync(20_000);
  const pauses = triedAtMs.slice(1).map((atMs, index) => atMs - (triedAtMs[index] ?? 0));
  expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  const before = triedAtMs.length;
  // As the app does when the computer tells that it woke up.
  link.retryNow();
  await vi.advanceTimersByTimeAsync(0);
  expect(triedAtMs.length).toBe(before + 1);
  await vi.advanceTimersByTimeAsync(500);
  expect(triedAtMs.length).toBe(before + 2);
  link.close();
});
