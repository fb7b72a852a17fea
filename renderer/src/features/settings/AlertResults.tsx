import type { Failure } from '../../../../agent/protocol/failure.ts';
import type { GroupAlerts, HostTest } from '../../../../electron/ipc/daily/alertViews.ts';
import { Status } from '../../ui/StatusMark.tsx';

interface Row {
  readonly host: string;
  readonly channel: string;
  readonly failure: Failure | null;
  readonly said: string;
}

function rowsOf(alerts: GroupAlerts, tests: readonly HostTest[] | null): readonly Row[] {
  if (tests !== null)
    return tests.flatMap(({ host, results, failure }) => [
      ...(failure === null ? [] : [{ host, channel: 'all', failure, said: '' }]),
      ...results.map(({ channel, failure: why, tookMs }) => ({
        host,
        channel,
        failure: why,
        said: `Test taken after ${(tookMs / 1000).toFixed(1)} s`,
      })),
    ]);
  return alerts.hosts.flatMap(({ host, status, failure }) => [
    ...(failure === null ? [] : [{ host, channel: 'settings', failure, said: '' }]),
    ...(status?.metrics?.failure == null
      ? []
      : [{ host, channel: 'Prometheus', failure: status.metrics.failure, said: '' }]),
    ...(status?.channels ?? []).map(({ channel, waiting, lastToldAt, failure: why }) => ({
      host,
      channel,
      failure: why,
      said:
        waiting > 0
          ? `${waiting} waiting`
          : lastToldAt === null
            ? 'Nothing told since the agent started'
            : `Last told ${lastToldAt.replace('T', ' ').slice(0, 16)} UTC`,
    })),
  ]);
}

/** How each way of telling stands on each host, or how the test on it went, with what to do. */
export function AlertResults(props: {
  readonly alerts: GroupAlerts;
  readonly tests: readonly HostTest[] | null;
}) {
  const { alerts, tests } = props;
  const rows = rowsOf(alerts, tests);
  return (
    <div aria-live="polite" className="alert-results">
      {alerts.skew === null ? null : (
        <p>
          <Status word="at-risk" label={alerts.skew} />
        </p>
      )}
      {rows.length === 0 ? null : (
        <div className="table-scroll">
          <table className="table">
            <caption className="visually-hidden">Ways of telling people, by host</caption>
            <thead>
              <tr>
                <th scope="col">Host</th>
                <th scope="col">Way</th>
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ host, channel, failure, said }) => (
                <tr key={`${host} ${channel}`}>
                  <th scope="row">{host}</th>
                  <td>{channel}</td>
                  <td>
                    {failure === null ? (
                      <Status word="protected" label={said} />
                    ) : (
                      <>
                        <Status word="not-protected" label={failure.message} />
                        {failure.fix === undefined ? null : <p className="quiet">{failure.fix}</p>}
                      </>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
