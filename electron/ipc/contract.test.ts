import { expect, test } from 'vitest';
import { contract, deriveBridge, feedNamed } from './contract.ts';
import { inputs } from './inputs.ts';

test('every call has its validator, and nothing else has one', () => {
  const calls = Object.entries(contract).flatMap(([group, members]) =>
    Object.entries(members)
      .filter(([, { kind }]) => kind === 'call')
      .map(([name]) => `${group}.${name}`),
  );
  expect(Object.keys(inputs).toSorted()).toEqual(calls.toSorted());
});

test('the bridge has a function for each member, under its own name', async () => {
  const asked: string[] = [];
  const bridge = deriveBridge({
    call: async (name) => void asked.push(name),
    subscribe: (name) => {
      asked.push(name);
      return () => undefined;
    },
  });
  await bridge.groups.startDemo({});
  bridge.runs.recent(() => undefined);
  expect(asked).toEqual(['groups.startDemo', 'runs.recent']);
});

test('only feeds are feeds, whatever name a page asks for', () => {
  expect(feedNamed('groups.views')).toBe('groups.views');
  for (const name of [
    'groups.startDemo',
    '__proto__.x',
    'constructor.name',
    'groups',
    '',
    3,
    null,
    'app.toString',
  ])
    expect(feedNamed(name)).toBeNull();
});

test('unknown fields and wrong types of a call are refused', () => {
  const groupId = '6d0f7d3e-0000-4000-8000-000000000001';
  expect(inputs['demo.pullPlug'].safeParse({ groupId, host: 'alpha' }).success).toBe(true);
  expect(inputs['demo.pullPlug'].safeParse({ groupId, host: 'alpha', more: 1 }).success).toBe(false);
  expect(inputs['demo.pullPlug'].safeParse({ groupId, host: '../etc' }).success).toBe(false);
  expect(inputs['vms.switchOver'].safeParse({ groupId: 'x', vmId: groupId, to: 'beta' }).success).toBe(false);
});
