import { ArrowRight, FlaskConical, Network, Terminal } from 'lucide-react';
import { useState } from 'react';
import type { KnownGroup } from '../../../electron/ipc/views.ts';
import { openGroup, startDemo } from '../store/actions.ts';
import { useWindow } from '../store/store.ts';
import { Button } from '../ui/Button.tsx';
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
    <article className="choice choice-first">
      <FlaskConical aria-hidden="true" />
      <h2>Try with a demo group</h2>
      <p>
        Two hosts and three VMs on this computer. Pull the plug of one host and watch the other take over.
      </p>
      <p className="quiet">{info?.demoStandIns}</p>
      <Button
        look="primary"
        onPress={() => void start()}
        off={starting ? 'It is starting.' : (info?.demoRefused ?? null)}
      >
        {starting ? 'Starting …' : 'Start the demo group'}
      </Button>
      {info?.demoRefused ? <p className="quiet">{info.demoRefused}</p> : null}
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

function InstalledChoice() {
  const known = useWindow((state) => state.known);
  const groups = (known?.groups ?? []).filter(({ kind }) => kind === 'installed');
  return (
    <article className="choice">
      <Network aria-hidden="true" />
      <h2>Connect to installed hosts</h2>
      {groups.length > 0 ? (
        <ul className="known">
          {groups.map((group) => (
            <Installed key={group.id} group={group} />
          ))}
        </ul>
      ) : (
        <p>No group is known on this computer yet. A group that was set up from here appears by itself.</p>
      )}
      {known?.failure ? <FailureText failure={known.failure} /> : null}
    </article>
  );
}

function SetUpChoice() {
  return (
    <article className="choice">
      <Terminal aria-hidden="true" />
      <h2>Set up new hosts</h2>
      <p>
        Setting up is done from a terminal: it checks the hosts, installs the agent over SSH and proves that
        the store is shared.
      </p>
      <pre>
        <code>npm run console -- help</code>
      </pre>
      <p className="quiet">Two or three Linux hosts with libvirt, and one store that all of them reach.</p>
    </article>
  );
}

/** First page: what this does in one sentence and a picture, and the ways to begin. */
export function Welcome() {
  const lacks = useWindow(({ info }) => info?.lacks ?? null);
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
      <div className="choices">
        <DemoChoice />
        <InstalledChoice />
        <SetUpChoice />
      </div>
      {lacks === null ? null : <p className="quiet">{lacks}</p>}
    </div>
  );
}
