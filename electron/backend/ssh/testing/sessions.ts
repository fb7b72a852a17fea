import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FailureError } from '../../../../agent/protocol/failure.ts';
import type { HostEntry } from '../../inventory/schema.ts';
import { Secret, type SecretKind, type SecretSource } from '../../secret.ts';
import { type HostSession, openSession } from '../session.ts';
import { startTestServer, type TestServer, type TestServerOptions } from './sshServer.ts';

/** What the present test has to close and remove, the last first. */
export const cleanups: (() => Promise<void> | void)[] = [];
/** To be called after each test. */
export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

export async function serve(options: TestServerOptions): Promise<TestServer> {
  const server = await startTestServer(options);
  cleanups.push(() => server.close());
  return server;
}

export const secrets =
  (known: Partial<Record<SecretKind | 'other', string>>): SecretSource =>
  async (_host, kind) => {
    const text = known[kind];
    return text === undefined ? null : new Secret(text);
  };

export async function open(
  host: HostEntry,
  known: Partial<Record<SecretKind, string>>,
): Promise<HostSession> {
  const session = await openSession(host, secrets(known));
  cleanups.push(() => session.close());
  return session;
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (fault) {
    if (fault instanceof FailureError) return fault.failure.code;
    throw fault;
  }
  return 'no failure';
}

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'understudy-ssh-'));
  cleanups.push(() => rmSync(path, { recursive: true }));
  return path;
}
