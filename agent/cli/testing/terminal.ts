import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach } from 'vitest';
import { runCli } from '../../cli.ts';
import { type ControlHandlers, serveControl } from '../../control/server.ts';
import { sampleGroup, sampleStatus } from '../../control/testing/sampleStatus.ts';
import type { Status } from '../../protocol/control.ts';
import type { DrillReport } from '../../protocol/drill.ts';
import type { LogEvent } from '../../protocol/event.ts';
import { FailureError } from '../../protocol/failure.ts';
import { type CliIo } from '../io.ts';
import { sampleNotifyStatus } from '../../notify/testing/samples.ts';

export const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).toReversed()) await one();
});

export const sampleDrill: DrillReport = {
  vm: 'aaaaaaaa-0000-4000-8000-000000000001',
  name: 'web',
  host: 'anna',
  atWallMs: Date.UTC(2026, 0, 1),
  result: 'passed',
  because: null,
  copiedBytes: 3 * 1024 * 1024,
  copyMs: 1500,
  bootMs: 4000,
  wellMs: 5000,
  checks: [{ probe: 'agent', outcome: 'well', text: 'the guest agent answers' }],
  hasPicture: true,
};

export const event = (seq: number, text: string, level: LogEvent['level'] = 'info'): LogEvent => ({
  seq,
  bootId: sampleStatus.self.bootId,
  atBootMs: 1,
  wallTime: '2026-01-01T10:00:00.123Z',
  host: 'anna',
  code: 'test.event',
  level,
  vm: 'web',
  text,
});

/** Answers as an agent would, and writes what it was asked into `asked`. */
function notingHandlers(asked: unknown[]): ControlHandlers {
  const note = (method: string) => (params: unknown) => {
    asked.push([method, params]);
    return Promise.resolve({ text: `${method} has begun.` });
  };
  return {
    'group.show': () => Promise.resolve({ config: sampleGroup }),
    'group.profile': note('profile'),
    protect: note('protect'),
    unprotect: () =>
      Promise.reject(
        new FailureError({
          code: 'vm.not-protected',
          message: 'web is not protected.',
          meaning: 'Nothing was changed.',
          fix: 'Look at the status.',
        }),
      ),
    checkVm: ({ vm }) =>
      Promise.resolve({
        findings:
          vm === 'web'
            ? []
            : [{ blocking: true, failure: { code: 'vm.local-disk', message: 'Its disk is local.' } }],
      }),
    switchover: note('switchover'),
    'vm.checkLive': () => Promise.resolve({ against: [] }),
    'vm.start': note('start'),
    'vm.stop': note('stop'),
    'group.disarm': note('disarm'),
    'group.arm': note('arm'),
    'maintenance.on': note('maintenance on'),
    'maintenance.off': note('maintenance off'),
    'group.addHost': note('addHost'),
    'group.removeHost': note('removeHost'),
    'group.replaceHost': note('replaceHost'),
    'vm.policy': note('policy'),
    'vm.cancel': note('cancel'),
    'drill.begin': ({ vm }) => {
      asked.push(['drill', { vm }]);
      return Promise.resolve({ text: 'It begins.', id: sampleDrill.vm });
    },
    'drill.stop': note('drill stop'),
    'drill.show': () =>
      Promise.resolve({
        isPossible: true,
        running: null,
        last: { id: sampleDrill.vm, report: sampleDrill },
        reports: [sampleDrill],
      }),
    'drill.picture': () => Promise.resolve({ png: 'QUJD', width: 1, height: 1 }),
    'vm.screenshot': () => Promise.resolve({ png: 'iVBORw==', width: 1, height: 1 }),
    'notify.show': () => Promise.resolve(sampleNotifyStatus),
    'notify.set': note('notify.set'),
    'notify.test': (params) => {
      asked.push(['notify.test', params]);
      const failure = sampleNotifyStatus.channels[1]?.failure ?? null;
      return Promise.resolve({
        results: [
          { channel: 'mail', failure: null, tookMs: 312 },
          { channel: 'webhook:chat', failure, tookMs: 80 },
        ],
      });
    },
    'host.goingDown': note('goingDown'),
    'host.stays': note('stays'),
    'host.leave': note('leave'),
    'demo.pullPlug': note('pullPlug'),
  };
}

/** An agent that writes down what it is asked. */
export async function agent(status: Status = sampleStatus) {
  const dir = mkdtempSync(join(tmpdir(), 'cli-'));
  const path = join(dir, 'agent.sock');
  const asked: unknown[] = [];
  const listeners = new Set<(event: LogEvent) => void>();
  const handlers = notingHandlers(asked);
  const server = await serveControl({
    path,
    groupId: null,
    agentVersion: '0.1.0-test',
    handlers,
    status: () => status,
    readEvents: (_afterSeq, limit) =>
      Promise.resolve({
        events: [
          event(1, 'began\u001B[31m\nforged'),
          event(2, 'ended', 'alarm'),
          ...(limit > 100 ? [{ ...event(3, 'moved'), facts: { incident: 'web-g2' } }] : []),
        ],
        firstSeq: 1,
        lastSeq: 2,
      }),
    subscribeEvents: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    nowMs: () => performance.now(),
  });
  undo.push(async () => {
    await server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return { path, asked, server, append: (one: LogEvent) => listeners.forEach((listener) => listener(one)) };
}

export function terminal(connectTo: () => Promise<Duplex>, more: Partial<CliIo> = {}) {
  const written = { out: '', err: '' };
  const io: CliIo = {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    colour: false,
    interactive: false,
    unicode: true,
    connect: connectTo,
    interrupted: new Promise(() => undefined),
    ...more,
  };
  return { io, written };
}

export const never = (): Promise<Duplex> => Promise.reject(new Error('The agent must not be asked.'));

export async function run(path: string, ...words: string[]) {
  const { io, written } = terminal(() => Promise.resolve(connect(path)));
  return { code: await runCli(words, io), ...written };
}
