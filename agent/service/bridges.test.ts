import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lookAtBridges } from './bridges.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'understudy-bridges-'));
});
afterEach(() => rmSync(root, { recursive: true }));

interface Port {
  readonly carrier?: string;
  readonly operstate?: string;
  /** Names of what else lies in its folder. */
  readonly has?: readonly string[];
}

function port(bridge: string, name: string, { carrier, operstate = 'up', has = [] }: Port): void {
  mkdirSync(join(root, bridge, 'brif', name), { recursive: true });
  mkdirSync(join(root, name), { recursive: true });
  writeFileSync(join(root, name, 'operstate'), `${operstate}\n`);
  if (carrier !== undefined) writeFileSync(join(root, name, 'carrier'), carrier);
  for (const entry of has) mkdirSync(join(root, name, entry));
}

const uplink = async (): Promise<string | undefined> => (await lookAtBridges(['br0'], root))[0]?.uplink;

test('a card with a carrier is a way out, and one without is none', async () => {
  port('br0', 'eno1', { carrier: '1\n', has: ['device'] });
  expect(await uplink()).toBe('up');
  port('br0', 'eno1', { carrier: '0\n', operstate: 'down' });
  expect(await uplink()).toBe('down');
});

test('a card that is switched off tells no carrier and is no way out', async () => {
  port('br0', 'eno1', { operstate: 'down', has: ['device'] });
  expect(await uplink()).toBe('down');
});

test('one of two cards is enough; guests on the bridge do not count', async () => {
  port('br0', 'eno1', { carrier: '0', operstate: 'down', has: ['device'] });
  port('br0', 'vnet0', { carrier: '1', operstate: 'unknown', has: ['tun_flags'] });
  expect(await uplink()).toBe('down');
  port('br0', 'eno2', { carrier: '1', has: ['device'] });
  expect(await uplink()).toBe('up');
});

test('of a bond and a VLAN their own carrier counts', async () => {
  port('br0', 'bond0', { carrier: '1', has: ['bonding'] });
  expect(await uplink()).toBe('up');
  port('br0', 'bond0', { carrier: '0', operstate: 'down' });
  port('br0', 'eno1.20', { carrier: '0', operstate: 'lowerlayerdown', has: ['lower_eno1'] });
  expect(await uplink()).toBe('down');
});

test('a container’s end beside a card is no way out; a veth with a name of its own is one where there is no card', async () => {
  port('br0', 'veth12ab', { carrier: '1' });
  expect(await uplink()).toBe('none');
  port('br0', 'eth0', { carrier: '1' });
  expect(await uplink()).toBe('up');
  port('br0', 'eno1', { carrier: '0', operstate: 'down', has: ['device'] });
  expect(await uplink()).toBe('down');
});

test('a bridge with guests only has no way out, and of what is no bridge nothing is known', async () => {
  port('br0', 'vnet0', { carrier: '1', has: ['tun_flags'] });
  expect(await uplink()).toBe('none');
  expect(await lookAtBridges(['../etc', 'nowhere'], root)).toEqual([
    { bridge: '../etc', uplink: 'unknown' },
    { bridge: 'nowhere', uplink: 'unknown' },
  ]);
});

test('a carrier that says nonsense is not known', async () => {
  port('br0', 'eno1', { carrier: '\u0000'.repeat(5000), has: ['device'] });
  expect(await uplink()).toBe('unknown');
});
