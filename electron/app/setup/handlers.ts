import { FailureError } from '../../../agent/protocol/failure.ts';
import { reportHtml, reportJson } from '../../backend/checks/savedReport.ts';
import { forgetHost } from '../../backend/hosts/hosts.ts';
import type { CallName, Handlers } from '../../ipc/contract.ts';
import type { setupInputs } from '../../ipc/setup/inputs.ts';
import type { SetupKind } from '../../ipc/setup/views.ts';
import { saveDownload } from '../downloads.ts';
import type { Scope } from './checkDesk.ts';
import { connectThrough } from './connectFlow.ts';
import { addHost, addKnown, changeHost, forgetKey, keyChangeOf } from './hostForms.ts';
import { beginInstall, beginUndo, beginUninstall, planInstall, planUninstall } from './installFlow.ts';
import { beginJoin, beginRemoval } from './memberFlow.ts';
import type { PairDesk } from './pairDesk.ts';
import type { SetupContext } from './setupContext.ts';
import { checkOptions } from './setupState.ts';
import { beginCreate, beginProof, findCommonStores } from './storeFlow.ts';
import { asStep } from './workBook.ts';

export type SetupHandlers = Pick<Handlers, keyof typeof setupInputs & CallName>;

export interface Handling {
  readonly context: SetupContext;
  readonly pairs: PairDesk;
  readonly appVersion: string;
  readonly begin: (kind: SetupKind, resume: string | null) => string;
  readonly leave: () => void;
  readonly discard: (id: string) => void;
  /** null: of the open set-up. Throws a FailureError when there is none, or the group is not open. */
  readonly scope: (groupId: string | null) => Scope;
}

export function setupHandlers(handling: Handling): SetupHandlers {
  return {
    ...draftHandlers(handling),
    ...stepHandlers(handling),
    ...checkHandlers(handling),
    ...hostHandlers(handling),
    ...pairHandlers(handling),
  };
}

type Calls<Name extends string> = Pick<SetupHandlers, Extract<keyof SetupHandlers, Name>>;
type DraftCall = 'begin' | 'leave' | 'discard' | 'addHost' | 'addKnown' | 'changeHost' | 'removeHost';

function draftHandlers({ context, begin, leave, discard }: Handling): Calls<`setup.${DraftCall}`> {
  return {
    'setup.begin': async ({ kind, resume }) => ({ id: begin(kind, resume) }),
    'setup.leave': async () => {
      leave();
      return null;
    },
    'setup.discard': async ({ id }) => {
      discard(id);
      return null;
    },
    'setup.addHost': async (input) => {
      const isNew = context.current().kind === 'new';
      const name = await noteKeyChange(context, input.name === '' ? input.address : input.name, () =>
        isNew ? addHost(context, input) : connectThrough(context, input),
      );
      return { name };
    },
    'setup.addKnown': async ({ host }) => {
      await noteKeyChange(context, host, () => addKnown(context, host));
      return { name: host };
    },
    'setup.changeHost': async ({ host, input }) => {
      const state = context.current();
      const name = await noteKeyChange(context, host, () => changeHost(context, host, input));
      state.hosts = state.hosts.map((each) => (each === host ? name : each));
      state.facts.delete(host);
      context.save(state);
      return { name };
    },
    'setup.removeHost': async ({ host }) => {
      const state = context.current();
      context.work.refuseBusy([host]);
      context.desk.cancel(host);
      state.hosts = state.hosts.filter((each) => each !== host);
      state.proof = null;
      state.plan = null;
      context.save(state);
      return null;
    },
  };
}

/** A changed key is shown with both fingerprints, beside the failure. */
async function noteKeyChange<Result>(
  context: SetupContext,
  host: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const state = context.current();
  state.keyChange = null;
  try {
    return await work();
  } catch (fault) {
    state.keyChange = keyChangeOf(host, fault);
    throw fault;
  } finally {
    context.changed();
  }
}

type Steps = Exclude<Extract<keyof SetupHandlers, `setup.${string}`>, `setup.${DraftCall}`>;

