import { describe, expect, test } from 'vitest';
import { parseScenario } from '../scenario/parseScenario.ts';
import { openWorld } from './openWorld.ts';
import type { WorldResult } from './result.ts';
import { runWorld } from './runWorld.ts';

const base = { hosts: ['a', 'b'], profile: 'swift', vms: [{ name: 'v1', host: 'a', bootTime: 3 }] };

function run(content: Readonly<Record<string, unknown>>, seed = 1): { result: WorldResult; lines: string[] } {
  const lines: string[] = [];
  const trace = (atMs: number, line: string): void => void lines.push(`${atMs} ${line}`);
  const scenario = parseScenario(JSON.stringify({ ...base, ...content }), 'a test');
  return { result: runWorld(scenario, seed, { trace }), lines };
}

const wild = {
  steps: [
    { at: 4, do: 'store-delay', ms: 700 },
    { at: 9, do: 'keeper-kill', host: 'a' },
    { at: 12, do: 'store-stall' },
    { at: 15, do: 'link-loss', percent: 40 },
    { at: 21, do: 'store-heal' },
    { at: 24, do: 'store-torn-write', host: 'a' },
    { at: 30, do: 'freeze', host: 'a' },
    { at: 33, do: 'vm-crash', vm: 'v1' },
    { at: 50, do: 'thaw', host: 'a' },
  ],
  until: 100,
};

describe('a run', () => {
  test('is the same again, bit for bit, whatever ran in between', () => {
    const first = run(wild, 7);
    run({ steps: [], until: 20 }, 3);
    expect(run(wild, 7)).toEqual(first);
  });

  test('differs with the seed, in its delays', () => {
    expect(run(wild, 7).lines).not.toEqual(run(wild, 8).lines);
  });

  test('is not changed by being watched', () => {
    const scenario = parseScenario(JSON.stringify({ ...base, ...wild }), 'a test');
    expect(runWorld(scenario, 7)).toEqual(run(wild, 7).result);
  });
});

describe('invariants', () => {
  test('I1: two guests of one VM on two hosts are a violation, with place and time', () => {
    const open = openWorld(base);
    open.runTo(2);
    const [vm] = open.world.vms;
    if (vm === undefined) throw new Error('no VM');
    open.world.guests.resume(open.world.guests.create(vm, open.site('b').host));
    const [violation] = open.world.judge.violations;
    expect(violation).toMatchObject({ invariant: 'I1', at: 2 });
    expect(violation?.detail).toContain('v1 runs on b while it runs on a');
  });

  test('I1: a write that lands after the VM has begun to run elsewhere is a violation', () => {
    const open = openWorld(base);
    open.runTo(2);
    const [vm] = open.world.vms;
    const qemu = vm === undefined ? null : open.world.guests.running(vm);
    if (vm === undefined || qemu === null) throw new Error('no VM');
    open.site('a').agent.stop();
    open.world.store.setReach(0, 'stall');
    open.world.guests.kill(qemu);
    open.runOn(0.2);
    open.world.guests.resume(open.world.guests.create(vm, open.site('b').host));
    open.world.store.setReach(0, 'ok');
    open.runOn(4);
    const details = open.world.judge.violations.map(({ detail }) => detail);
    expect(details).toContainEqual(expect.stringContaining('a late write of v1 from a landed'));
  });

  test('I2: a token that changes hands before T and without a proof is a violation', () => {
    const open = openWorld(base);
    open.runTo(2);
    const [vm] = open.world.vms;
    if (vm === undefined) throw new Error('no VM');
    open.world.judge.granted(vm, { token: 0, slot: 1, epoch: 1, generation: 2 });
    expect(open.world.judge.violations.map((one) => one.invariant)).toEqual(['I2']);
  });

  test('live: a VM that nobody starts although a host and the store are well is a violation', () => {
    const open = openWorld(base);
    open.runTo(2);
    const [vm] = open.world.vms;
    const qemu = vm === undefined ? null : open.world.guests.running(vm);
    if (qemu === null) throw new Error('no VM');
    for (const name of ['a', 'b']) open.site(name).agent.ask = () => undefined;
    open.world.guests.kill(qemu);
    open.runOn(60);
    expect(open.world.judge.violations.map((one) => one.invariant)).toContain('live');
  });

  test('a watchdog that never fires: the double run is not called a violation, but has to be said', () => {
    const steps = [
      { at: 5, do: 'watchdog-fail', host: 'a' },
      { at: 6, do: 'freeze', host: 'a' },
      { at: 40, do: 'thaw', host: 'a' },
    ];
    const { result, lines } = run({ steps, until: 80 });
    expect(result.violations).toEqual([]);
    expect(lines.join('\n')).toContain('Two hosts were seen to hold v1');
  });
});

describe('the story', () => {
  test('reads like an incident report', () => {
    const { lines } = run({ steps: [{ at: 10, do: 'power-off', host: 'a' }], until: 30 });
    expect(lines[0]).toBe('0    a, b are up; v1 on a.');
    expect(lines).toContain('10000 a  loses power.');
    expect(lines.some((line) => / b {2}v1 runs on b again after \d+\.\d s without service/.test(line))).toBe(
      true,
    );
  });
});
