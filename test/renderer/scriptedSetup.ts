import type { Page } from '@playwright/test';
import type { InputOf } from '../../electron/ipc/contract.ts';
import type { SetupView } from '../../electron/ipc/setup/views.ts';
import type { WorkKind, WorkView } from '../../electron/ipc/setup/workViews.ts';
import { badReport, report } from './checkSamples.ts';
import { fakeApp, type FakeApp } from './fakeApp.ts';
import { pairs, prediction, row } from './pairSamples.ts';
import { groupId } from './samples.ts';
import { host, hostKeyPrompt, madeGroup, secretPrompt, setup } from './setupSamples.ts';
import { candidates, proof } from './storeSamples.ts';
import { openWindow } from './window.ts';
import { plan, work } from './workSamples.ts';

const ok = { ok: true, value: null } as const;

/**
 * An app that sets two hosts up without a hitch, apart from what people are asked on the way: it answers each call and
 * publishes what follows, as the real one does. What is typed arrives in it and comes back.
 */
export class ScriptedSetup {
  app: FakeApp | null = null;
  #view: SetupView | null = null;
  #answered: (() => void) | null = null;

  async open(page: Page): Promise<FakeApp> {
    this.app = await fakeApp(page, {
      'setup.begin': async ({ kind }) => {
        await this.#change(setup({ kind }));
        return { ok: true, value: { id: setup().id } };
      },
      'setup.leave': async () => {
        const left = this.#view;
        await this.#change(null);
        if (left !== null) await this.#save(left);
        return ok;
      },
      'setup.addHost': async (input) => this.#addHost(input),
      'prompts.answer': async () => {
        this.#answered?.();
        return ok;
      },
      'checks.run': async () => {
        await this.#published.publish('checks.reports', [badReport()]);
        return ok;
      },
      'checks.fix': async () => {
        await this.#published.publish('checks.reports', [report()]);
        await this.#grow({ stage: 'install' });
        return this.#done('fix');
      },
      'setup.plan': async () => {
        await this.#grow({ plan: plan() });
        return ok;
      },
      'setup.install': async () => {
        const hosts = this.#now.hosts.map((each) => ({ ...each, installedVersion: '0.1.0' }));
        await this.#grow({ stage: 'store', plan: plan(2, true), hosts });
        return this.#done('install');
      },
      'setup.findStores': async () => {
        await this.#grow({ stores: { candidates, warnings: [], searchedAt: 0 } });
        return ok;
      },
      'setup.proveStore': async () => {
        await this.#grow({ stage: 'group', proof: proof() });
        return this.#done('prove');
      },
      'setup.saveDraft': async (draft) => {
        await this.#grow({ draft });
        return ok;
      },
      'setup.createGroup': async (draft) => {
        await this.#grow({ stage: 'vms', group: { ...madeGroup, name: draft.name }, draft });
        return this.#done('create');
      },
      'pairs.refresh': async () => {
        await this.#published.publish('pairs.views', [pairs([row(0), row(1)])]);
        return ok;
      },
      'pairs.predict': { ok: true, value: prediction(true) },
      'pairs.protect': async ({ choices }) => {
        const chosen = new Set(choices.map(({ vmId }) => vmId));
        const rows = [row(0), row(1)].map((each) => ({ ...each, protectedAlready: chosen.has(each.vmId) }));
        await this.#published.publish('pairs.views', [pairs(rows)]);
        await this.#grow({ stage: 'done' });
        return this.#done('protect');
      },
    });
    await openWindow(page, this.app);
    await this.app.publish('groups.known', { groups: [], failure: null });
    await this.app.publish('groups.views', []);
    await this.app.publish('setup.saved', []);
    await this.#change(null);
    return this.app;
  }

  get #published(): FakeApp {
    if (this.app === null) throw new Error('The window is not open.');
    return this.app;
  }
  get #now(): SetupView {
    if (this.#view === null) throw new Error('No set-up is open.');
    return this.#view;
  }

  async #change(view: SetupView | null): Promise<void> {
    this.#view = view;
    await this.#published.publish('setup.state', view);
  }
  async #grow(more: Partial<SetupView>): Promise<void> {
    await this.#change({ ...this.#now, ...more });
  }
  async #save({ id, kind, hosts, stage }: SetupView): Promise<void> {
    const names = hosts.map(({ name }) => name);
    const saved = {
      id,
      kind,
      name: names.join(', '),
      hosts: names,
      stage,
      savedAt: '2026-11-20T16:12:00.000Z',
    };
    await this.#published.publish('setup.saved', [saved]);
  }

  /** Asks for the key and then for the password, as a first contact does. */
  async #addHost(input: InputOf<'setup.addHost'>) {
    const slot = this.#now.hosts.length;
    const names = ['alpha', 'beta'];
    const name = names[slot] ?? 'gamma';
    const questions = [
      { ...hostKeyPrompt, host: name, address: input.address },
      { ...secretPrompt(), host: name },
    ];
    for (const prompt of questions) {
      const answered = new Promise<void>((resolve) => {
        this.#answered = resolve;
      });
      await this.#published.publish('prompts.open', [prompt]);
      await answered;
      await this.#published.publish('prompts.open', []);
    }
    const hosts = [...this.#now.hosts, host(slot, { name, address: input.address, user: input.user })];
    await this.#grow({ hosts, stage: hosts.length < 2 ? 'hosts' : 'checks' });
    return { ok: true as const, value: { name } };
  }

  async #done(kind: WorkKind) {
    const over: WorkView = work({
      kind,
      state: 'done',
      groupId: kind === 'protect' ? groupId : null,
      title: `The work of kind ${kind}`,
      steps: [],
    });
    await this.#published.publish('work.recent', [over]);
    return { ok: true as const, value: { workId: over.id } };
  }
}
