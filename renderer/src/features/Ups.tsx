import { apcupsdFiles, type HostFile, nutFiles, upsCommands } from '../text/ups.ts';
import { Command } from '../ui/Command.tsx';
import { Explain } from '../ui/Explain.tsx';
import { Panel } from '../ui/Panel.tsx';

function Files({ files }: { readonly files: readonly HostFile[] }) {
  return files.map(({ says, what, text }) => (
    <div key={what} className="host-file">
      <p>{says}</p>
      <Command text={text} what={what} />
    </div>
  ));
}

/** What to put into the program that watches the UPS, so that VMs leave a host in time. */
export function Ups() {
  return (
    <Panel title="Power failure: with a UPS">
      <p className="panel-intro">
        Understudy does not talk to a UPS itself. NUT and apcupsd do, and can call these commands on each
        host, as root. The shutdown that they begin then waits for the VMs like any other: leave the battery
        the time that your guests take to shut down.
      </p>
      <div className="table-scroll">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Command on the host</th>
              <th scope="col">What follows</th>
            </tr>
          </thead>
          <tbody>
            {upsCommands.map(({ command, when, does }) => (
              <tr key={command}>
                <th scope="row">{when}</th>
                <td className="cell-command">
                  <code>{command}</code>
                </td>
                <td>{does}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="panel-body">
        <Explain question="What to set up with NUT (UPS of any make)">
          <Files files={nutFiles} />
        </Explain>
        <Explain question="What to set up with apcupsd (UPS of APC)">
          <Files files={apcupsdFiles} />
        </Explain>
        <Explain question="How to try it">
          <p>
            Run the first command on one host: the overview says that the host runs on battery, and after 30 s
            its VMs move. The third command ends it. Do this before you rely on it, and once with the plug of
            the UPS pulled.
          </p>
        </Explain>
      </div>
    </Panel>
  );
}
