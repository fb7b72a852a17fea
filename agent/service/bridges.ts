import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BridgeLook } from '../core/engine/uplinkState.ts';

const NETWORK_DEVICES = '/sys/class/net';
/** The kernel takes 1023 ports to a bridge. More than these are mostly guests, and are not looked through. */
const MAX_PORTS = 256;
/** Ports that libvirt and container engines make: they lead to guests and containers, not out of the host. */
const INNER_PORT = /^(?:vnet|tap|tun|veth|lxc|cali|macvtap)/;
const IS_OFF = new Set(['down', 'lowerlayerdown', 'notpresent']);

/**
 * Whether the bridges lead out of this host now, as the kernel has it: by the carrier of their ports. A bond's or a VLAN's
 * carrier already tells of the cards below it. Open vSwitch has no such files: of its bridges nothing is known.
 */
export async function lookAtBridges(
  names: readonly string[],
  root = NETWORK_DEVICES,
): Promise<readonly BridgeLook[]> {
  return await Promise.all(names.map((bridge) => lookAt(bridge, root)));
}

async function lookAt(bridge: string, root: string): Promise<BridgeLook> {
  const ports = await readdir(join(root, bridge, 'brif')).catch(() => null);
  if (ports === null || ports.length > MAX_PORTS) return { bridge, uplink: 'unknown' };
  const outer: string[] = [];
  const others: string[] = [];
  for (const port of ports) {
    const kind = await kindOf(join(root, port), port);
    if (kind === 'outer') outer.push(port);
    if (kind === 'other') others.push(port);
  }
  // What is neither a card nor above one counts only where there is nothing better: a container's pair of ends, a tunnel.
  const counted = outer.length > 0 ? outer : others;
  if (counted.length === 0) return { bridge, uplink: 'none' };
  const states = await Promise.all(counted.map((port) => carrierOf(join(root, port))));
  if (states.includes('up')) return { bridge, uplink: 'up' };
  return { bridge, uplink: states.includes('unknown') ? 'unknown' : 'down' };
}

async function kindOf(folder: string, name: string): Promise<'outer' | 'inner' | 'other'> {
  if (await exists(join(folder, 'tun_flags'))) return 'inner';
  if (await exists(join(folder, 'device'))) return 'outer';
  const entries: readonly string[] = await readdir(folder).catch(() => []);
  if (entries.includes('bonding') || entries.some((entry) => entry.startsWith('lower_'))) return 'outer';
  return INNER_PORT.test(name) ? 'inner' : 'other';
}

async function carrierOf(folder: string): Promise<'up' | 'down' | 'unknown'> {
  const state = await textOf(join(folder, 'operstate'));
  if (state !== null && IS_OFF.has(state)) return 'down';
  const carrier = await textOf(join(folder, 'carrier'));
  if (carrier === '1') return 'up';
  return carrier === '0' ? 'down' : 'unknown';
}

/** Null too for a device that is switched off: the kernel refuses to tell its carrier then. */
async function textOf(path: string): Promise<string | null> {
  const text = await readFile(path, 'latin1').catch(() => null);
  return text === null ? null : text.slice(0, 32).trim();
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
