import { expect, test, vi } from 'vitest';
import { FakeGroup, uuidOf } from '../core/engine/testing/fakeGroup.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { DefinitionLook } from './definitionLook.ts';
import type { EngineShell, ShellInput } from './engineShell.ts';

function bench(changed: Hypervisor['changed']) {
  const group = new FakeGroup(2, [{}, {}]).settle('h1');
  const fed: ShellInput[] = [];
  const of = (host: string): DefinitionLook => {
    const shell = { engine: group.host(host).engine, feed: (input: ShellInput) => void fed.push(input) };
    return new DefinitionLook({ changed }, shell as unknown as EngineShell);
  };
  return { fed, of, group };
}

test('a VM that changed without an event is looked at again, as after an event', async () => {
  const { fed, of } = bench(async () => [uuidOf(2)]);
  await of('h1').look();
  expect(fed).toMatchObject([
    { kind: 'domain', fact: { vm: uuidOf(2), state: 'running' }, happening: { kind: 'defined' } },
  ]);
});

test('only the holder looks', async () => {
  const changed = vi.fn<Hypervisor['changed']>(async () => []);
  const { of } = bench(changed);
  await of('h1').look();
  await of('h2').look();
  expect(changed.mock.calls.map(([vms]) => vms)).toEqual([[uuidOf(1), uuidOf(2)], []]);
});

test('a look that fails is no change, and the next is made', async () => {
  const changed = vi.fn<Hypervisor['changed']>().mockRejectedValueOnce(new Error('busy'));
  changed.mockResolvedValue([]);
  const { fed, of } = bench(changed);
  const look = of('h1');
  await look.look();
  await look.look();
  expect(fed).toEqual([]);
  expect(changed).toHaveBeenCalledTimes(2);
});

test('one look at a time', async () => {
  let answer: (vms: readonly string[]) => void = () => undefined;
  const changed = vi.fn<Hypervisor['changed']>(() => new Promise((resolve) => (answer = resolve)));
  const { of } = bench(changed);
  const look = of('h1');
  const first = look.look();
  await look.look();
  expect(changed).toHaveBeenCalledTimes(1);
  answer([]);
  await first;
});
