import type { Failure } from '../../agent/protocol/failure.ts';
import type { KeyChange, Prompt, SetupHost, SetupView } from '../../electron/ipc/setup/views.ts';
import { groupId, hostName } from './samples.ts';
import { candidates, proof } from './storeSamples.ts';
import { plan } from './workSamples.ts';

/** States of a set-up as the app publishes them: empty, busy, failed, and as large as they get. */

export const setupId = '7e000000-0000-4000-8000-000000000001';
export const sha256 = 'SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDwQw4Ct0lKZAjvXgQ';
const otherSha256 = 'SHA256:47DEQpj8HBSaTImWmzTAzCLs1ZDwQw4Ct0lKZAjvXgQ';
const key = { algorithm: 'ssh-ed25519', sha256, firstSeenAt: '2026-10-02T09:00:00.000Z' };
const compareWith = 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub';

export const host = (slot: number, more: Partial<SetupHost> = {}): SetupHost => ({
  name: hostName(slot),
  address: `192.168.1.${11 + slot}`,
  port: 22,
  user: 'root',
  auth: { kind: 'password' },
  key,
  jump: null,
  reach: { kind: 'reached' },
  system: 'Debian GNU/Linux 12',
  installedVersion: null,
  groupId: null,
  addresses: [`192.168.1.${11 + slot}`, `10.0.0.${11 + slot}`],
  watchdogs: [{ device: '/dev/watchdog0', identity: 'iTCO_wdt' }],
  ...more,
});

export const setup = (more: Partial<SetupView> = {}): SetupView => ({
  id: setupId,
  kind: 'new',
  stage: 'hosts',
  hosts: [],
  keyChange: null,
  plan: null,
  stores: null,
  proof: null,
  draft: { name: '', profile: null, port: 7677, links: [], watchdogs: [], acceptSoftwareWatchdog: false },
  group: null,
  ...more,
});

export const hostKeyPrompt = {
  kind: 'host-key',
  id: '7e000000-0000-4000-8000-00000000000a',
  host: 'alpha',
  address: '192.168.1.11',
  port: 22,
  key,
  inKnownHosts: false,
  compareWith,
} as const satisfies Prompt;
export const secretPrompt = (more: Partial<Extract<Prompt, { readonly kind: 'secret' }>> = {}): Prompt => ({
  kind: 'secret',
  id: '7e000000-0000-4000-8000-00000000000b',
  host: 'alpha',
  what: 'password',
  label: 'Password of root',
  echo: false,
  again: false,
  remember: { refused: null },
  ...more,
});
export const keyChange: KeyChange = {
  host: 'alpha',
  pinned: key,
  seen: { ...key, sha256: otherSha256, firstSeenAt: null },
  compareWith,
};

export const refused: Failure = {
  code: 'ssh.unreachable',
  message: '192.168.1.12 does not answer on port 22.',
  meaning: 'Either it is off, or a firewall is in between, or SSH is not switched on there.',
  fix: 'On the host: systemctl enable --now ssh. Then try again.',
  field: 'address',
};

export const madeGroup = { groupId, name: 'shop' };
export const atVms = (more: Partial<SetupView> = {}): SetupView =>
  setup({
    stage: 'vms',
    hosts: [host(0, { installedVersion: '0.1.0', groupId }), host(1, { installedVersion: '0.1.0', groupId })],
    plan: plan(2, true),
    stores: { candidates, warnings: [], searchedAt: Date.now() },
    proof: proof(),
    group: madeGroup,
    ...more,
  });
