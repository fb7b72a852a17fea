import { useEffect } from 'react';
import type { SetupStage, SetupView } from '../../../electron/ipc/setup/views.ts';
import { Pairs } from '../features/pairs/Pairs.tsx';
import { ChecksStep } from '../features/setup/ChecksStep.tsx';
import { DoneStep } from '../features/setup/DoneStep.tsx';
import { GroupStep } from '../features/setup/GroupStep.tsx';
import { HostsStep } from '../features/setup/HostsStep.tsx';
import { InstallStep } from '../features/setup/InstallStep.tsx';
import { KeyChanged } from '../features/setup/KeyChanged.tsx';
import { leave } from '../features/setup/setupActions.ts';
import { useReport, useSetup } from '../features/setup/setupStore.ts';
import { pageOf, railSteps } from '../features/setup/steps.ts';
import { StoreStep } from '../features/setup/StoreStep.tsx';
import { VmsStep } from '../features/setup/VmsStep.tsx';
import { go } from '../store/actions.ts';
import { routeHash } from '../store/route.ts';
import { useWindow } from '../store/store.ts';
import { Button } from '../ui/Button.tsx';
import { StepRail } from '../ui/StepRail.tsx';
import { Welcome } from './Welcome.tsx';

function Step({ setup, page }: { readonly setup: SetupView; readonly page: SetupStage }) {
  switch (page) {
    case 'hosts':
      return <HostsStep setup={setup} />;
    case 'checks':
      return <ChecksStep setup={setup} />;
    case 'install':
      return <InstallStep setup={setup} />;
    case 'store':
      return <StoreStep setup={setup} />;
    case 'group':
      return <GroupStep setup={setup} />;
    case 'vms':
      return <VmsStep setup={setup} />;
    case 'done':
      return <DoneStep setup={setup} />;
  }
}

function Wizard({ setup }: { readonly setup: SetupView }) {
  const asked = useWindow(({ route }) => route.item);
  const report = useReport(null);
  const reached = useSetup((state) => state.reached);
  const page = pageOf(setup, asked, reached);
  // The address names the page, so that it stays when the set-up gets further: going on is the user's step.
  useEffect(() => {
    if (asked !== page) location.replace(routeHash({ page: 'setup', groupId: null, item: page }));
  }, [asked, page]);
  const title = setup.kind === 'connect' ? 'Connect to a group' : 'Set up a group';
  return (
    <div className="setup">
      <header className="setup-head">
        <h1>{setup.group === null ? title : `${title}: ${setup.group.name}`}</h1>
        <div className="setup-leave">
          <span className="quiet">Everything is kept as you go.</span>
          <Button onPress={() => void leave()}>Leave, go on later</Button>
        </div>
      </header>
      <div className="setup-body">
        <StepRail
          label="Steps"
          steps={railSteps(setup, report)}
          current={page}
          onGo={(id) => go({ page: 'setup', groupId: null, item: id })}
        />
        <Step key={page} setup={setup} page={page} />
      </div>
      {setup.keyChange === null ? null : (
        <KeyChanged key={setup.keyChange.seen.sha256} change={setup.keyChange} />
      )}
    </div>
  );
}

/** More VMs for a group that exists: the same page as the wizard's, without the way to it. */
function MoreVms({ groupId }: { readonly groupId: string }) {
  const name = useWindow(({ groups }) => groups?.find(({ id }) => id === groupId)?.name ?? '');
  return (
    <div className="step-page">
      <header className="step-head">
        <h1>{`Protect VMs of ${name}`}</h1>
        <p className="form-note">
          Choose the VMs that are to go on when their host fails. Nothing about a VM changes until you press
          the button at the end.
        </p>
      </header>
      <Pairs groupId={groupId} />
    </div>
  );
}

/** Setting up, step by step; or, for a group that exists, choosing more VMs. */
export function Setup() {
  const setup = useSetup((state) => state.setup);
  const groupId = useWindow(({ route }) => route.groupId);
  if (groupId !== null) return <MoreVms groupId={groupId} />;
  if (setup === undefined) return <p className="empty">Waiting for the app …</p>;
  return setup === null ? <Welcome /> : <Wizard setup={setup} />;
}
