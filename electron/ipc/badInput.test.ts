import { expect, test } from 'vitest';
import { draft as alerts } from '../../agent/notify/testing/samples.ts';
import { dispatch } from '../app/dispatch.ts';
import type { CallName, Handlers, InputOf } from './contract.ts';
import { inputs } from './inputs.ts';

/** Every field of every call that a window can make, spoilt: refused with its name, and no handler is reached. */

const id = '6d0f7d3e-0000-4000-8000-000000000001';
const login = {
  address: '192.0.2.11',
  port: 22,
  user: 'admin',
  auth: { kind: 'key', keyFile: '/home/admin/.ssh/id_ed25519' },
} as const;
const hostInput = { name: 'alpha', ...login, jump: login };
const draft = {
  name: 'Shop',
  profile: 'steady',
  port: 7677,
  links: [{ host: 'alpha', addresses: ['192.0.2.11'] }],
  watchdogs: [{ host: 'alpha', device: '/dev/watchdog' }],
  acceptSoftwareWatchdog: false,
} as const;
const vm = { groupId: id, vmId: id };
const policy = { maxRestarts: 1, windowMs: 600_000, shutdownTimeoutMs: 60_000 };
const choices = [{ vmId: id, hosts: ['alpha', 'beta'], order: 1 }];

/** A whole and good input for each call; the compiler asks for those of a call that is new. */
const good: { readonly [Name in CallName]: InputOf<Name> } = {
  'app.setTheme': { theme: 'dark' },
  'groups.startDemo': {},
  'groups.open': { groupId: id },
  'groups.close': { groupId: id },
  'vms.check': vm,
  'vms.switchOver': { ...vm, to: 'beta', how: 'live' },
  'demo.pullPlug': { groupId: id, host: 'alpha' },
  'demo.powerOn': { groupId: id, host: 'alpha' },
  'setup.begin': { kind: 'new', resume: id },
  'setup.leave': {},
  'setup.discard': { id },
  'setup.addHost': hostInput,
  'setup.addKnown': { host: 'alpha' },
  'setup.changeHost': { host: 'alpha', input: hostInput },
  'setup.removeHost': { host: 'alpha' },
  'setup.plan': {},
  'setup.install': {},
  'setup.undo': { hosts: ['alpha'] },
  'setup.findStores': {},
  'setup.proveStore': { kind: 'folder', path: '/srv/vms' },
  'setup.saveDraft': draft,
  'setup.createGroup': draft,
  'prompts.answer': { id, answer: { kind: 'secret', secret: 'pw', remember: true } },
  'work.stop': { workId: id },
  'checks.run': { groupId: id, line: 'watchdog.device alpha' },
  'checks.fix': { groupId: id, line: 'watchdog.device alpha', fix: 'watchdog.load' },
  'checks.accept': { groupId: id, line: 'watchdog.device alpha', on: true },
  'checks.save': { groupId: id, format: 'html' },
  'hosts.change': { host: 'alpha', input: hostInput },
  'hosts.forgetKey': { host: 'alpha' },
  'hosts.forgetSecrets': { host: 'alpha' },
  'hosts.forget': { host: 'alpha' },
  'hosts.planUninstall': { host: 'alpha' },
  'hosts.uninstall': { host: 'alpha', deleteArea: false },
  'hosts.addToGroup': { groupId: id, input: hostInput },
  'hosts.removeFromGroup': { groupId: id, host: 'alpha' },
  'hosts.replace': { groupId: id, host: 'alpha', input: hostInput },
  'pairs.refresh': { groupId: id },
  'pairs.predict': { groupId: id, choices },
  'pairs.fix': { ...vm, fix: 'cdrom.eject' },
  'pairs.protect': { groupId: id, choices, policy },
  'incidents.export': { groupId: id, format: 'csv', kinds: ['store'], search: 'mail' },
  'away.dismiss': {},
  'vm.setPolicy': { ...vm, policy: { ...policy, order: 1 } },
  'vm.start': vm,
  'vm.stop': vm,
  'vm.unprotect': vm,
  'vm.screenshot': vm,
  'vm.drills': vm,
  'vm.drill': { ...vm, host: 'beta' },
  'vm.stopDrill': { ...vm, host: 'beta' },
  'vm.drillPicture': { ...vm, host: 'beta' },
  'switchOver.plan': { ...vm, to: 'beta' },
  'switchOver.stop': { runId: id },
  'maintenance.preview': { groupId: id, scope: { kind: 'host', host: 'alpha' }, forMs: 1_800_000 },
  'maintenance.disarm': { groupId: id, forMs: 1_800_000 },
  'maintenance.arm': { groupId: id },
  'maintenance.begin': { groupId: id, host: 'alpha', forMs: 1_800_000, bringBack: true, how: 'live' },
  'maintenance.end': { groupId: id, host: 'alpha' },
  'settings.change': {
    startAtLogin: true,
    closeToTray: true,
    notifications: { failover: true, protection: true, links: true },
    remindOfUpdates: true,
  },
  'alerts.show': { groupId: id },
  'alerts.save': { groupId: id, settings: alerts },
  'alerts.test': { groupId: id, channel: 'mail' },
  'timing.choices': { groupId: id },
  'timing.choose': { groupId: id, profile: 'swift' },
  'updates.rollOut': { groupId: id },
  'updates.stop': { groupId: id },
  'diagnostics.preview': { groupId: id },
  'diagnostics.save': { id },
  'about.read': {},
};

