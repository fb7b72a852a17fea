import type { SetupStage, SetupView } from '../../../../electron/ipc/setup/views.ts';
import type { CheckReport } from '../../../../electron/ipc/setup/workViews.ts';
import { count } from '../../../../electron/ipc/words.ts';
import { stepTitles } from '../../text/setup.ts';
import type { RailStep } from '../../ui/StepRail.tsx';

const order: readonly SetupStage[] = ['hosts', 'checks', 'install', 'store', 'group', 'vms', 'done'];
/** A group that exists has its store and its VMs already: only the way to its hosts is set up. */
const connectOrder: readonly SetupStage[] = ['hosts', 'done'];

export const stagesOf = ({ kind }: Pick<SetupView, 'kind'>): readonly SetupStage[] =>
  kind === 'connect' ? connectOrder : order;

const isStage = (text: string | null | undefined): text is SetupStage =>
  order.some((stage) => stage === text);

const rank = (setup: SetupView, stage: SetupStage): number => {
  const stages = stagesOf(setup);
  const at = stages.indexOf(stage);
  if (at >= 0) return at;
  // Whoever connects to a group is at the end once it is known, also when it protects no VM yet.
  return stage === 'vms' ? stages.length - 1 : 0;
};

/** How far a set-up has ever come: while hosts are read again it may seem to fall back for a moment. */
export function furthest(setup: SetupView, before: SetupStage | null): SetupStage {
  return before !== null && rank(setup, before) > rank(setup, setup.stage) ? before : setup.stage;
}

/** The page asked for, as far as the set-up has ever come to it; else the one where it stands. */
export function pageOf(
  setup: SetupView,
  asked: string | null | undefined,
  reached: SetupStage | null,
): SetupStage {
  const here = stagesOf(setup)[rank(setup, setup.stage)] ?? 'hosts';
  if (!isStage(asked) || !stagesOf(setup).includes(asked)) return here;
  return rank(setup, asked) <= rank(setup, furthest(setup, reached)) ? asked : here;
}

export function neighbours(
  setup: SetupView,
  page: SetupStage,
): { readonly before: SetupStage | null; readonly after: SetupStage | null } {
  const stages = stagesOf(setup);
  const at = stages.indexOf(page);
  return { before: stages[at - 1] ?? null, after: stages[at + 1] ?? null };
}

/** Whether the set-up has come beyond a page, so that Continue leads somewhere. */
export const isPassed = (setup: SetupView, page: SetupStage): boolean =>
  rank(setup, page) < rank(setup, setup.stage);

function detail(stage: SetupStage, setup: SetupView, report: CheckReport | null): string | null {
  switch (stage) {
    case 'hosts':
      return setup.hosts.length === 0 ? null : count(setup.hosts.length, 'host');
    case 'checks':
      if (report === null) return null;
      if (report.running) return 'under way';
      return report.blocking > 0 ? `${report.blocking} to put right` : null;
    case 'install': {
      const installed = setup.hosts.filter(({ installedVersion }) => installedVersion !== null).length;
      return installed === 0 ? null : `on ${installed} of ${setup.hosts.length}`;
    }
    case 'store':
      return setup.proof === null ? null : setup.proof.path;
    case 'group':
      return setup.group?.name ?? null;
    case 'vms':
    case 'done':
      return null;
  }
}

/** The rail: every step from the start, each with what is known of it. Pure. */
export function railSteps(setup: SetupView, report: CheckReport | null): readonly RailStep<SetupStage>[] {
  const here = rank(setup, setup.stage);
  return stagesOf(setup).map((stage, at): RailStep<SetupStage> => {
    const troubled =
      (stage === 'checks' && report !== null && !report.running && report.blocking > 0) ||
      (stage === 'hosts' && setup.keyChange !== null);
    const last = stage === 'done';
    const passed = at < here || (last && at === here);
    return {
      id: stage,
      title: stepTitles[stage],
      detail: detail(stage, setup, report),
      state: troubled ? 'failed' : passed ? 'done' : at === here ? 'open' : 'locked',
    };
  });
}
