import { create } from 'zustand';
import type { Failure } from '../../../../agent/protocol/failure.ts';
import type { PairsView } from '../../../../electron/ipc/setup/pairViews.ts';
import type {
  GroupDraft,
  KnownHost,
  Prompt,
  SavedSetup,
  SetupStage,
  SetupView,
} from '../../../../electron/ipc/setup/views.ts';
import type { CheckReport, WorkKind, WorkView } from '../../../../electron/ipc/setup/workViews.ts';
import { saysTheSame } from '../../store/live.ts';
import { app, useWindow, type Received } from '../../store/store.ts';
import { furthest } from './steps.ts';
import { emptyHostForm, type HostForm, type Wrong } from './hostForm.ts';

/** A host being typed in, and what came of asking for it. It outlives the page that shows it. */
export interface HostEntry {
  readonly form: HostForm;
  /** Name of the host that is changed; null: a new one. */
  readonly changes: string | null;
  readonly open: boolean;
  readonly asking: boolean;
  readonly wrong: Wrong;
  readonly failure: Failure | null;
}
export const emptyEntry: HostEntry = {
  form: emptyHostForm,
  changes: null,
  open: false,
  asking: false,
  wrong: {},
  failure: null,
};

interface SetupState {
  /** null: none is open; undefined: the app has not said yet. */
  readonly setup: SetupView | null | undefined;
  /** The furthest stage of the open set-up that was seen: nobody is taken away from a page that was reached. */
  readonly reached: SetupStage | null;
  readonly saved: readonly SavedSetup[];
  readonly prompts: readonly Prompt[];
  /** A host that shows another key is being told of: questions about other hosts wait until that was read. */
  readonly keyChangeIsOpen: boolean;
  readonly work: Received<readonly WorkView[]>;
  readonly reports: readonly CheckReport[];
  readonly known: readonly KnownHost[];
  readonly pairs: readonly PairsView[];
  readonly entry: HostEntry;
  /** The group's form, once something was typed; null: as the app has it. */
  readonly draft: GroupDraft | null;
  /** Path of the store that is chosen or typed, before it is proven. */
  readonly store: {
    readonly kind: 'folder' | 'device';
    readonly path: string;
    readonly byHand: boolean;
  } | null;
  /** What was asked for on a step and refused at once, by the question. */
  readonly refusals: Readonly<Record<string, Failure>>;
  /** Questions under way. */
  readonly asked: readonly string[];
}

export const useSetup = create<SetupState>()(() => ({
  setup: undefined,
  reached: null,
  saved: [],
  prompts: [],
  keyChangeIsOpen: false,
  work: { value: [], atMs: 0 },
  reports: [],
  known: [],
  pairs: [],
  entry: emptyEntry,
  draft: null,
  store: null,
  refusals: {},
  asked: [],
}));

/** What was typed for one set-up is not for the next. */
const fresh = { entry: emptyEntry, draft: null, store: null, refusals: {} };

/** Keeps each entry that says the same as before, so that only what changed is drawn anew. */
function kept<Entry>(
  old: readonly Entry[],
  next: readonly Entry[],
  key: (entry: Entry) => string,
): readonly Entry[] {
  const known = new Map(old.map((entry) => [key(entry), entry]));
  return next.map((entry) => {
    const before = known.get(key(entry));
    return before !== undefined && saysTheSame(before, entry, 0) ? before : entry;
  });
}

function keptReports(old: readonly CheckReport[], next: readonly CheckReport[]): readonly CheckReport[] {
  return next.map((report) => {
    const before = old.find(({ groupId }) => groupId === report.groupId)?.lines ?? [];
    return { ...report, lines: kept(before, report.lines, (line) => line.key) };
  });
}

function keptPairs(old: readonly PairsView[], next: readonly PairsView[]): readonly PairsView[] {
  return next.map((view) => {
    const before = old.find(({ groupId }) => groupId === view.groupId)?.rows ?? [];
    return { ...view, rows: kept(before, view.rows, (row) => row.vmId) };
  });
}

/** Mirrors the feeds of setting up; after `connect`. */
export function connectSetup(): void {
  const set = useSetup.setState;
  const { setup, prompts, work, checks, hosts, pairs } = app();
  setup.state((value) =>
    set(({ setup: old, reached }) => {
      const same = old?.id === value?.id;
      const before = same ? reached : null;
      return {
        setup: value,
        reached: value === null ? null : furthest(value, before),
        ...(same ? {} : fresh),
      };
    }),
  );
  setup.saved((saved) => set({ saved }));
  prompts.open((open) => set({ prompts: open }));
  work.recent((value) => set({ work: { value, atMs: performance.now() } }));
  checks.reports((value) => set(({ reports }) => ({ reports: keptReports(reports, value) })));
  hosts.known((known) => set({ known }));
  pairs.views((value) => set(({ pairs: old }) => ({ pairs: keptPairs(old, value) })));
}

export const useReport = (groupId: string | null): CheckReport | null =>
  useSetup(({ reports }) => reports.find((report) => report.groupId === groupId) ?? null);

/** Failed lines that nobody took on, and hosts that the report could not look at. */
export const useFailingChecks = (groupId: string): number =>
  useSetup(({ reports }) => {
    const report = reports.find((each) => each.groupId === groupId);
    return report === undefined ? 0 : report.blocking + report.failures.length;
  });

export const usePairs = (groupId: string): PairsView | null =>
  useSetup(({ pairs }) => pairs.find((view) => view.groupId === groupId) ?? null);

/** The newest work of these kinds for this group; null stands for the open set-up. */
export const useWork = (groupId: string | null, kinds: readonly WorkKind[]): WorkView | null =>
  useSetup(
    ({ work }) =>
      work.value.findLast((each) => each.groupId === groupId && kinds.includes(each.kind)) ?? null,
  );

export const isBusy = (work: WorkView | null): boolean =>
  work !== null && (work.state === 'running' || work.state === 'stopping');

/** Work's own seconds go on while it is under way. */
export function useWorkElapsed(work: WorkView): number {
  const atMs = useSetup((state) => state.work.atMs);
  return useWindow(({ nowMs }) =>
    isBusy(work) ? Math.round((work.elapsedMs + Math.max(0, nowMs - atMs)) / 100) * 100 : work.elapsedMs,
  );
}

export const useRefusal = (question: string): Failure | null =>
  useSetup(({ refusals }) => refusals[question] ?? null);
/** Whether one of these questions is under way. */
export const useAsked = (...questions: readonly string[]): boolean =>
  useSetup(({ asked }) => questions.some((question) => asked.includes(question)));
