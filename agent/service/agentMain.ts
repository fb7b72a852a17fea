import { pathsFromArguments } from '../paths.ts';
import { Agent } from './agent.ts';
import { layGround } from './ground.ts';

/**
 * The agent of one host: decides, talks to the hypervisor, the other hosts, consoles and its keeper. It owns no right
 * and no VM: when it ends, for whatever reason, VMs and keeper go on. Resolves with the exit code after a signal.
 */
export async function agentMain(argv: readonly string[]): Promise<number> {
  const agent = new Agent(await layGround(pathsFromArguments(argv)));
  await agent.start();
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  await agent.stop();
  return 0;
}
