import { useEffect, useState } from 'react';
import type { PlannedHost, SetupView } from '../../../../electron/ipc/setup/views.ts';
import { count, listed } from '../../../../electron/ipc/words.ts';
import { app } from '../../store/store.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { Refusal } from './Refusal.tsx';
import { ask } from './setupActions.ts';
import { isBusy, useAsked, useWork } from './setupStore.ts';
import { StepPage } from './StepPage.tsx';
import { WorkProgress } from './WorkProgress.tsx';

function PlanOfHost({ plan }: { readonly plan: PlannedHost }) {
  const needed = plan.changes.filter((change) => change.needed);
  const done = plan.changes.length - needed.length;
  return (
    <section className="plan-host" aria-label={`What is changed on ${plan.host}`}>
      <header>
        <h3>{plan.host}</h3>
        <p className="quiet">
          {needed.length === 0
            ? `Version ${plan.version} is installed.`
            : `${count(needed.length, 'change')}${done === 0 ? '' : `, ${done} done already`}`}
        </p>
      </header>
      <ol>
        {plan.changes.map((change) => (
          <li key={change.id} className={change.needed ? 'change' : 'change change-done'}>
            {change.needed ? (
              <span className="change-dot" aria-hidden="true" />
            ) : (
              <StatusMark word="protected" />
            )}
            <details>
              <summary>
                {change.title}
                {change.needed ? null : <span className="visually-hidden">, done already</span>}
              </summary>
              <ul>
                {change.changes.map((line) => (
                  <li key={line}>
                    <code>{line}</code>
                  </li>
                ))}
              </ul>
            </details>
          </li>
        ))}
      </ol>
    </section>
  );
}

function UndoDialog({ hosts, onClose }: { readonly hosts: readonly string[]; readonly onClose: () => void }) {
  return (
    <Dialog
      title={`Take the installation back on ${listed(hosts)}?`}
      onClose={onClose}
      buttons={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            look="danger"
            onPress={() => {
              onClose();
              void ask('undo', () => app().setup.undo({ hosts }));
            }}
          >
            Take it back
          </Button>
        </>
      }
    >
      <p>
        The agent, its services and its files are removed, and the hosts are as they were before. Running VMs
        are not touched. It can be installed again at any time.
      </p>
    </Dialog>
  );
}

function Plan({ plan, tried }: { readonly plan: readonly PlannedHost[]; readonly tried: boolean }) {
  const [first] = plan;
  const begun = tried || plan.some((host) => host.changes.some(({ needed }) => !needed));
  const changes = plan.reduce((sum, host) => sum + host.changes.filter(({ needed }) => needed).length, 0);
  return (
    <Panel
      title={changes === 0 ? 'Installed' : begun ? 'What is still to do' : 'What will be changed'}
      aside={first === undefined ? undefined : `agent ${first.version}`}
    >
      <p className="panel-note">
        {changes === 0
          ? 'Every change is in place on every host.'
          : `Found by looking at the hosts. ${begun ? 'What has a check mark is in place already.' : 'Nothing has been changed yet.'} Open a line to see the files, services and settings.`}
      </p>
      <div className="plan-hosts">
        {plan.map((host) => (
          <PlanOfHost key={host.host} plan={host} />
        ))}
      </div>
    </Panel>
  );
}

function Buttons({ setup }: { readonly setup: SetupView }) {
  const [undoing, setUndoing] = useState(false);
  const work = useWork(null, ['install', 'undo']);
  const asked = useAsked('install', 'undo');
  const names = setup.hosts.map(({ name }) => name);
  const begun = setup.hosts
    .filter(({ installedVersion }) => installedVersion !== null)
    .map(({ name }) => name);
  const halfway = work?.kind === 'install' && (work.state === 'failed' || work.state === 'interrupted');
  const toDo = setup.plan?.some(({ changes }) => changes.some(({ needed }) => needed)) === true;
  const off = isBusy(work) || asked ? 'It is under way.' : null;
  const undoable = halfway ? names : begun;
  return (
    <div className="form-buttons">
      {toDo || halfway ? (
        <Button look="primary" onPress={() => void ask('install', () => app().setup.install({}))} off={off}>
          {halfway ? 'Go on with the installation' : `Install on ${listed(names)}`}
        </Button>
      ) : null}
      {undoable.length === 0 ? null : (
        <Button
          look="danger"
          onPress={() => setUndoing(true)}
          off={
            off ??
            (setup.group === null ? null : 'The hosts have a group by now: see Checks, Hosts of this group.')
          }
        >
          Take it back …
        </Button>
      )}
      <Button onPress={() => void ask('plan', () => app().setup.plan({}))} off={off}>
        Look again
      </Button>
      {undoing ? <UndoDialog hosts={undoable} onClose={() => setUndoing(false)} /> : null}
    </div>
  );
}

/** Step 3: a dry run first; then live steps that may be stopped, closed, gone on with and taken back. */
export function InstallStep({ setup }: { readonly setup: SetupView }) {
  const work = useWork(null, ['install', 'undo']);
  const planning = useAsked('plan');
  const busy = isBusy(work);
  const missing = setup.plan === null && !busy;
  useEffect(() => {
    if (missing) void ask('plan', () => app().setup.plan({}));
  }, [missing]);
  return (
    <StepPage
      setup={setup}
      page="install"
      waitsFor={busy ? 'The installation is under way.' : 'The agent must be on every host first.'}
    >
      {work === null ? null : (
        <WorkProgress
          work={work}
          closing="This window may be closed: the installation stops after the step at hand and goes on when you come back."
        />
      )}
      <Refusal question="plan" />
      <Refusal question="install" />
      <Refusal question="undo" />
      {busy ? null : setup.plan === null ? (
        planning ? (
          <output className="check waiting">
            <StatusMark word="working" />
            Looking at the hosts; nothing is changed …
          </output>
        ) : null
      ) : (
        <Plan plan={setup.plan} tried={work?.kind === 'install'} />
      )}
      <Buttons setup={setup} />
    </StepPage>
  );
}
