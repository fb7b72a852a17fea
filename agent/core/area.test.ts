import { expect, test } from 'vitest';
import type { GroupConfig } from '../protocol/group.ts';
import { DEFAULT_DEEP, DEFAULT_FAST, DEFAULT_HEALTH } from '../protocol/health.ts';
import {
  AREA_BYTES,
  CONFIG_BLOCKS,
  DEFINITION_BLOCKS,
  LEASE_READ_BLOCKS,
  areaHeaderBlocks,
  configBlock,
  configFits,
  decodeAreaHeader,
  decodeConfigBlock,
  decodeTokenBlock,
  definitionBlock,
  encodeTokenBlock,
  firstConfigBlock,
  leaseBlock,
  tokenBlock,
} from './area.ts';
import { BLOCK_BYTES } from './record.ts';

const areaId = '11111111-1111-4111-8111-111111111111';
const groupId = '22222222-2222-4222-8222-222222222222';
const vm = '33333333-3333-4333-8333-333333333333';

function config(vms: number): GroupConfig {
  return {
    groupId,
    groupName: 'workshop',
    areaId,
    generation: 1,
    profile: 'steady',
    disarmed: false,
    hosts: [0, 1].map((slot) => ({
      slot,
      name: `host${slot}`,
      hardwareId: `${slot}`.repeat(64),
      links: [{ link: 0, address: `192.0.2.${slot + 1}`, port: 7946 }],
      acceptSoftwareWatchdog: false,
    })),
    vms: Array.from({ length: vms }, (_, token) => ({
      token,
      vm,
      name: `a-machine-with-a-rather-long-name-${token}`,
      hosts: [0, 1],
      drain: 'threads-stopped' as const,
      policy: { maxRestarts: 2, windowMs: 600_000, order: 100, shutdownTimeoutMs: 120_000 },
      memoryMiB: 4096,
    })),
  };
}

test('the blocks of every host and token lie apart and inside the area', () => {
  const used = new Map<number, string>();
  const claim = (name: string, first: number, blocks: number) => {
    for (let block = first; block < first + blocks; block += 1) {
      expect(used.get(block), `${name} over`).toBeUndefined();
      used.set(block, name);
    }
  };
  claim('header', 0, 2);
  for (let slot = 0; slot < 8; slot += 1) {
    claim(`lease ${slot}`, leaseBlock(slot), 1);
    for (const half of [0, 1] as const) {
      claim(`config ${slot}`, configBlock(slot, half), CONFIG_BLOCKS);
      for (let token = 0; token < 64; token += 1) {
        claim(`token ${token} ${slot}`, tokenBlock(token, slot, half), 1);
      }
    }
  }
  for (let token = 0; token < 64; token += 1) {
    claim(`definition ${token}`, definitionBlock(token, 0), DEFINITION_BLOCKS);
    claim(`definition ${token}`, definitionBlock(token, 1), DEFINITION_BLOCKS);
  }
  expect(Math.max(...used.keys())).toBeLessThan(AREA_BYTES / BLOCK_BYTES);
  expect(AREA_BYTES).toBe(40 * 1024 * 1024);
  expect(LEASE_READ_BLOCKS * BLOCK_BYTES).toBe(65_536);
});

test('the header comes back from both of its blocks', () => {
  const header = { areaId, groupId, blockBytes: 4096, hostSlots: 8, tokenSlots: 64 } as const;
  const bytes = areaHeaderBlocks(header);
  expect(bytes.length).toBe(2 * BLOCK_BYTES);
  expect(decodeAreaHeader(bytes.subarray(0, BLOCK_BYTES))).toEqual({ kind: 'record', value: header });
  expect(decodeAreaHeader(bytes.subarray(BLOCK_BYTES))).toEqual({ kind: 'record', value: header });
});

test('the first configuration is decided in slot 0', () => {
  const first = firstConfigBlock(config(3));
  expect(first.block).toBe(16);
  expect(decodeConfigBlock(first.data, areaId, 0)).toMatchObject({
    kind: 'record',
    value: { decided: { generation: 1 } },
  });
});

test('a configuration of 64 machines fits twice into a block', () => {
  expect(configFits(config(64))).toBe(true);
  const large = config(64);
  const vms = large.vms.map((entry) => ({ ...entry, name: 'ж'.repeat(128) }));
  expect(configFits({ ...large, vms })).toBe(false);
});

test('a configuration of 56 machines that are all watched fits, as the guide says', () => {
  const health = {
    ...DEFAULT_HEALTH,
    fast: { ...DEFAULT_FAST, probe: 'agent' },
    deep: { ...DEFAULT_DEEP, probe: 'http://192.168.100.100/health' },
    restartApp: 'exec:/usr/bin/systemctl restart postgresql',
  };
  const group = config(56);
  const vms = group.vms.map((vm, index) => ({
    ...vm,
    name: `machine-${index}`,
    policy: { ...vm.policy, health },
  }));
  expect(configFits({ ...group, vms })).toBe(true);
});

test('a record of another area, slot or token is unreadable', () => {
  const block = {
    areaId,
    slot: 1,
    token: 5,
    writeSeq: 1,
    paxos: { instance: 0, mbal: 0, bal: 0, inp: null },
    decided: null,
    note: null,
  };
  const bytes = encodeTokenBlock(block);
  expect(decodeTokenBlock(bytes, areaId, 1, 5).kind).toBe('record');
  expect(decodeTokenBlock(bytes, groupId, 1, 5).kind).toBe('unreadable');
  expect(decodeTokenBlock(bytes, areaId, 2, 5).kind).toBe('unreadable');
  expect(decodeTokenBlock(bytes, areaId, 1, 6).kind).toBe('unreadable');
});
