import type { LiveGroup } from '../../store/live.ts';
import { routeHash } from '../../store/route.ts';
import { consoleWords } from '../../text/en.ts';
import { Panel } from '../../ui/Panel.tsx';

/** How this app reaches the hosts. */
export function HostsAndKeys({ group }: { readonly group: LiveGroup }) {
  return (
    <Panel title="Hosts" aside={group.name}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Host</th>
            <th scope="col">Address</th>
            <th scope="col">Connection</th>
          </tr>
        </thead>
        <tbody>
          {group.hosts.map((host) => (
            <tr key={host.name}>
              <th scope="row">{host.name}</th>
              <td>{host.address}</td>
              <td>{consoleWords(host.console)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="panel-body">
        <a href={routeHash({ page: 'checks', groupId: group.id, item: 'hosts' })}>Replace or uninstall a host</a>
      </p>
    </Panel>
  );
}
