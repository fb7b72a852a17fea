import { memo } from 'react';
import type { CheckLine, CheckReport, LineGroup } from '../../../../electron/ipc/setup/workViews.ts';
import { groupNotes, groupTitles, lineStates, tally, worst } from '../../text/checks.ts';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { AgainButton, CheckProblem } from './CheckProblem.tsx';

const order: readonly LineGroup[] = [
  'host',
  'hypervisor',
  'watchdog',
  'network',
  'storage',
  'time',
  'other-software',
];

const isProblem = ({ state }: CheckLine): boolean => state === 'failed' || state === 'warning';

const GoodLine = memo(function GoodLine({
  groupId,
  line,
}: {
  readonly groupId: string | null;
  readonly line: CheckLine;
}) {
  const { word, label } = lineStates[line.state];
  return (
    <tr className="good-line">
      <td>
        <StatusMark word={line.running ? 'working' : word} />
        <span className="visually-hidden">{label}</span>
      </td>
      <th scope="row">{line.title}</th>
      <td>{line.host ?? 'all'}</td>
      <td className="good-evidence">{line.evidence}</td>
      <td className="cell-action">
        <AgainButton groupId={groupId} line={line} />
      </td>
    </tr>
  );
});

function GoodLines({
  groupId,
  lines,
}: {
  readonly groupId: string | null;
  readonly lines: readonly CheckLine[];
}) {
  if (lines.length === 0) return null;
  return (
    <details className="good-lines">
      <summary>{tally(lines)}</summary>
      <div className="table-scroll">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">State</span>
              </th>
              <th scope="col">Check</th>
              <th scope="col">Host</th>
              <th scope="col">Found</th>
              <th scope="col">
                <span className="visually-hidden">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <GoodLine key={line.key} groupId={groupId} line={line} />
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** The lines group by group: what needs reading stands open, what passed is folded away behind its count. */
export function CheckGroups({ report }: { readonly report: CheckReport }) {
  const byGroup = Map.groupBy(report.lines, ({ group }) => group);
  return order.map((group) => {
    const lines = byGroup.get(group);
    if (lines === undefined) return null;
    return (
      <section key={group} className="panel check-group" aria-label={groupTitles[group]}>
        <header className="panel-head">
          <div>
            <h3>
              <StatusMark word={lineStates[worst(lines)].word} />
              {groupTitles[group]}
            </h3>
            <p className="quiet">{groupNotes[group]}</p>
          </div>
        </header>
        <ul>
          {lines.filter(isProblem).map((line) => (
            <CheckProblem key={line.key} groupId={report.groupId} line={line} />
          ))}
        </ul>
        <GoodLines groupId={report.groupId} lines={lines.filter((line) => !isProblem(line))} />
      </section>
    );
  });
}
