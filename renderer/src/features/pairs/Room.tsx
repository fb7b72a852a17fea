import type { IfHostFails } from '../../../../electron/ipc/setup/pairViews.ts';
import { listed } from '../../../../electron/ipc/words.ts';
import { roomWords } from '../../text/pairs.ts';
import { Explain } from '../../ui/Explain.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';

/** `alone`: the sentence above says of it what there is to say. */
function Survivor(props: { readonly survivor: IfHostFails['survivors'][number]; readonly alone: boolean }) {
  const { survivor, alone } = props;
  const { host, needMiB, haveMiB } = survivor;
  return (
    <li>
      {alone ? null : (
        <span>
          <strong>{host}</strong>
          {` ${roomWords(survivor)}`}
        </span>
      )}
      {haveMiB === null || needMiB === 0 ? null : (
        <meter
          className={needMiB > haveMiB ? 'room room-over' : 'room'}
          min={0}
          max={Math.max(haveMiB, needMiB, 1)}
          value={needMiB}
          aria-label={`Memory that ${host} would need of what it has free`}
        />
      )}
    </li>
  );
}

/** N+1: whether what is left can hold what a lost host leaves behind, told before anything is switched on. */
export function Room({ all }: { readonly all: readonly IfHostFails[] }) {
  return (
    <Panel title="Is there room if a host fails?">
      <ul className="rooms panel-body">
        {all.map((each) => (
          <li key={each.host} className="room-case">
            <StatusMark word={each.fits ? 'protected' : 'at-risk'} />
            <div>
              <h3>{each.sentence}</h3>
              <ul>
                {each.survivors.map((survivor) => (
                  <Survivor key={survivor.host} survivor={survivor} alone={each.survivors.length === 1} />
                ))}
              </ul>
              {each.left.length === 0 ? null : (
                <p className="danger-text">{`Would stay down: ${listed(each.left)}.`}</p>
              )}
            </div>
          </li>
        ))}
      </ul>
      <div className="panel-note">
        <Explain question="What if there is not enough?">
          <p>
            The VMs that start first get the memory, and the last ones stay down until there is some. Let what
            you can do without start last, protect fewer VMs, or put more memory into the host that is short
            of it.
          </p>
        </Explain>
      </div>
    </Panel>
  );
}
