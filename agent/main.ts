/**
 * One script, several roles, told apart by the first argument; anything else is the command line. Each role loads only
 * its own modules: store-io must start fast and stay small.
 */
async function run(role: string, argv: readonly string[]): Promise<number> {
  switch (role) {
    case 'keeper':
      return (await import('./keeper/main.ts')).keeperMain(argv);
    case 'keeper-plan':
      return (await import('./keeper/planMain.ts')).keeperPlanMain(argv);
    case 'store-io':
      return (await import('./keeper/storeIoMain.ts')).storeIoMain(argv);
    case 'demo-watchdog':
      return (await import('./keeper/demoWatchdogMain.ts')).demoWatchdogMain(argv);
    case 'demo-vm':
      return (await import('./hypervisor/demoVm.ts')).demoVmMain(argv);
    case 'agent':
      return (await import('./service/agentMain.ts')).agentMain(argv);
    case 'self-check':
      return (await import('./selfCheck/main.ts')).selfCheckMain(argv);
    case 'store-probe':
      return (await import('./probe/storeProbe.ts')).runStoreProbe(argv);
    case 'net-probe':
      return (await import('./probe/netProbe.ts')).runNetProbe(argv);
    case 'bridge':
      return (await import('./probe/bridge.ts')).runBridge(argv);
    default: {
      const { runCli } = await import('./cli.ts');
      const { systemIo } = await import('./cli/io.ts');
      const { pathsFromArguments } = await import('./paths.ts');
      const words = role === '' ? [] : [role, ...argv];
      return runCli(words, systemIo(pathsFromArguments(words).agentSocket));
    }
  }
}

const [role = '', ...argv] = process.argv.slice(2);
run(role, argv).then(
  // A role that is done ends, whatever a hung thread or an open socket would still wait for.
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
