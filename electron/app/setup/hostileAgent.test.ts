import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { saveGroup } from '../../backend/group/membership.ts';
import { saveHost } from '../../backend/hosts/hosts.ts';
import { sampleStatus } from '../../../agent/control/testing/sampleStatus.ts';
import { groupId } from './testing/playedGroup.ts';
import { cleanUp, folder, later, play, SetupBench, soon } from './testing/setupBench.ts';

afterEach(cleanUp);

/** The app watches a host whose control socket is answered by `onData`, whatever that sends. */
async function watching(onData: (socket: Socket, text: string) => void): Promise<SetupBench> {
  const at = folder();
  const controlSocket = join(at, 'agent.sock');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => onData(socket, data.toString('utf8')));
  });
  await new Promise<void>((resolve) => server.listen(controlSocket, resolve));
  later(() => void server.close());
  const host = await play('anna', { controlSocket });
  const inventoryPath = join(at, 'inventory.json');
  saveHost(inventoryPath, host.server.entry('anna', { user: 'root' }), 'name');
  const hosts = [{ name: 'anna', slot: 0 }];
  saveGroup(inventoryPath, { name: 'office', groupId, areaId: groupId, areaPath: '/srv/area', hosts });
  const bench = new SetupBench(at);
  await bench.app.handlers['groups.open']({ groupId });
  await bench.answer({ kind: 'secret', secret: 'pw', remember: false });
  return bench;
}

const consoleOf = (bench: SetupBench) => bench.app.feeds.latest('groups.views')?.[0]?.hosts[0]?.console;

/** The failure with which the link was given up, once it was. */
async function refusal(bench: SetupBench): Promise<{ readonly code: string; readonly message: string }> {
  return vi.waitFor(() => {
    const link = consoleOf(bench);
    if (link?.kind !== 'lost') throw new Error('still trusted');
    return link.failure;
  }, soon);
}

test('garbage is refused, and said to be no agent', async () => {
  const bench = await watching((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  expect((await refusal(bench)).code).toBe('control.not-understood');
});

test('an answer without end is cut off after the longest line that there can be', async () => {
  let sentBytes = 0;
  const bench = await watching((socket) => {
    const more = (): void => {
      while (sentBytes < 104_857_600 && socket.writable) {
        sentBytes += 65_536;
        if (!socket.write(Buffer.alloc(65_536, 'x'))) return void socket.once('drain', more);
      }
    };
    more();
  });
  expect((await refusal(bench)).message).toContain('too long');
  expect(sentBytes).toBeLessThan(20_000_000);
});

const answering =
  (status: object) =>
  (socket: Socket, text: string): void => {
    for (const line of text.split('\n').filter((each) => each !== '')) {
      const { id, method } = JSON.parse(line) as { id: number; method: string };
      const result = method === 'events' ? { events: [], lastSeq: 0, firstSeq: 0 } : { status };
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
    }
  };

test('an agent that leaves out what this app needs is refused with the field', async () => {
  const { self: _self, ...without } = sampleStatus;
  const bench = await watching(answering(without));
  const { code, message } = await refusal(bench);
  expect(code).toBe('control.not-understood');
  expect(message).toContain('self');
});

test('an agent that says more than this app knows is understood all the same', async () => {
  const newer = {
    ...sampleStatus,
    controlVersion: 99,
    self: { ...sampleStatus.self, mood: 'fine' },
    more: [1],
  };
  const bench = await watching(answering(newer));
  await vi.waitFor(() => expect(consoleOf(bench)?.kind).toBe('connected'), soon);
});
