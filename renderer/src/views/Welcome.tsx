import { ArrowRight, FlaskConical, Network, ServerCog } from 'lucide-react';
import { useState } from 'react';
import type { KnownGroup } from '../../../electron/ipc/views.ts';
import type { SavedSetup, SetupKind, SetupView } from '../../../electron/ipc/setup/views.ts';
import { listed } from '../../../electron/ipc/words.ts';
import { begin, discard } from '../features/setup/setupActions.ts';
import { useSetup } from '../features/setup/setupStore.ts';
import { go, openGroup, startDemo } from '../store/actions.ts';
import { useWindow } from '../store/store.ts';
import { stepTitles } from '../text/setup.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { FailureText } from '../ui/FailureText.tsx';
import { Picture } from './Picture.tsx';

function DemoChoice() {
  const info = useWindow((state) => state.info);
  const [starting, setStarting] = useState(false);
  const start = async (): Promise<void> => {
    setStarting(true);
    await startDemo();
    setStarting(false);
  };
  return (
    <article className="choice">
      <FlaskConical aria-hidden="true" />
      <h2>Try with a demo group</h2>
      <p>
        Two hosts and three VMs on this computer. Pull the plug of one host and watch the other take over.
      </p>
      <p className="quiet">{info?.demoStandIns}</p>
      {info?.demoRefused ? <p className="quiet">{info.demoRefused}</p> : null}
      <Button onPress={() => void start()} off={starting ? 'It is starting.' : (info?.demoRefused ?? null)}>
        {starting ? 'Starting …' : 'Start the demo group'}
      </Button>
    </article>
  );
}

function Installed({ group }: { readonly group: KnownGroup }) {
  return (
    <li>
      <div>
        <strong>{group.name}</strong>
        <span className="quiet">{group.hosts.join(', ')}</span>
      </div>
      <Button
        onPress={() => void openGroup(group.id)}
        label={`${group.open ? 'Show' : 'Open'} the group ${group.name}`}
      >
        {group.open ? 'Show' : 'Open'}
        <ArrowRight aria-hidden="true" />
      </Button>
    </li>
  );
}

/** Begins a set-up; says so while the app gets ready for it. */
function BeginButton({
  kind,
  first,
  children,
}: {
  readonly kind: SetupKind;
  readonly first: boolean;
  readonly children: string;
}) {
  const [beginning, setBeginning] = useState(false);
  const start = async (): Promise<void> => {
    setBeginning(true);
    await begin(kind, null);
    setBeginning(false);
  };
  return (
    <Button
      look={first ? 'primary' : 'plain'}
      onPress={() => void start()}
      off={beginning ? 'A moment …' : null}
    >
      {children}
    </Button>
  );
}

function ConnectChoice() {
  const known = useWindow((state) => state.known);
  const groups = (known?.groups ?? []).filter(({ kind }) => kind === 'installed');
  return (
    <article className="choice">
      <Network aria-hidden="true" />
      <h2>Connect to an existing group</h2>
      {groups.length > 0 ? (
        <ul className="known">
          {groups.map((group) => (
            <Installed key={group.id} group={group} />
          ))}
        </ul>
      ) : (
        <p>
          The hosts are set up already, from another computer. Log in to one of them; it names the others.
        </p>
      )}
      {known?.failure ? <FailureText failure={known.failure} /> : null}
      <BeginButton kind="connect" first={false}>
        {groups.length > 0 ? 'Connect to another group' : 'Connect to a group'}
      </BeginButton>
    </article>
  );
}

function SetUpChoice({ first }: { readonly first: boolean }) {
  return (
    <article className="choice choice-first">
      <ServerCog aria-hidden="true" />
      <h2>Set up new hosts</h2>
      <p>
        Seven steps, about twenty minutes: log in to your hosts, let them be checked, install the agent,
        choose the shared storage and the VMs. You may stop anywhere and go on later.
      </p>
      <p className="quiet">
        Two or three Linux hosts with KVM and libvirt, and storage that all of them reach, for example an NFS
        share of your NAS.
      </p>
      <BeginButton kind="new" first={first}>
        Set up new hosts
      </BeginButton>
    </article>
  );
}

