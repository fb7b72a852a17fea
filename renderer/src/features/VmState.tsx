import type { VmDetail } from '../../../electron/ipc/daily/views.ts';
import type { LiveGroup, LiveVm } from '../store/live.ts';
import { routeHash } from '../store/route.ts';
import { useReportAge } from '../store/selectors.ts';
import { gibibytes, runSeconds, standbysOf, words } from '../text/en.ts';
import { Panel } from '../ui/Panel.tsx';
import { Status, StatusMark } from '../ui/StatusMark.tsx';
import { Activity, Place, Standby } from './VmRow.tsx';

const levels = {
  protected: 'If its host fails, another host starts it.',
  degraded: 'A failover would happen, with less safety net.',
  unprotected: 'A failover would not happen.',
} as const;

/** Reasons about a definition, or about what a host lacks for it: the page that protects VMs has their buttons. */
const MENDED_WITH_VMS = new Set(['ready.bridge-missing', 'ready.network-missing', 'ready.definition-unsafe']);

/** Why its protection is or is not whole, each reason with what to do. */
function Readiness({ group, vm }: { readonly group: LiveGroup; readonly vm: LiveVm }) {
  const { level, reasons } = vm.readiness;
  return (
    <div className="readiness">
      <p className="readiness-level">
        <Status word={vm.word} /> {levels[level]}
      </p>
      {reasons.length === 0 ? null : (
        <ul className="check-list">
          {reasons.map(({ code, weight, message, fix }) => (
            <li key={message} className="check">
              <StatusMark word={weight === 'unprotected' ? 'not-protected' : 'at-risk'} />
              <span>
                {message}
                {fix === undefined ? null : <span className="reason-fix">{` ${fix}`}</span>}
                {MENDED_WITH_VMS.has(code) ? (
                  <>
                    {' '}
                    <a href={routeHash({ page: 'setup', groupId: group.id, item: 'vms' })}>
                      See what the app can do
                    </a>
                  </>
                ) : null}
                <code className="reason-code">{code}</code>
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Where it runs, who stands by, and how ready they are. */
export function VmState(props: {
  readonly group: LiveGroup;
  readonly vm: LiveVm;
  readonly detail: VmDetail | null;
}) {
  const { group, vm, detail } = props;
  const seen = useReportAge(group.id, vm);
  const standbys = standbysOf(vm);
  const refused = (detail?.targets ?? []).flatMap(({ host, refused: why }) =>
    why === null ? [] : [{ host, why }],
  );
  return (
    <Panel
      title="State"
      aside={<span className={vm.fresh ? 'age' : 'age age-old'}>{`${seen}, from ${vm.reportedBy}`}</span>}
    >
      <Readiness group={group} vm={vm} />
      <Activity vm={vm} />
      <dl className="card-facts">
        <div>
          <dt>Where it is</dt>
          <dd>
            <Place vm={vm} />
          </dd>
        </div>
        <div>
          <dt>Stands by</dt>
          <dd>
            {standbys.length === 0 ? 'None' : null}
            {standbys.map((name) => (
              <Standby key={name} name={name} standing={group.standing} />
            ))}
          </dd>
        </div>
        <div>
          <dt>Wanted</dt>
          <dd>{vm.desired === 'running' ? 'Running' : 'Stopped'}</dd>
        </div>
        <div>
          <dt>Memory</dt>
          <dd>{vm.memoryMiB === null ? 'Not known' : gibibytes(vm.memoryMiB)}</dd>
        </div>
        <div>
          <dt>Last start took</dt>
          <dd>{detail?.lastStartMs == null ? 'Not seen yet' : runSeconds(detail.lastStartMs)}</dd>
        </div>
        <div>
          <dt>Token</dt>
          <dd>{`${vm.holder === null ? 'held by nobody' : `held by ${vm.holder}`}, generation ${vm.generation}`}</dd>
        </div>
      </dl>
      {refused.length === 0 ? null : (
        <ul className="check-list panel-foot" aria-label="Where it can't go now">
          {refused.map(({ host, why }) => (
            <li key={host} className="check">
              <StatusMark word="at-risk" />
              <span>{`It can't go to ${host} now: ${why.message}`}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** The newest definition, and which hosts have it. */
export function VmDefinition({ vm, detail }: { readonly vm: LiveVm; readonly detail: VmDetail | null }) {
  const copies = detail?.definition ?? vm.hosts.map((host) => ({ host, inSync: null }));
  const copyWords = (inSync: boolean | null) =>
    inSync === null
      ? ({ word: 'not-known', label: words['not-known'] } as const)
      : inSync
        ? ({ word: 'protected', label: 'Has the newest' } as const)
        : ({ word: 'at-risk', label: 'Has an older one' } as const);
  return (
    <Panel title="Definition">
      <p className="panel-intro">
        {vm.definitionInSync === false
          ? 'It was changed on its host and is not yet on the store. A takeover now would start the earlier one.'
          : 'Its hardware, firmware variables and TPM state are kept on the store; a takeover starts from them.'}
      </p>
      <ul className="definition-copies">
        {copies.map(({ host, inSync }) => (
          <li key={host}>
            <strong>{host}</strong>
            <Status {...copyWords(inSync)} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
