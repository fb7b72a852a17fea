import type { About as Facts } from '../../../electron/ipc/daily/views.ts';
import { PageHeader } from '../features/GroupHeader.tsx';
import { useReply } from '../features/useReply.ts';
import { app } from '../store/store.ts';
import { FailureText } from '../ui/FailureText.tsx';
import { Panel } from '../ui/Panel.tsx';
import { Waiting } from '../ui/Waiting.tsx';

function Limits({ facts }: { readonly facts: Facts }) {
  return (
    <Panel title="What it does not protect against">
      <ul className="limits">
        {facts.limits.map(({ what, why, instead }) => (
          <li key={what}>
            <h3>{what}</h3>
            <p>{why}</p>
            {instead === null ? null : <p className="reason-fix">{instead}</p>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Versions({ facts }: { readonly facts: Facts }) {
  return (
    <Panel title="Versions and licences">
      <dl className="card-facts">
        <div>
          <dt>App</dt>
          <dd>{facts.appVersion}</dd>
        </div>
        <div>
          <dt>Agent that it carries</dt>
          <dd>{facts.agentVersion}</dd>
        </div>
        <div>
          <dt>Runs on</dt>
          <dd>{facts.runtime}</dd>
        </div>
        <div>
          <dt>Licence</dt>
          <dd>{facts.licence}</dd>
        </div>
      </dl>
      <details className="explain parts">
        <summary>{`${facts.parts.length} parts made by others`}</summary>
        <ul>
          {facts.parts.map(({ name, version, licence }) => (
            <li key={name}>
              <strong>{name}</strong> {`${version}, ${licence}`}
            </li>
          ))}
        </ul>
      </details>
    </Panel>
  );
}

/** What this is, and, said as plainly as what it does, what it does not. */
export function About() {
  const facts = useReply(app().about.read, {});
  return (
    <>
      <PageHeader group={null} title="About and limits" />
      <p className="lead">
        Understudy starts the VMs of a failed host on another one, over the store that the hosts share, and
        never twice. The hosts do it alone; this app sets it up, shows it, and may be closed.
      </p>
      {facts.kind === 'asking' ? <Waiting>Asking the app …</Waiting> : null}
      {facts.kind === 'failed' ? <FailureText failure={facts.failure} /> : null}
      {facts.kind === 'here' ? (
        <>
          <Limits facts={facts.value} />
          <Versions facts={facts.value} />
        </>
      ) : null}
    </>
  );
}
