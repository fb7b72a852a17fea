import { describe, expect, test } from 'vitest';
import { FakeGroup, uuidOf } from '../../../agent/core/engine/testing/fakeGroup.ts';
import type { LogEvent } from '../../../agent/protocol/event.ts';
import type { EventView } from '../../ipc/views.ts';
import { stories } from './stories.ts';
import { START, view } from './testing/eventView.ts';

const VM = uuidOf(1);

/** What the engines of a group said, as this app gets it. */
const told = (group: FakeGroup, more: readonly EventView[] = []): readonly EventView[] =>
  [
    ...group.events.map(({ host, atMs, event }, index) => view(index, host, atMs, event as LogEvent)),
    ...more,
  ].toSorted((a, b) => a.wallTime.localeCompare(b.wallTime));

const keeper = (seq: number, host: string, atMs: number, code: string, facts: LogEvent['facts']): EventView =>
  view(10_000 + seq, host, atMs, { code, level: 'notice', text: code, facts });

const settled = (vms: number): FakeGroup => {
  const specs = Array.from({ length: vms }, () => ({}));
  return new FakeGroup(2, specs).settle('h1');
};

describe('the loss of a host', () => {
  const lost = (): { group: FakeGroup; atMs: number } => {
    const group = settled(2);
    const atMs = group.nowMs;
    group.host('h1').powerOff();
    return { group: group.run(30_000), atMs };
  };

  test('is one story of both hosts: cause, decision, seconds down, and what is left to do', () => {
    const { group, atMs } = lost();
    const all = stories(
      told(group, [
        keeper(7, 'h2', atMs - 60_000, 'link.up', { host: 'h1', link: 0, drops: 0 }),
        keeper(1, 'h2', atMs + 2000, 'link.down', { host: 'h1', link: 0, drops: 1 }),
        keeper(2, 'h2', atMs + 12_000, 'host.dead-up-to', {
          slot: 0,
          epoch: 1,
          byTime: true,
          incident: 'h1-e1',
        }),
      ]),
    );
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({
      kind: 'host-lost',
      word: 'at-risk',
      title: 'h2 took over 2 VMs from h1',
      hosts: ['h2'],
      vms: [
        { vmName: 'web1', from: 'h1', to: 'h2', outcome: 'moved' },
        { vmName: 'web2', from: 'h1', to: 'h2', outcome: 'moved' },
      ],
    });
    expect(all[0]?.downMs).toBeGreaterThan(11_000);
    expect(all[0]?.cause).toContain('no sign of life on the store for its time T');
    expect(all[0]?.decision).toContain('h2 decided to take over, because h1 has not renewed its lease');
    expect(all[0]?.outcome).toMatch(/web1 and web2 are running on h2 after 1\d\ss\./);
    expect(all[0]?.needs).toContain('Bring h1 back');
    expect(all[0]?.lines[0]?.code).toBe('link.down');
  });

  test('ends well when the host is back', () => {
    const { group, atMs } = lost();
    const [story] = stories(told(group, [keeper(3, 'h1', atMs + 600_000, 'keeper.alive', { epoch: 2 })]));
    expect(story).toMatchObject({ word: 'protected', needs: null, hosts: ['h1', 'h2'] });
    expect(story?.outcome).toContain('h1 is back.');
  });

  test('through the store is told by the host itself, with the error', () => {
    const { group, atMs } = lost();
    const [story] = stories(
      told(group, [
        keeper(4, 'h1', atMs, 'store.lost', { error: 'EIO' }),
        keeper(5, 'h1', atMs + 4000, 'keeper.lapsed', { epoch: 1, vms: 2, incident: 'h1-e1' }),
      ]),
    );
    expect(story?.cause).toBe(
      'h1 could not reach the store in time (EIO) and stopped its VMs, so that another host could run them.',
    );
  });
});

test('a host that stopped its VMs itself is the one to know when, and the seconds are told from that', () => {
  const lapsed = keeper(1, 'h1', 7000, 'keeper.lapsed', { epoch: 1, vms: 1, incident: 'h1-e1' });
  const taken = (seq: number, atMs: number, code: string): EventView =>
    view(seq, 'h2', atMs, {
      code,
      level: 'notice',
      text: code,
      vm: 'web1',
      facts: { incident: 'h1-e1', downMs: null, tookMs: 300 },
    });
  const [story] = stories([lapsed, taken(2, 8000, 'vm.taken-over'), taken(3, 8300, 'vm.started')]);
  expect(story).toMatchObject({ downMs: 1300, vms: [{ outcome: 'moved', downMs: 1300 }] });
});