type Path = readonly (string | number)[];
type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** Every field, at every depth. */
function paths(value: unknown, at: Path = []): readonly Path[] {
  if (!isNode(value)) return [];
  return Object.entries(value).flatMap(([name, below]) => {
    const here = [...at, Array.isArray(value) ? Number(name) : name];
    return [here, ...paths(below, here)];
  });
}

const leftOut = Symbol('left out');

/** A copy with another value in that place; `leftOut` takes the place away. */
function spoilt(value: unknown, [first, ...rest]: Path, by: unknown): unknown {
  if (first === undefined) return by;
  const fields = Object.entries(value as object).flatMap(([name, old]): [string, unknown][] => {
    const next: unknown = name === String(first) ? spoilt(old, rest, by) : old;
    return next === leftOut ? [] : [[name, next]];
  });
  return Array.isArray(value) ? fields.map(([, next]) => next) : Object.fromEntries(fields);
}

/** What no field of any call may be. */
const hostile: readonly unknown[] = [
  { kind: 'what', __proto__: null },
  [[['deep']]],
  'x'.repeat(100_000),
  `a\0b${String.fromCodePoint(0x20_2e)}\n`.repeat(2_000),
  Number.NaN,
  Number.MAX_VALUE,
  -7.5,
];

const reached: string[] = [];
const handlers = new Proxy({} as Handlers, {
  get: (_, name) => async () => void reached.push(String(name)),
});
const calls = Object.keys(inputs) as CallName[];
const ask = (name: CallName, input: unknown) =>
  dispatch(handlers, name, input, (fault) => {
    throw fault;
  });

test('the good inputs are good: each reaches its handler', async () => {
  reached.length = 0;
  for (const name of calls) expect(await ask(name, good[name])).toMatchObject({ ok: true });
  expect(reached).toEqual(calls);
});

test.each(calls)(
  '%s: a spoilt field is refused with its name, and nothing of the rest is done',
  async (name) => {
    reached.length = 0;
    for (const path of paths(good[name])) {
      for (const value of hostile) {
        const reply = await ask(name, spoilt(good[name], path, value));
        if (reply.ok)
          throw new Error(`${path.join('.')} was taken as ${String(JSON.stringify(value)).slice(0, 60)}`);
        expect(reply.failure.code).toBe('input.invalid');
        // A choice between kinds may name the choice instead of what is in it.
        const named = reply.failure.field ?? '';
        const field = path.join('.');
        const length = Math.min(named.length, field.length);
        expect(named.slice(0, length)).toBe(field.slice(0, length));
        expect(named).not.toBe('');
      }
    }
    expect(reached).toEqual([]);
  },
);

test.each(calls)('%s: an unknown field, and no input at all, are refused', async (name) => {
  reached.length = 0;
  for (const input of [{ ...good[name], more: 1 }, undefined, null, [], 'x', 7])
    expect(await ask(name, input)).toMatchObject({ ok: false, failure: { code: 'input.invalid' } });
  expect(reached).toEqual([]);
});

test('a field that is missing is refused with its name, unless it may be', async () => {
  reached.length = 0;
  const mayBeMissing = /^(?:settings\.change |vm\.setPolicy policy|pairs\.protect policy)/;
  for (const name of calls) {
    for (const path of paths(good[name])) {
      if (typeof path.at(-1) === 'number' || mayBeMissing.test(`${name} ${path.join('.')}`)) continue;
      const reply = await ask(name, spoilt(good[name], path, leftOut));
      expect(reply.ok, `${name} without ${path.join('.')}`).toBe(false);
    }
  }
  expect(reached).toEqual([]);
});
