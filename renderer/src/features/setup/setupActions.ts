import type { Reply } from '../../../../electron/ipc/contract.ts';
import type { PromptAnswer } from '../../../../electron/ipc/setup/contract.ts';
import type { GroupDraft, SetupHost, SetupKind } from '../../../../electron/ipc/setup/views.ts';
import { go, openGroup, shown } from '../../store/actions.ts';
import { app } from '../../store/store.ts';
import { emptyHostForm, formOf, hostInput, nextForm, wrongsOf, type HostForm } from './hostForm.ts';
import { emptyEntry, useSetup } from './setupStore.ts';

/**
 * Asks the app once: while the question is under way it is not asked again, and a refusal stays beside what it is about
 * until it is asked anew.
 */
export async function ask<Value>(question: string, call: () => Promise<Reply<Value>>): Promise<Value | null> {
  const set = useSetup.setState;
  if (useSetup.getState().asked.includes(question)) return null;
  set(({ asked, refusals: { [question]: _old, ...refusals } }) => ({
    asked: [...asked, question],
    refusals,
  }));
  const reply = await call();
  set(({ asked, refusals }) => ({
    asked: asked.filter((each) => each !== question),
    refusals: reply.ok ? refusals : { ...refusals, [question]: reply.failure },
  }));
  return reply.ok ? reply.value : null;
}

export async function begin(kind: SetupKind, resume: string | null): Promise<void> {
  const begun = await shown('The set-up could not be begun', app().setup.begin({ kind, resume }));
  if (begun !== null) go({ page: 'setup', groupId: null });
}

/** Everything that was done stays done, and everything that was typed stays saved. */
export async function leave(): Promise<void> {
  await saveDraft();
  const left = await app().setup.leave({});
  if (!left.ok) await shown('The set-up could not be left', Promise.resolve(left));
  go({ page: 'welcome', groupId: null });
}

export async function discard(id: string): Promise<void> {
  await shown('The set-up could not be forgotten', app().setup.discard({ id }));
}

/** The set-up has served: it is not offered again, and its group is shown. */
export async function finish(id: string, groupId: string): Promise<void> {
  await app().setup.leave({});
  await app().setup.discard({ id });
  await openGroup(groupId);
}

export function typeHost(change: Partial<HostForm>): void {
  useSetup.setState(({ entry }) => {
    const form = { ...entry.form, ...change };
    // What was marked as wrong is looked at again as it is typed; what was not touched yet is left in peace.
    const now = wrongsOf(form);
    const wrong = Object.fromEntries(
      Object.keys(entry.wrong).flatMap((field) => {
        const text = now[field];
        return text === undefined ? [] : [[field, text] as const];
      }),
    );
    return { entry: { ...entry, form, wrong } };
  });
}

export function openEntry(host: SetupHost | null): void {
  useSetup.setState(({ entry }) => ({
    entry: {
      ...emptyEntry,
      open: true,
      changes: host?.name ?? null,
      form: host === null ? nextForm(entry.changes === null ? entry.form : emptyHostForm) : formOf(host),
    },
  }));
}

export function closeEntry(): void {
  useSetup.setState(({ entry }) => ({ entry: { ...emptyEntry, form: nextForm(entry.form) } }));
}

/** Refusals name the field by its path in the input; that of a change stands one deeper. */
const ownField = (field: string | undefined): string | null => field?.replace(/^input\./, '') ?? null;

/** Logs in to the host that was typed; its questions come as prompts meanwhile. Gives whether it is in. */
export async function sendHost(): Promise<boolean> {
  const set = useSetup.setState;
  const { entry } = useSetup.getState();
  if (entry.asking) return false;
  const wrong = wrongsOf(entry.form);
  if (Object.keys(wrong).length > 0) {
    set({ entry: { ...entry, wrong, failure: null } });
    return false;
  }
  set({ entry: { ...entry, wrong: {}, failure: null, asking: true } });
  const input = hostInput(entry.form);
  const reply = await (entry.changes === null
    ? app().setup.addHost(input)
    : app().setup.changeHost({ host: entry.changes, input }));
  set(({ entry: now }) => {
    if (reply.ok) return { entry: { ...emptyEntry, form: nextForm(now.form) } };
    const { failure } = reply;
    const field = ownField(failure.field);
    return {
      entry: {
        ...now,
        asking: false,
        failure,
        wrong: field === null ? {} : { [field]: failure.message },
      },
    };
  });
  return reply.ok;
}

export async function addKnown(host: string): Promise<void> {
  await ask(`known ${host}`, () => app().setup.addKnown({ host }));
}

export async function removeHost(host: string): Promise<void> {
  await shown(`${host} could not be taken out`, app().setup.removeHost({ host }));
}

export async function answerPrompt(id: string, answer: PromptAnswer): Promise<void> {
  await shown('The answer was not taken', app().prompts.answer({ id, answer }));
}

export async function stopWork(workId: string): Promise<void> {
  await shown('It could not be stopped', app().work.stop({ workId }));
}

/** Between the last key and the draft being saved. */
const SAVE_AFTER_MS = 600;
let saving: ReturnType<typeof setTimeout> | null = null;

/** Saves what was typed for the group, if anything is not saved yet. */
async function saveDraft(): Promise<void> {
  const { draft } = useSetup.getState();
  if (saving === null || draft === null) return;
  clearTimeout(saving);
  saving = null;
  await ask('draft', () => app().setup.saveDraft(draft));
}

export function typeDraft(from: GroupDraft, change: Partial<GroupDraft>): void {
  useSetup.setState(({ draft }) => ({ draft: { ...(draft ?? from), ...change } }));
  if (saving !== null) clearTimeout(saving);
  saving = setTimeout(() => void saveDraft(), SAVE_AFTER_MS);
}
