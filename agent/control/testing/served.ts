import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { LogEvent } from '../../protocol/event.ts';
import { FailureError } from '../../protocol/failure.ts';
import {
  type ControlHandlers,
  type ControlServer,
  type ControlServerOptions,
  serveControl,
} from '../server.ts';
import { sampleGroup, sampleStatus } from './sampleStatus.ts';
import { sampleNotifyStatus } from '../../notify/testing/samples.ts';

export const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).toReversed()) await one();
});

export const done = (text: string) => Promise.resolve({ text });
export const handlers: ControlHandlers = {
  'group.show': () => Promise.resolve({ config: sampleGroup }),
  'group.profile': ({ profile }) => done(profile),
  protect: ({ vm }) => done(`protected ${vm}`),
  unprotect: () =>
    Promise.reject(new FailureError({ code: 'vm.unknown', message: 'There is no such VM.', fix: 'Look.' })),
  checkVm: () => Promise.resolve({ findings: [] }),
  switchover: () => Promise.reject(new TypeError('secret inside')),
  'vm.checkLive': () => Promise.resolve({ against: [] }),
  'vm.start': () => new Promise(() => undefined),
  'vm.stop': (_params, { consoleName }) => done(String(consoleName)),
  'group.disarm': ({ forMs }) => done(String(forMs)),
  'group.arm': () => done('armed'),
  'maintenance.on': ({ host }) => done(host),
  'maintenance.off': ({ host }) => done(host),
  'group.addHost': ({ name }) => done(name),
  'group.removeHost': ({ host }) => done(host),
  'group.replaceHost': ({ host }) => done(host),
  'vm.policy': ({ vm }) => done(vm),
  'vm.cancel': ({ vm }) => done(vm),
  'vm.screenshot': () => Promise.resolve({ png: '', width: 1, height: 1 }),
  'drill.begin': ({ vm }) => Promise.resolve({ text: vm, id: sampleStatus.self.bootId }),
  'drill.stop': () => done('stopped'),
  'drill.show': () => Promise.resolve({ isPossible: true, running: null, last: null, reports: [] }),
  'drill.picture': () => Promise.resolve({ png: '', width: 1, height: 1 }),
  'notify.show': () => Promise.resolve(sampleNotifyStatus),
  'notify.set': ({ revision }) => done(revision),
  'notify.test': () => Promise.resolve({ results: [] }),
  'host.goingDown': ({ reason }) => done(reason),
  'host.stays': () => done('stays'),
  'host.leave': () => done('left'),
  'demo.pullPlug': () => done('pulled'),
};

export const event = (seq: number, text = 'x'): LogEvent => ({
  seq,
  bootId: sampleStatus.self.bootId,
  atBootMs: 1,
  wallTime: '2026-01-01T00:00:00Z',
  host: 'anna',
  code: 'test.event',
  level: 'info',
  text,
});

export async function serve(more: Partial<ControlServerOptions> = {}): Promise<{
  server: ControlServer;
  path: string;
  append: (event: LogEvent) => void;
}> {
  const dir = mkdtempSync(join(tmpdir(), 'control-'));
  const path = join(dir, 'agent.sock');
  const listeners = new Set<(event: LogEvent) => void>();
  const server = await serveControl({
    path,
    groupId: null,
    agentVersion: '0.1.0-test',
    handlers,
    status: () => sampleStatus,
    readEvents: () => Promise.resolve({ events: [event(1), event(2)], firstSeq: 1, lastSeq: 2 }),
    subscribeEvents: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    nowMs: () => performance.now(),
    ...more,
  });
  undo.push(async () => {
    await server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return { server, path, append: (one) => listeners.forEach((listener) => listener(one)) };
}

export interface Answer {
  readonly id: number | string | null;
  readonly result?: unknown;
  readonly error?: { code: number; message: string; data?: { code: string; field?: string } };
}

/** A connection that sends whatever it is told and collects lines. */
export function rawClient(path: string) {
  const socket: Socket = connect(path);
  undo.push(() => void socket.destroy());
  let text = '';
  const lines: Answer[] = [];
  const waiting: (() => void)[] = [];
  let closed = false;
  const wake = (): void => waiting.splice(0).forEach((resolve) => resolve());
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const parts = (text + chunk).split('\n');
    text = parts.pop() ?? '';
    lines.push(...parts.map((part) => JSON.parse(part) as Answer));
    wake();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
    wake();
  });
  const until = async (done_: () => boolean): Promise<void> => {
    while (!done_()) {
      if (closed) throw new Error('The connection was closed.');
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return {
    socket,
    lines,
    send: (line: string | Buffer) => void socket.write(line),
    answer: async (count = 1): Promise<Answer[]> => {
      await until(() => lines.length >= count);
      return lines.splice(0, count);
    },
    closed: async (): Promise<void> => {
      while (!closed) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}

export const request = (id: unknown, method: string, params: unknown = {}): string =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
