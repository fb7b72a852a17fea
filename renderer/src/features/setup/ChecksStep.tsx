import { useEffect } from 'react';
import type { SetupView } from '../../../../electron/ipc/setup/views.ts';
import { app } from '../../store/store.ts';
import { CheckGroups } from '../checks/CheckGroups.tsx';
import { CheckSummary } from '../checks/CheckSummary.tsx';
import { ask } from './setupActions.ts';
import { useReport, useWork } from './setupStore.ts';
import { StepPage } from './StepPage.tsx';
import { WorkProgress } from './WorkProgress.tsx';

/** Step 2: the validation report. It begins by itself when one comes here for the first time. */
export function ChecksStep({ setup }: { readonly setup: SetupView }) {
  const report = useReport(null);
  const fixing = useWork(null, ['fix']);
  const never = report === null || (report.finishedAt === null && !report.running);
  useEffect(() => {
    if (never) void ask('check', () => app().checks.run({ groupId: null, line: null }));
  }, [never]);
  const waitsFor =
    report === null || report.running || report.finishedAt === null
      ? 'The check is not finished yet.'
      : report.failures.length > 0
        ? 'A host could not be checked.'
        : 'What failed must be put right, or taken on, first.';
  return (
    <StepPage setup={setup} page="checks" waitsFor={waitsFor}>
      <CheckSummary groupId={null} report={report} />
      {fixing === null || fixing.state === 'done' ? null : <WorkProgress work={fixing} />}
      {report === null ? null : <CheckGroups report={report} />}
    </StepPage>
  );
}
