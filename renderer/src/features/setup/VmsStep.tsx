import type { SetupView } from '../../../../electron/ipc/setup/views.ts';
import { Pairs } from '../pairs/Pairs.tsx';
import { isBusy, useWork } from './setupStore.ts';
import { StepPage } from './StepPage.tsx';

/** Step 6: which VMs go on when their host fails. */
export function VmsStep({ setup }: { readonly setup: SetupView }) {
  const groupId = setup.group?.groupId ?? '';
  const busy = isBusy(useWork(groupId, ['protect']));
  return (
    <StepPage
      setup={setup}
      page="vms"
      waitsFor={busy ? 'The VMs are being taken on.' : 'At least one VM must be protected first.'}
    >
      {setup.group === null ? null : <Pairs groupId={groupId} />}
    </StepPage>
  );
}