describe('one VM', () => {
  test('a switchover is one story of the host it left and the one it came to, with its pause', () => {
    const group = settled(1);
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
    group.run(20_000);
    const [story, ...more] = stories(told(group));
    expect(more).toEqual([]);
    expect(story).toMatchObject({
      kind: 'switchover',
      word: 'protected',
      title: 'web1 was switched over to h2',
      hosts: ['h1', 'h2'],
      vms: [{ vmName: 'web1', from: 'h1', to: 'h2', outcome: 'moved' }],
      needs: null,
    });
    expect(story?.downMs).toBeGreaterThan(300);
    expect(story?.endedAt).not.toBeNull();
  });

  test('a crash that its host mends is a restart, and a second one hours later another story', () => {
    const group = settled(1);
    group.host('h1').change(VM, 'stopped', 'failed');
    group.run(3_600_000);
    group.host('h1').change(VM, 'stopped', 'failed');
    group.run(10_000);
    const all = stories(told(group));
    expect(all.map(({ title }) => title)).toEqual([
      'web1 failed and was restarted',
      'web1 failed and was restarted',
    ]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(2);
    expect(all[0]).toMatchObject({ kind: 'vm-failed', word: 'protected', vms: [{ outcome: 'restarted' }] });
    expect(all[0]?.downMs).toBeGreaterThan(0);
  });

  test('a VM that fails too often is followed to the host that gets it', () => {
    const group = settled(1);
    for (const wait of [3000, 20_000]) {
      group.host('h1').change(VM, 'stopped', 'failed');
      group.run(wait);
    }
    const [story] = stories(told(group));
    expect(story).toMatchObject({
      kind: 'vm-failed',
      title: 'web1 failed on h1 and runs on h2',
      hosts: ['h1', 'h2'],
      vms: [{ from: 'h1', to: 'h2', outcome: 'moved' }],
      needs: 'It went down 2 times: look at the guest and its host.',
    });
  });

  test('a live switchover that broke off stays, and one that goes on with a shutdown is not over', () => {
    const titles = (how: 'live' | 'live-or-shutdown'): readonly string[] => {
      const group = settled(1);
      group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2', how });
      group.run(3000);
      group.host('h1').move?.fail('the link broke');
      group.run(how === 'live' ? 5000 : 200);
      return stories(told(group)).map(({ title }) => title);
    };
    expect(titles('live').at(-1)).toBe('The switchover of web1 was not carried out');
    expect(titles('live-or-shutdown').at(-1)).toBe('web1 is being switched over to h2');
  });

  test('a switchover after one that was stopped is a story of its own', () => {
    const group = settled(1);
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
    group.run(500);
    group.host('h1').command(2, { kind: 'cancel', vm: 'web1' });
    group.run(20_000);
    group.host('h1').command(3, { kind: 'switchover', vm: 'web1', to: 'h2' });
    group.run(20_000);
    expect(stories(told(group)).map(({ title }) => title)).toEqual([
      'The switchover of web1 was not carried out',
      'web1 was switched over to h2',
    ]);
  });

  test('a shutdown from inside is no failure', () => {
    const group = settled(1);
    group.host('h1').change(VM, 'stopped', 'shutdown');
    group.run(3000);
    expect(stories(told(group))).toMatchObject([
      { kind: 'change', word: 'paused', title: 'web1 was shut down from inside' },
    ]);
  });

  test('a stop that was followed by a start left the VM running', () => {
    const group = settled(1);
    group.host('h1').command(1, { kind: 'vm.stop', vm: 'web1' });
    group.run(10_000);
    group.host('h1').command(2, { kind: 'vm.start', vm: 'web1' });
    group.run(10_000);
    expect(stories(told(group))).toMatchObject([{ word: 'protected', title: 'web1 was started' }]);
  });

  test('a maintenance and the moves that it asks for say so', () => {
    const group = settled(1);
    group.host('h2').command(1, { kind: 'maintenance', host: 'h1', on: true, forMs: 60_000 });
    group.run(120_000);
    const all = stories(told(group));
    expect(all.map(({ kind, title }) => `${kind}: ${title}`).toSorted()).toEqual([
      'maintenance: h1 was in maintenance',
      'maintenance: web1 was switched over to h2',
    ]);
  });
});

describe('links, store and the rest', () => {
  test('a link is a story of its own, and nothing was moved for it', () => {
    const facts = { host: 'h1', link: 0, drops: 1 };
    const down = keeper(1, 'h2', 0, 'link.down', facts);
    expect(stories([down])).toMatchObject([{ kind: 'links', word: 'at-risk', endedAt: null }]);
    const up = keeper(2, 'h2', 5000, 'link.up', facts);
    expect(stories([down, up])).toMatchObject([
      { word: 'protected', title: 'A heartbeat link between h1 and h2 was down for a while', needs: null },
    ]);
  });

  test('a store that all hosts lost together is told as held, not as failed', () => {
    const [story] = stories([
      keeper(1, 'h1', 0, 'store.lost', { error: 'ETIMEDOUT' }),
      keeper(2, 'h2', 10, 'store.lost', { error: 'ETIMEDOUT' }),
      keeper(3, 'h1', 4000, 'keeper.store-lost-by-all', {}),
      keeper(4, 'h1', 60_000, 'store.back', { afterMs: 60_000 }),
      keeper(5, 'h2', 60_010, 'store.back', { afterMs: 60_000 }),
    ]);
    expect(story).toMatchObject({
      kind: 'store',
      word: 'protected',
      title: 'h1 and h2 lost the store for a while',
    });
    expect(story?.decision).toContain('held their guests');
  });

  test('a service that answers again within moments is no story', () => {
    const lost = view(1, 'h1', 0, { code: 'keeper.lost', level: 'warning', text: 'It does not answer.' });
    const back = (atMs: number): EventView =>
      view(2, 'h1', atMs, { code: 'keeper.connected', level: 'info', text: 'The keeper answers.' });
    expect(stories([lost, back(2000)])).toEqual([]);
    const again = [{ ...lost, key: 'c', wallTime: new Date(START + 60_000).toISOString() }, back(61_000)];
    expect(stories([lost, back(2000), ...again])).toEqual([]);
    expect(stories([lost, back(90_000)])).toMatchObject([
      { word: 'protected', outcome: 'The keeper answers.' },
    ]);
    expect(stories([lost])).toMatchObject([{ kind: 'protection', word: 'at-risk' }]);
  });

  test('what happened unseen is marked, and what is of no story is left out', () => {
    const alarm = view(1, 'h1', 0, { code: 'keeper.passive', level: 'alarm', text: 'It does nothing.' });
    const started = view(2, 'h1', 1, { code: 'agent.started', level: 'info', text: 'The agent started.' });
    expect(stories([alarm, started], new Set([alarm.key]))).toMatchObject([
      { kind: 'protection', whileAway: true, lines: [{ why: [] }] },
    ]);
  });

  test('a long story keeps its beginning and its end, and there are only so many stories', () => {
    const many = Array.from({ length: 400 }, (_, index) =>
      keeper(index, 'h2', index * 1000, index % 2 === 0 ? 'link.down' : 'link.up', { host: 'h1', link: 0 }),
    );
    const [story] = stories(many);
    expect(story?.lines).toHaveLength(50);
    expect(story?.linesLeftOut).toBe(350);
    const apart = Array.from({ length: 300 }, (_, index) =>
      view(index, 'h1', index * 3_600_000, { code: 'vm.panicked', level: 'warning', text: 'x', vm: 'web' }),
    );
    expect(stories(apart)).toHaveLength(120);
  });
});

test('the cause of a start is why it was started, whatever else a host wrote down around it', () => {
  const vm = 'web1';
  const facts = { incident: 'web1-g1' };
  const said = [
    view(1, 'h2', 0, {
      code: 'definition.placed',
      level: 'info',
      vm,
      text: 'h2 is a standby of web1.',
      facts,
    }),
    view(2, 'h1', 500, {
      code: 'vm.started',
      level: 'notice',
      vm,
      text: 'web1 runs on h1 after 0.5 s (the administrator asked for it).',
      facts: { ...facts, why: 'the administrator asked for it' },
    }),
    view(3, 'h1', 900_000, {
      code: 'vm.shut-down-inside',
      level: 'notice',
      vm,
      text: 'web1 is off.',
      facts: { incident: 'web1-g2' },
    }),
  ];
  const causes = stories(said).map(({ title, cause }) => [title, cause]);
  expect(causes).toContainEqual(['web1 was started', 'The administrator asked for it.']);
  expect(causes).toContainEqual(['web1 was shut down from inside', 'Somebody shut web1 down from inside.']);
});
