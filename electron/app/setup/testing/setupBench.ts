import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { vi } from 'vitest';
import type { SecretVault } from '../../../backend/secret.ts';
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from '../../../backend/ssh/testing/sshServer.ts';
import { type FakeHost, fakeHost, playing } from '../../../backend/testing/fakeHost.ts';
import { type FeedName, feedNamed, contract } from '../../../ipc/contract.ts';
import type { HostInput, PromptAnswer } from '../../../ipc/setup/contract.ts';
import type { Prompt, SetupView } from '../../../ipc/setup/views.ts';
import type { CheckReport, WorkView } from '../../../ipc/setup/workViews.ts';
import { App } from '../../app.ts';

const cleanups: (() => Promise<void> | void)[] = [];
/** To be called after each test. */
export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

export const later = (cleanup: () => Promise<void> | void): void => void cleanups.push(cleanup);

export const soon = { timeout: 10_000, interval: 10 };

/** A folder with an inventory to come and a small bundle of the agent. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'understudy-setup-'));
  cleanups.push(() => rmSync(path, { recursive: true }));
  const home = join(path, 'agent', 'x64');
  mkdirSync(home, { recursive: true });
  const content = Buffer.from('agent');
  const packed = gzipSync(content);
  const sum = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
  const file = {
    name: 'agent.cjs',
    mode: 0o644,
    sizeBytes: content.length,
    sha256: sum(content),
    compressedName: 'agent.cjs.gz',
    compressedSha256: sum(packed),
  };
  writeFileSync(join(home, 'agent.cjs.gz'), packed);
  writeFileSync(
    join(home, 'manifest.json'),
    JSON.stringify({ version: '9.9.9', architecture: 'x64', files: [file] }),
  );
  return path;
}

export interface PlayedHost extends FakeHost {
  readonly server: TestServer;
  readonly input: HostInput;
}

/** A host of a test behind a real SSH server, with the password `pw`. */
export async function play(name: string, options: TestServerOptions = {}): Promise<PlayedHost> {
  const host = fakeHost(name);
  const server = await startTestServer({ password: 'pw', ...playing(host), ...options });
  cleanups.push(() => server.close());
  const input: HostInput = {
    name: '',
    address: options.listen?.address ?? '127.0.0.1',
    port: server.port,
    user: 'root',
    auth: { kind: 'password' },
    jump: null,
  };
  return Object.assign(host, { server, input });
}

/** The app on such a folder, with everything that it ever published. */
export class SetupBench {
  readonly app: App;
  readonly said: string[] = [];

  constructor(at: string, secrets?: SecretVault) {
    this.app = new App({
      info: { version: 'test', transport: 'browser', lacks: null },
      preferencesPath: join(at, 'preferences.json'),
      inventoryPath: join(at, 'inventory.json'),
      agentFolder: join(at, 'agent'),
      demo: { refused: 'No.', standIns: '', start: () => Promise.reject(new Error('No.')) },
      ...(secrets === undefined ? {} : { secrets }),
      onFault: (fault) => {
        throw fault;
      },
    });
    cleanups.push(() => this.app.close());
    for (const name of feedNames())
      this.app.feeds.subscribe(name, (value) => this.said.push(JSON.stringify(value)));
  }

  get state(): SetupView {
    const state = this.app.feeds.latest('setup.state');
    if (state == null) throw new Error('no set-up is open');
    return state;
  }
  get report(): CheckReport | undefined {
    return this.app.feeds.latest('checks.reports')?.find(({ groupId }) => groupId === null);
  }
  work(id: string): WorkView | undefined {
    return this.app.feeds.latest('work.recent')?.find((work) => work.id === id);
  }

  /** Waits for the next question and answers it. */
  async answer(answer: PromptAnswer): Promise<Prompt> {
    await vi.waitFor(() => {
      if ((this.app.feeds.latest('prompts.open') ?? []).length === 0) throw new Error('no question');
    }, soon);
    const [prompt] = this.app.feeds.latest('prompts.open') ?? [];
    if (prompt === undefined) throw new Error('no question');
    await this.app.handlers['prompts.answer']({ id: prompt.id, answer });
    return prompt;
  }

  /** Adds a host as a person would who confirms its key and knows its password. */
  async add(host: PlayedHost): Promise<string> {
    const adding = this.app.handlers['setup.addHost'](host.input);
    await this.answer({ kind: 'accept' });
    await this.answer({ kind: 'secret', secret: 'pw', remember: false });
    return (await adding).name;
  }

  async done(workId: string): Promise<WorkView> {
    return vi.waitFor(() => {
      const work = this.work(workId);
      if (work === undefined || work.state === 'running' || work.state === 'stopping')
        throw new Error('not over');
      return work;
    }, soon);
  }
}

function feedNames(): readonly FeedName[] {
  return Object.entries(contract).flatMap(([area, members]) =>
    Object.keys(members).flatMap((member) => feedNamed(`${area}.${member}`) ?? []),
  );
}

export async function codeOf(
  promise: Promise<unknown>,
): Promise<{ code: string; field: string | undefined }> {
  try {
    await promise;
  } catch (fault) {
    if (fault instanceof Error && 'failure' in fault) {
      const { code, field } = fault.failure as { code: string; field?: string };
      return { code, field };
    }
    throw fault;
  }
  return { code: 'no failure', field: undefined };
}
