import { formatJson } from '../../outcome/json-text.js';
import { defineCommand } from '../command.js';
import { countContainers } from '../count-containers.js';
import { engineOption } from '../engine-option.js';
import { formatTable } from '../format-table.js';
import { splitHint } from '../split-hint.js';

export const engineStatusCommand = defineCommand({
  words: ['engine', 'status'],
  describe: 'Which engine is used, and whether the private one runs',
  options: {
    engine: engineOption,
    json: { type: 'boolean', describe: 'print it as one line of JSON' },
  },
  examples: [['$0 engine status', '']],
  epilogue: 'Exit code: 0 when an engine answers, 1 when none does.',
  run: async ({ engine = null, json }) => {
    const { connect } = await import('../../engine/connect.js');
    const { privateEngineStatus } = await import('../../engine/private-engine.js');
    const privateEngine = await privateEngineStatus();
    const used = await connect(engine).catch((error: unknown) => error as Error);
    const reached = used instanceof Error ? null : used;
    if (json) {
      const containers = reached === null ? null : await countContainers(reached);
      console.log(
        formatJson({
          reachable: reached !== null,
          endpoint: reached?.endpoint.url ?? null,
          problem: used instanceof Error ? used.message : null,
          info: reached?.info ?? null,
          containers,
          privateEngine,
        }),
      );
    } else {
      const rows: string[][] = [];
      if (reached === null) rows.push(['engine', `none: ${splitHint(used as Error).message}`]);
      else {
        rows.push(['engine', `${reached.endpoint.url} (${reached.endpoint.source})`]);
        rows.push(['version', `${reached.info.flavour} ${reached.info.version}, API ${reached.info.apiVersion}`]);
        rows.push(['containers', `${await countContainers(reached)} of nisher`]);
      }
      rows.push([
        'private engine',
        privateEngine.state === 'stopped'
          ? 'not running'
          : `${privateEngine.endpoint}, pid ${privateEngine.pid}${privateEngine.answers ? '' : ', does not answer'}, log ${privateEngine.logFile}`,
      ]);
      console.log(formatTable(rows));
      const { hint } = used instanceof Error ? splitHint(used) : { hint: undefined };
      if (hint !== undefined) console.log(`hint: ${hint}`);
    }
    return reached === null ? 1 : 0;
  },
});
