import { describe, expect, test } from 'vitest';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';

const VM = uuidOf(1);
const settled = (): FakeGroup => new FakeGroup(2, [{}]).settle('h1');

describe('tokens in unusual states', () => {
  test('a token decided for a host that died before it wrote its note is taken, and the VM started', () => {
    const group = settled();
    const token = group.token(0);
    token.generation = 2;
    token.note = null;
    if (token.value) token.value = { ...token.value, holder: 0 };
    group.host('h1').powerOff();
    group.run(30_000);
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(token.note).toMatchObject({ desired: 'running', definition: group.definitionOf(VM) });
  });

  test('a token whose index was another VM’s before is nobody’s: it is not taken, its old note does not count', () => {
    const group = settled();
    const token = group.token(0);
    if (token.value) token.value = { ...token.value, vm: uuidOf(7), holder: 1 };
    if (token.note) token.note = { ...token.note, released: true };
    group.host('h1').change(VM, 'stopped', 'shutdown');
    group.run(20_000);
    expect(group.runningOn(1)).toEqual([]);
    expect(token.generation).toBe(1);
    group.host('h1').change(VM, 'running', 'booted');
    group.run(3000);
    expect(token).toMatchObject({
      generation: 2,
      value: { vm: VM, holder: 0 },
      note: { desired: 'running' },
    });
  });

  test('a token that the keeper re-asserted while the VM ran does not make its crash look like a first start', () => {
    const group = settled();
    const token = group.token(0);
    token.generation = 5;
    if (token.note) token.note = { ...token.note, generation: 5 };
    group.host('h1').change(VM, 'stopped', 'failed');
    group.run(5000);
    expect(group.log.filter((line) => line.includes('vm.crashed'))).toHaveLength(1);
    expect(group.runningOn(1)).toEqual(['h1']);
  });

  test('a release that the store has lost does not keep the VM down', () => {
    const group = settled();
    group.host('h2').powerOff();
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
    group.run(5000);
    const token = group.token(0);
    if (token.note?.released !== true) return expect(group.report()).toBe('a release');
    token.note = { ...token.note, released: false, releasedTo: null };
    group.run(30_000);
    expect(group.runningOn(1)).toEqual(['h1']);
  });

  test.each([
    [true, 'clean'],
    [false, 'unknown'],
  ])('the keeper is told how the QEMU ended before a release (guest obeyed: %s)', (obeys, ended) => {
    const group = settled();
    const host = group.host('h1');
    host.obeysShutdown = obeys;
    host.command(1, { kind: 'switchover', vm: 'web1', to: null });
    group.run(20_000);
    expect(host.requests.find((body) => body.kind === 'release')).toMatchObject({ ended });
  });
});