function stepHandlers({ context }: Handling): Calls<Steps | 'prompts.answer' | 'work.stop'> {
  return {
    'setup.plan': async () => {
      await planInstall(context);
      return null;
    },
    'setup.install': async () => ({ workId: beginInstall(context) }),
    'setup.undo': async ({ hosts }) => ({ workId: beginUndo(context, hosts) }),
    'setup.findStores': async () => {
      await findCommonStores(context);
      return null;
    },
    'setup.proveStore': async (place) => ({ workId: beginProof(context, place) }),
    'setup.saveDraft': async (draft) => {
      checkOptions(draft);
      const state = context.current();
      state.draft = draft;
      context.save(state);
      return null;
    },
    'setup.createGroup': async (draft) => ({ workId: beginCreate(context, draft) }),
    'prompts.answer': async ({ id, answer }) => {
      context.desk.answer(id, answer);
      return null;
    },
    'work.stop': async ({ workId }) => {
      context.work.stop(workId);
      return null;
    },
  };
}

function checkHandlers({ context, scope, appVersion }: Handling): Calls<`checks.${string}`> {
  return {
    'checks.run': async ({ groupId, line }) => {
      await (line === null
        ? context.checks.run(scope(groupId), true)
        : context.checks.runLine(scope(groupId), line));
      return null;
    },
    'checks.fix': async ({ groupId, line, fix }) => {
      const about = scope(groupId);
      const hosts = about.hosts.map(({ name }) => name);
      const fixed = context.checks.viewOf(groupId)?.lines.find(({ key }) => key === line);
      const title = fixed?.fix?.label ?? 'A fix';
      const workId = context.work.begin({ kind: 'fix', groupId, title, hosts }, (work) =>
        asStep(work, { id: line, host: fixed?.host ?? null, title: fixed?.title ?? line }, () =>
          context.checks.fix(about, line, fix),
        ),
      );
      return { workId };
    },
    'checks.accept': async ({ groupId, line, on }) => {
      context.checks.accept(groupId, line, on);
      if (groupId === null) context.save(context.current());
      else context.changed();
      return null;
    },
    'checks.save': async ({ groupId, format }) => {
      const { hosts } = scope(groupId);
      const checks = context.checks.checks(groupId);
      if (checks.length === 0) {
        const message = 'There is no report yet.';
        throw new FailureError({ code: 'check.no-report', message, fix: 'Run the checks first.' });
      }
      const at = context.now().toISOString();
      const report = { hosts: hosts.map(({ name }) => name), at, appVersion, checks };
      const name = `understudy-checks-${at.slice(0, 16).replaceAll(/[:T]/g, '-')}.${format}`;
      return saveDownload(name, format === 'html' ? reportHtml(report) : reportJson(report));
    },
  };
}

function hostHandlers({ context }: Handling): Calls<`hosts.${string}`> {
  return {
    'hosts.change': async ({ host, input }) => {
      await changeHost(context, host, input);
      context.changed();
      return null;
    },
    'hosts.forgetKey': async ({ host }) => {
      await forgetKey(context, host);
      context.changed();
      return null;
    },
    'hosts.forgetSecrets': async ({ host }) => {
      context.secrets.forget(host);
      context.access.drop(host);
      context.changed();
      return null;
    },
    'hosts.forget': async ({ host }) => {
      context.work.refuseBusy([host]);
      forgetHost(context.inventoryPath, host);
      context.secrets.forget(host);
      context.access.drop(host);
      context.changed();
      return null;
    },
    'hosts.planUninstall': ({ host }) => planUninstall(context, host),
    'hosts.uninstall': async ({ host, deleteArea }) => ({
      workId: beginUninstall(context, host, deleteArea),
    }),
    'hosts.addToGroup': async ({ groupId, input }) => ({
      workId: await beginJoin(context, groupId, null, input),
    }),
    'hosts.removeFromGroup': async ({ groupId, host }) => ({ workId: beginRemoval(context, groupId, host) }),
    'hosts.replace': async ({ groupId, host, input }) => ({
      workId: await beginJoin(context, groupId, host, input),
    }),
  };
}

function pairHandlers({ pairs }: Handling): Calls<`pairs.${string}`> {
  return {
    'pairs.refresh': async ({ groupId }) => {
      pairs.refresh(groupId);
      return null;
    },
    'pairs.predict': async ({ groupId, choices }) => pairs.predict(groupId, choices),
    'pairs.fix': async ({ groupId, vmId, fix }) => ({ workId: pairs.beginFix(groupId, vmId, fix) }),
    'pairs.protect': async ({ groupId, choices, policy }) => ({
      workId: pairs.beginProtect(groupId, choices, policy),
    }),
  };
}
