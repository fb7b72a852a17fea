import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startTestServer, type TestServer } from '../../electron/backend/ssh/testing/sshServer.ts';
import { type FakeHost, fakeHost, playing } from '../../electron/backend/testing/fakeHost.ts';

const manifest = fileURLToPath(new URL('../../out/agent/x64/manifest.json', import.meta.url));
/** The version that the built app would install. */
const carriedVersion = (): string =>
  (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version;

/** A host that this test made up, behind a real SSH server on this computer, with the password `pw`. */
export interface PlayedHost extends FakeHost {
  readonly server: TestServer;
}

export async function playHost(name: string): Promise<PlayedHost> {
  const host = fakeHost(name);
  host.intercept = (script) => hasNode(host, script);
  const server = await startTestServer({ password: 'pw', ...playing(host) });
  return Object.assign(host, { server });
}

/** Node of another version lies there already, as before an update: 45 MiB less to send through this process. */
export function hasNode(host: FakeHost, script: string): ReturnType<NonNullable<FakeHost['intercept']>> {
  if (!script.includes('for other in') || !/\/node['\s]/.test(script)) return null;
  host.changes.push(script);
  return { exitCode: 0, stdout: 'yes' };
}

/** What a host says of itself once the last step of an installation was made. */
export function hasAgent(host: FakeHost): void {
  host.installed = true;
  host.facts.set('installed', `/opt/understudy/${carriedVersion()}`);
}

/** All of them see one store, whose small writes take these times. */
export function shareStore(hosts: readonly FakeHost[], timesMs: readonly number[]): void {
  const files = new Map<string, string>();
  for (const { probes } of hosts) {
    probes.set('place', ({ path, nonce }) => {
      files.set(String(path), String(nonce));
      return { fileSystemType: 0x6969 };
    });
    probes.set('look', ({ path }) => {
      const nonce = files.get(String(path)) ?? null;
      return { nonce, absent: nonce === null };
    });
    probes.set('remove', ({ path }) => ({ removed: files.delete(String(path)) }));
    probes.set('latency', () => ({ timesMs }));
    probes.set('inspect', () => ({ area: { kind: 'absent', freeBytes: 1e9 } }));
    probes.set('listen', () => ({ heard: true, roundTripMs: 1 }));
    probes.set('send', () => ({ heard: true, roundTripMs: 1 }));
  }
}