function DiscardDialog({ saved, onClose }: { readonly saved: SavedSetup; readonly onClose: () => void }) {
  return (
    <Dialog
      title="Forget this set-up?"
      onClose={onClose}
      buttons={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            look="danger"
            onPress={() => {
              onClose();
              void discard(saved.id);
            }}
          >
            Forget it
          </Button>
        </>
      }
    >
      <p>
        What was typed is forgotten. Nothing is changed on the hosts: what was installed there stays, and this
        computer goes on knowing the way to them.
      </p>
    </Dialog>
  );
}

const savedAt = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
function savedWhen(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '' : `, left on ${savedAt.format(date)}`;
}

function Saved({ saved }: { readonly saved: SavedSetup }) {
  const [discarding, setDiscarding] = useState(false);
  const { hosts, kind, name, stage } = saved;
  const title =
    name !== hosts.join(', ') ? name : hosts.length === 0 ? 'A set-up without hosts yet' : listed(hosts);
  return (
    <li>
      <div>
        <strong>{title}</strong>
        <span className="quiet">
          {`${kind === 'connect' ? 'Connecting' : `At step ${stepTitles[stage]}`}${savedWhen(saved.savedAt)}`}
        </span>
      </div>
      <div className="host-buttons">
        <Button onPress={() => setDiscarding(true)} label={`Forget the set-up ${title}`}>
          Forget …
        </Button>
        <Button look="primary" onPress={() => void begin(kind, saved.id)} label={`Go on with ${title}`}>
          Go on
          <ArrowRight aria-hidden="true" />
        </Button>
      </div>
      {discarding ? <DiscardDialog saved={saved} onClose={() => setDiscarding(false)} /> : null}
    </li>
  );
}

function OpenSetup({ setup }: { readonly setup: SetupView }) {
  const hosts = setup.hosts.map(({ name }) => name);
  return (
    <li>
      <div>
        <strong>{hosts.length === 0 ? 'A set-up without hosts yet' : listed(hosts)}</strong>
        <span className="quiet">{`Open now, at step ${stepTitles[setup.stage]}`}</span>
      </div>
      <Button look="primary" onPress={() => go({ page: 'setup', groupId: null })}>
        Go on
        <ArrowRight aria-hidden="true" />
      </Button>
    </li>
  );
}

/** Set-ups that were begun and not ended: they are what one most likely came for. */
function Unfinished() {
  const setup = useSetup((state) => state.setup ?? null);
  const saved = useSetup((state) => state.saved).filter(({ id }) => id !== setup?.id);
  if (setup === null && saved.length === 0) return null;
  return (
    <section className="unfinished" aria-label="Set-ups that were begun">
      <h2>Go on where you stopped</h2>
      <ul className="known">
        {setup === null ? null : <OpenSetup setup={setup} />}
        {saved.map((each) => (
          <Saved key={each.id} saved={each} />
        ))}
      </ul>
    </section>
  );
}

/** First page: what this does in one sentence and a picture, and the ways to begin. */
export function Welcome() {
  const lacks = useWindow(({ info }) => info?.lacks ?? null);
  const begun = useSetup(({ setup, saved }) => (setup ?? null) !== null || saved.length > 0);
  return (
    <div className="welcome">
      <div className="welcome-intro">
        <h1>Your virtual machines go on when a host fails</h1>
        <p>
          Two or three hosts watch each other over the network and over the store they share. When one fails,
          another starts its VMs, within seconds and never twice. The hosts do it alone: this app may be
          closed.
        </p>
        <Picture />
      </div>
      <Unfinished />
      <div className="choices">
        <SetUpChoice first={!begun} />
        <ConnectChoice />
        <DemoChoice />
      </div>
      {lacks === null ? null : <p className="quiet">{lacks}</p>}
    </div>
  );
}
